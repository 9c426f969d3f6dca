"""Certificates that are frozen, revoked or expire while there is money on them; the last days of all."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.errors import RuleViolated
from contracts.billing import CONTRACT_ACTIVATED, DEBIT_POSTED

from .changes import certificate_is, deadlines, ended, leftovers, lesson_moved, view
from .test_ends import SHARE, part, sums
from .world import Child, Group, World

Clock = Callable[[datetime], None]
MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)


def test_while_frozen_nothing_is_debited_and_unfreezing_settles_all_of_it(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(certificate_is(world, child, "frozen"))
    world.hear(*(world.marked(group, MONDAY + week * WEEK, {enrollment_id: "present"}) for week in range(3)))
    assert sums(world, child) == (1000000 - SHARE, SHARE, 0)
    world.hear(certificate_is(world, child, "valid", version=3))
    assert sums(world, child) == (1000000 - SHARE, SHARE - part(1, 3), part(1, 3))


def test_while_frozen_nothing_is_credited_and_the_place_in_line_is_kept(world: World) -> None:
    world.open_programme(budget=0)
    child, _, enrollment_id = world.enrol()
    other, _, _ = world.enrol(Group())
    world.hear(certificate_is(world, child, "frozen"))
    made = world.contract(enrollment_id)
    assert (made.state, made.reason) == ("awaiting_funds", "certificate_frozen")
    world.allocate(1_000_000)
    assert world.account(child)["state"] == "queued"
    assert world.account(other)["state"] == "funded"
    world.hear(certificate_is(world, child, "valid", version=3))
    assert world.account(child)["queue_position"] == 1
    world.allocate(1_000_000)
    assert world.contract(enrollment_id).state == "active"


def test_while_frozen_no_contract_opens_and_no_hold_is_made(world: World) -> None:
    world.open_programme()
    child, _, _ = world.enrol(Group(price=100000, normative=100000))
    before = world.pocket(child)
    group = Group()
    offer = world.offer(child, group)
    enrolled = world.enrolled(child, group, offer["offer_id"])
    world.hear(certificate_is(world, child, "frozen"), enrolled)
    assert world.contract(enrolled.subject).reason == "certificate_frozen"
    assert world.pocket(child) == before
    world.hear(certificate_is(world, child, "valid", version=3))
    assert world.contract(enrolled.subject).state == "active"
    assert len(world.events(CONTRACT_ACTIVATED)) == 2


def test_a_withdrawal_while_frozen_returns_the_hold_and_keeps_what_marks_will_charge(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(certificate_is(world, child, "frozen"))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}), ended(world, child, group, enrollment_id))
    assert sums(world, child) == (1000000 - part(1), part(1), 0)
    world.hear(certificate_is(world, child, "valid", version=3))
    assert sums(world, child) == (1000000 - part(1), 0, part(1))
    assert world.contract(enrollment_id).state == "closed"


def test_a_revoked_certificate_pays_up_to_that_day_and_gives_the_rest_back(world: World) -> None:
    world.open_programme(budget=1_000_000)
    child, group, enrollment_id = world.enrol()
    world.hear(certificate_is(world, child, "revoked", MONDAY + WEEK))
    leftovers(world)
    assert sums(world, child) == (0, part(1, 2), 0)
    world.hear(*(world.marked(group, MONDAY + week * WEEK, {enrollment_id: "present"}) for week in range(3)))
    assert sums(world, child) == (0, 0, part(1, 2))
    made = world.contract(enrollment_id)
    assert (made.state, made.reason) == ("closed", "certificate_revoked")
    assert world.budget()["available"]["value"] == f"{(1000000 - part(1, 2)) / 100:.2f}"


@pytest.mark.parametrize("mark", ["ill", "present"])
def test_what_comes_back_to_a_revoked_certificate_leaves_it(world: World, mark: str) -> None:
    world.open_programme(budget=1_000_000)
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: mark}), certificate_is(world, child, "revoked", MONDAY))
    leftovers(world)
    world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}, 2))
    leftovers(world)
    assert sums(world, child) == (0, 0, 0)
    assert world.budget()["available"]["value"] == "10000.00"


@pytest.mark.parametrize(
    ("gone", "on"), [("revoked", date(2026, 10, 8)), ("expired", date(2034, 4, 13))], ids=["revoked", "expired"]
)
@pytest.mark.parametrize("released", ["by its mark", "with its journal", "by a correction"])
def test_what_a_child_that_had_left_before_frees_goes_back_to_the_payer_too(
    world: World, clock_at: Clock, gone: str, on: date, released: str
) -> None:
    world.open_programme(budget=1_000_000)
    child, group, enrollment_id = world.enrol()
    world.hear(ended(world, child, group, enrollment_id, MONDAY))
    if released == "by a correction":
        world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    world.hear(certificate_is(world, child, gone, on))
    leftovers(world)
    corrected = released == "by a correction"
    assert sums(world, child) == ((0, 0, part(1)) if corrected else (0, part(1), 0))
    if released == "with its journal":
        clock_at(datetime(2026, 10, 19, 16, tzinfo=UTC))
        deadlines(world)
    else:
        world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}, 2))
    leftovers(world)
    assert sums(world, child) == (0, 0, 0)
    assert world.budget()["available"]["value"] == "10000.00"
    assert world.contract(enrollment_id).reason == "withdrawn"


def test_a_certificate_that_was_revoked_before_it_was_issued_here_gets_nothing(world: World) -> None:
    world.open_programme()
    child, group = Child(), Group()
    world.hear(world.registered(child))
    offer = world.offer(child, group)
    enrolled = world.enrolled(child, group, offer["offer_id"])
    world.hear(certificate_is(world, child, "revoked"), enrolled, world.issued(child))
    assert world.contract(enrolled.subject).state == "closed"
    assert world.account(child)["state"] == "accounting"


def test_an_older_state_that_comes_late_changes_nothing(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(certificate_is(world, child, "valid", version=3), certificate_is(world, child, "frozen", version=2))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    assert len(world.events(DEBIT_POSTED)) == 1


@pytest.mark.parametrize("expired_first", [True, False])
def test_the_eighteenth_birthday_is_still_charged_and_the_next_day_is_not(world: World, expired_first: bool) -> None:
    """The birthday is a Monday with a lesson; the next lesson was moved to the day after it."""
    world.open_programme()
    child, group = Child(born_on=date(2008, 10, 12)), Group()
    child, group, enrollment_id = world.enrol(group, child)
    assert world.contract(enrollment_id).lesson_count == 2
    pages = [world.marked(group, MONDAY + week * WEEK, {enrollment_id: "present"}) for week in range(3)]
    expired = certificate_is(world, child, "expired", date(2026, 10, 13))
    world.hear(*([expired, *pages] if expired_first else [*pages, expired]))
    share = world.contract(enrollment_id).certificate_share_minor
    leftovers(world)
    assert sums(world, child) == (0, 0, share)
    made = world.contract(enrollment_id)
    assert (made.state, made.reason) == ("closed", "certificate_expired")


def test_a_lesson_moved_past_the_birthday_is_not_charged(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol(Group(), Child(born_on=date(2008, 10, 12)))
    world.hear(lesson_moved(world, group, MONDAY + WEEK, date(2026, 10, 13)))
    world.hear(*(world.marked(group, MONDAY + week * WEEK, {enrollment_id: "present"}) for week in range(2)))
    world.hear(certificate_is(world, child, "expired", date(2026, 10, 13)))
    share = world.contract(enrollment_id).certificate_share_minor
    leftovers(world)
    assert sums(world, child) == (0, 0, share // 2)


@pytest.mark.parametrize(
    ("zone", "last_minute"),
    [
        ("Asia/Irkutsk", datetime(2027, 8, 31, 15, 59, tzinfo=UTC)),
        ("Europe/Moscow", datetime(2027, 8, 31, 20, 59, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("minutes", [0, 1])
def test_the_period_ends_at_midnight_where_the_children_are(
    world: World, clock_at: Clock, zone: str, last_minute: datetime, minutes: int
) -> None:
    """At 23:59 of 31 August a child may still be enrolled for the lesson of that day, one minute later not."""
    with world.transactions.writing() as session:
        moving = text("UPDATE funding_period SET time_zone = :zone WHERE region_code = :region_code")
        session.execute(moving, {"zone": zone, "region_code": world.region_code})
    world.open_programme()
    clock_at(last_minute + timedelta(minutes=minutes))
    child, group = Child(), Group(starts_on=date(2027, 8, 31), ends_on=date(2027, 8, 31))
    world.hear(world.registered(child))
    today = date(2027, 8, 31) + timedelta(days=minutes)
    if minutes:
        with pytest.raises(RuleViolated) as refused:
            world.offer(child, group, time_zone=zone)
        assert refused.value.code == "no_funding_period"
        return
    offer = world.offer(child, group, time_zone=zone)
    assert offer["lesson_count"] == 1
    enrolled = world.enrolled(child, group, offer["offer_id"], enrolled_on=today)
    world.hear(enrolled, world.issued(child), world.marked(group, today, {enrolled.subject: "present"}))
    assert sums(world, child) == (200000, 0, 800000)
    clock_at(last_minute + timedelta(minutes=1))
    deadlines(world)
    made = world.contract(enrolled.subject)
    assert (made.state, made.reason) == ("closed", "period_ended")


@pytest.mark.parametrize("state", ["frozen", "revoked", "expired"])
def test_a_certificate_out_of_force_gets_offers_of_free_groups_only(world: World, state: str) -> None:
    world.open_programme()
    child, _, _ = world.enrol(Group(price=100000, normative=100000))
    world.hear(certificate_is(world, child, state))
    with pytest.raises(RuleViolated) as refused:
        world.offer(child, Group())
    assert refused.value.code == f"certificate_{state}"
    free = Group(price=0, normative=0)
    offer = world.offer(child, free)
    enrolled = world.enrolled(child, free, offer["offer_id"])
    world.hear(enrolled)
    shown = view(world, child, enrolled.subject)
    assert (shown["state"], shown["certificate_share"]["value"]) == ("active", "0.00")
