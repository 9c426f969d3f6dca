"""Contracts that end by the calendar alone: they are closed as soon as nothing can be covered any more."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from billing.verification import verify
from contracts.billing import CONTRACT_CLOSED

from .changes import certificate_is, deadlines, ended, view
from .world import Child, Group, World

Clock = Callable[[datetime], None]
LAST_MINUTE = datetime(2027, 8, 31, 15, 59, tzinfo=UTC)
CLOSING = datetime(2027, 9, 30, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LAST_MONDAY = date(2027, 8, 30)


def august() -> Group:
    return Group(starts_on=date(2027, 8, 23), ends_on=LAST_MONDAY)


def state(world: World, enrollment_id: str) -> tuple[str, str | None]:
    made = world.contract(enrollment_id)
    return made.state, made.reason


def frozen_while_enrolling(world: World, clock_at: Clock) -> tuple[Child, Group, str]:
    """A funded certificate was frozen before it could pay for its second group, in the period's last week."""
    child, *_ = world.enrol(Group(price=100000, normative=100000))
    clock_at(datetime(2027, 8, 23, 2, tzinfo=UTC))
    group = august()
    enrolled = world.enrolled(child, group, world.offer(child, group)["offer_id"])
    world.hear(certificate_is(world, child, "frozen"), enrolled)
    assert state(world, enrolled.subject) == ("awaiting_funds", "certificate_frozen")
    return child, group, enrolled.subject


def waiting(world: World, clock_at: Clock, budget: int) -> str:
    """A contract of the period's last days, under terms that nobody accepted."""
    world.open_programme(budget=budget)
    clock_at(datetime(2027, 8, 26, 2, tzinfo=UTC))
    child, group = Child(), august()
    world.hear(world.registered(child))
    offer = world.offer(child, group)
    enrolled = world.enrolled(child, group, offer["offer_id"], terms_version=2)
    world.hear(enrolled, world.issued(child))
    clock_at(LAST_MINUTE)
    deadlines(world)
    return enrolled.subject


def test_a_contract_that_still_waits_for_money_is_closed_on_the_day_after_its_period(
    world: World, clock_at: Clock
) -> None:
    enrollment_id = waiting(world, clock_at, budget=0)
    assert state(world, enrollment_id)[0] == "awaiting_funds"
    clock_at(LAST_MINUTE + MINUTE)
    deadlines(world)
    assert state(world, enrollment_id) == ("closed", "period_ended")
    deadlines(world)
    assert [each.data["reason"] for each in world.events(CONTRACT_CLOSED)] == ["period_ended"]


def test_who_was_given_days_to_accept_keeps_them_though_the_period_ends_meanwhile(
    world: World, clock_at: Clock
) -> None:
    enrollment_id = waiting(world, clock_at, budget=1_000_000)
    accept_by = world.contract(enrollment_id).accept_by
    assert accept_by > LAST_MINUTE + MINUTE
    clock_at(accept_by - MINUTE)
    deadlines(world)
    assert state(world, enrollment_id)[0] == "awaiting_acceptance"
    clock_at(accept_by)
    deadlines(world)
    assert state(world, enrollment_id) == ("closed", "period_ended"), "the child stays enrolled for the next period"


def test_a_contract_that_a_frozen_certificate_holds_up_waits_until_its_period_is_closed(
    world: World, clock_at: Clock
) -> None:
    world.open_programme()
    _, _, enrollment_id = frozen_while_enrolling(world, clock_at)
    clock_at(CLOSING - MINUTE)
    deadlines(world)
    assert state(world, enrollment_id) == ("awaiting_funds", "certificate_frozen")
    clock_at(CLOSING)
    deadlines(world)
    assert state(world, enrollment_id) == ("closed", "period_ended")


def test_a_certificate_that_thaws_before_its_period_is_closed_still_pays_for_its_lessons(
    world: World, clock_at: Clock
) -> None:
    world.open_programme()
    child, group, enrollment_id = frozen_while_enrolling(world, clock_at)
    clock_at(LAST_MINUTE + MINUTE)
    deadlines(world)
    world.hear(world.marked(group, LAST_MONDAY, {enrollment_id: "present"}))
    world.hear(certificate_is(world, child, "valid", version=3))
    clock_at(CLOSING - MINUTE)
    deadlines(world)
    assert state(world, enrollment_id) == ("closed", "period_ended")
    assert view(world, child, enrollment_id)["charged"]["value"] == "4000.00"


@pytest.mark.parametrize("thaws", [True, False])
def test_what_was_left_before_the_period_closed_opens_no_more_once_it_is(
    world: World, clock_at: Clock, thaws: bool
) -> None:
    world.open_programme()
    child, group, enrollment_id = frozen_while_enrolling(world, clock_at)
    world.hear(ended(world, child, group, enrollment_id, LAST_MONDAY))
    assert state(world, enrollment_id) == ("awaiting_funds", "certificate_frozen")
    clock_at(CLOSING)
    if thaws:
        world.hear(certificate_is(world, child, "valid", version=3))
    deadlines(world)
    assert state(world, enrollment_id) == ("closed", "withdrawn")
    with world.transactions.reading() as session:
        assert [each for each in verify(session) if each.region_code == world.region_code] == []
