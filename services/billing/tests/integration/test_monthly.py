"""Contracts that are prepaid by the month, whatever the attendance."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from billing import commands
from billing.domain.coverage import Span
from billing.domain.months import monthly
from billing.verification import verify
from chassis import clock
from contracts.billing import CONTRACT_CLOSED, DEBIT_POSTED, MONTH_DEBITED, MONTH_REVERSED

from .changes import certificate_is, ended, leftovers
from .world import Child, Group, World

Clock = Callable[[datetime], None]
SHARE = 716105
MONTHS = monthly(SHARE, Span(date(2026, 10, 5), date(2027, 5, 31)))


@pytest.fixture
def prepaid(world: World) -> tuple[World, Child, Group, str]:
    world.open_programme(charge="monthly_share")
    return (world, *world.enrol())


def first_of(world: World) -> None:
    while True:
        with world.transactions.writing() as session:
            if not commands.prepay_due(session, clock.now()):
                return


def debits(world: World, child: Child) -> list[tuple[str, str]]:
    return [(kind, amount) for kind, _, amount in world.kinds(child) if kind in ("debit", "reversal")]


def paid(count: int) -> list[tuple[str, str]]:
    return [("debit", f"{month.amount / 100:.2f}") for month in MONTHS[:count]]


def test_the_first_month_is_debited_when_the_contract_opens(prepaid: tuple[World, Child, Group, str]) -> None:
    world, child, _, enrollment_id = prepaid
    assert debits(world, child) == paid(1)
    assert world.pocket(child) == (1_000_000 - SHARE, SHARE - MONTHS[0].amount)
    (event,) = world.events(MONTH_DEBITED)
    assert (event.data["month_on"], event.data["enrollment_id"]) == ("2026-10-01", enrollment_id)
    assert event.data["held_after"]["value"] == f"{(SHARE - MONTHS[0].amount) / 100:.2f}"
    assert "октябрь 2026" in world.operations(child)["items"][0]["explanation"]


def test_marks_change_nothing(prepaid: tuple[World, Child, Group, str]) -> None:
    world, child, group, enrollment_id = prepaid
    world.hear(world.marked(group, date(2026, 10, 5), {enrollment_id: "present"}))
    assert debits(world, child) == paid(1)
    assert world.events(DEBIT_POSTED) == []


def test_each_month_is_debited_on_its_first_local_day_once(
    prepaid: tuple[World, Child, Group, str], clock_at: Clock
) -> None:
    world, child, *_ = prepaid
    clock_at(datetime(2026, 10, 31, 15, 59, tzinfo=UTC))
    first_of(world)
    assert debits(world, child) == paid(1)
    clock_at(datetime(2026, 10, 31, 16, tzinfo=UTC))
    first_of(world)
    first_of(world)
    assert debits(world, child) == paid(2)
    clock_at(datetime(2027, 5, 1, 2, tzinfo=UTC))
    first_of(world)
    assert debits(world, child) == paid(8)
    assert len(MONTHS) == 8
    assert world.account(child)["spent"]["value"] == f"{SHARE / 100:.2f}"
    assert world.pocket(child) == (1_000_000 - SHARE, 0)


def test_who_leaves_pays_no_month_that_begins_later(prepaid: tuple[World, Child, Group, str], clock_at: Clock) -> None:
    world, child, group, enrollment_id = prepaid
    clock_at(datetime(2026, 10, 20, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, enrollment_id))
    assert world.pocket(child) == (1_000_000 - MONTHS[0].amount, 0)
    clock_at(datetime(2026, 11, 5, 2, tzinfo=UTC))
    first_of(world)
    assert debits(world, child) == paid(1)


def test_a_month_that_was_paid_before_an_earlier_end_became_known_is_taken_back(
    prepaid: tuple[World, Child, Group, str], clock_at: Clock
) -> None:
    world, child, group, enrollment_id = prepaid
    clock_at(datetime(2026, 11, 2, 2, tzinfo=UTC))
    first_of(world)
    world.hear(ended(world, child, group, enrollment_id, date(2026, 10, 30)))
    assert debits(world, child) == [*paid(2), ("reversal", paid(2)[1][1])]
    assert world.account(child)["spent"]["value"] == paid(1)[0][1]
    assert world.pocket(child) == (1_000_000 - MONTHS[0].amount, 0)
    november = world.events(MONTH_DEBITED)[1]
    (event,) = world.events(MONTH_REVERSED)
    assert (event.subject, event.version, event.data["debit_id"]) == (november.subject, 2, november.subject)
    told = [event.data[name] for name in ("month_on", "enrollment_id", "reason", "amount")]
    assert told == ["2026-11-01", enrollment_id, "month_not_due", november.data["amount"]]
    assert event.data["held_after"]["value"] == f"{(SHARE - MONTHS[0].amount) / 100:.2f}"


def test_who_leaves_later_pays_the_months_until_then_and_the_last_of_them_closes_the_contract(
    prepaid: tuple[World, Child, Group, str], clock_at: Clock
) -> None:
    world, child, group, enrollment_id = prepaid
    clock_at(datetime(2026, 10, 20, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, enrollment_id, date(2026, 12, 15)))
    later = MONTHS[1].amount + MONTHS[2].amount
    assert world.pocket(child) == (1_000_000 - MONTHS[0].amount - later, later)
    clock_at(datetime(2026, 10, 31, 16, tzinfo=UTC))
    first_of(world)
    assert (debits(world, child), world.contract(enrollment_id).state) == (paid(2), "active")
    clock_at(datetime(2026, 11, 30, 16, tzinfo=UTC))
    first_of(world)
    assert debits(world, child) == paid(3)
    made = world.contract(enrollment_id)
    assert (made.state, made.reason) == ("closed", "withdrawn")
    assert [each.subject for each in world.events(CONTRACT_CLOSED)] == [made.contract_id]
    first_of(world)
    assert world.pocket(child) == (1_000_000 - MONTHS[0].amount - later, 0)


@pytest.mark.parametrize("meanwhile", ["closed", "frozen", "after the period"])
def test_a_month_is_taken_back_whatever_became_of_its_contract_meanwhile(
    prepaid: tuple[World, Child, Group, str], clock_at: Clock, meanwhile: str
) -> None:
    world, child, group, enrollment_id = prepaid
    if meanwhile == "closed":
        world.hear(ended(world, child, group, enrollment_id, date(2026, 11, 15)))
    clock_at(datetime(2026, 11, 2, 2, tzinfo=UTC))
    first_of(world)
    assert debits(world, child) == paid(2)
    late = {
        "closed": certificate_is(world, child, "revoked", date(2026, 10, 31), version=3),
        "frozen": ended(world, child, group, enrollment_id, date(2026, 10, 31)),
        "after the period": ended(world, child, group, enrollment_id, date(2026, 10, 31)),
    }
    if meanwhile == "frozen":
        world.hear(certificate_is(world, child, "frozen"))
    if meanwhile == "after the period":
        clock_at(datetime(2027, 9, 30, 16, tzinfo=UTC))
        leftovers(world)
    world.hear(late[meanwhile])
    leftovers(world)
    assert debits(world, child) == [*paid(2), ("reversal", paid(2)[1][1])]
    left = 1_000_000 - MONTHS[0].amount if meanwhile == "frozen" else 0
    assert (world.pocket(child), world.contract(enrollment_id).state) == ((left, 0), "closed")
    with world.transactions.reading() as session:
        assert [each for each in verify(session) if each.region_code == world.region_code] == []


def test_an_end_that_becomes_known_while_frozen_debits_its_months_when_the_certificate_thaws(
    prepaid: tuple[World, Child, Group, str], clock_at: Clock
) -> None:
    world, child, group, enrollment_id = prepaid
    world.hear(certificate_is(world, child, "frozen"))
    clock_at(datetime(2026, 11, 5, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, enrollment_id, date(2026, 11, 15)))
    assert (debits(world, child), world.contract(enrollment_id).state) == (paid(1), "active")
    world.hear(certificate_is(world, child, "valid", version=3))
    assert (debits(world, child), world.contract(enrollment_id).state) == (paid(2), "closed")


def test_while_frozen_no_month_is_debited_and_unfreezing_debits_all_of_them(
    prepaid: tuple[World, Child, Group, str], clock_at: Clock
) -> None:
    world, child, *_ = prepaid
    world.hear(certificate_is(world, child, "frozen"))
    clock_at(datetime(2026, 12, 5, 2, tzinfo=UTC))
    first_of(world)
    assert debits(world, child) == paid(1)
    world.hear(certificate_is(world, child, "valid", version=3))
    first_of(world)
    assert debits(world, child) == paid(3)
    with world.transactions.reading() as session:
        assert [each for each in verify(session) if each.region_code == world.region_code] == []
