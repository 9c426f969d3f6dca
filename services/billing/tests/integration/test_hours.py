"""A municipality that pays in academic hours, beside one that pays in roubles: one ledger keeps both."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from billing.models import Posting
from billing.verification import verify
from chassis.values import Amount
from contracts.billing import CERTIFICATE_CREDITED, DEBIT_POSTED, MONTH_DEBITED

from .changes import ended
from .world import Child, Group, World

MONDAY = date(2026, 10, 5)
NOMINAL = 7200
WEEKLY = Group(starts_on=MONDAY, ends_on=MONDAY + timedelta(weeks=34))
"""35 lessons of an hour."""


def hours(minor: int) -> dict[str, str]:
    return Amount(minor, "HOUR").to_wire()


def enrol_for_hours(world: World) -> tuple[Child, str]:
    child, price = Child(), {"price": hours(3500), "normative_price": hours(3500)}
    world.hear(world.registered(child))
    offer = world.offer(child, WEEKLY, **price)
    enrolled = world.enrolled(child, WEEKLY, offer["offer_id"], **price)
    world.hear(enrolled, world.issued(child))
    return child, enrolled.subject


@pytest.fixture
def child_with_hours(world: World) -> tuple[Child, str]:
    world.open_programme(nominal=NOMINAL, budget=2 * NOMINAL, unit="HOUR")
    return enrol_for_hours(world)


def sound(world: World) -> bool:
    with world.transactions.reading() as session:
        return not [each for each in verify(session) if each.region_code in ("", world.region_code)]


def test_an_attended_lesson_takes_an_hour_of_those_that_were_credited(
    world: World, child_with_hours: tuple[Child, str]
) -> None:
    child, enrollment_id = child_with_hours
    assert [each.data["amount"] for each in world.events(CERTIFICATE_CREDITED)] == [hours(NOMINAL)]
    world.hear(world.marked(WEEKLY, MONDAY, {enrollment_id: "present"}))
    (debit,) = world.events(DEBIT_POSTED)
    assert (debit.data["amount"], debit.data["balance_after"]) == (hours(100), hours(3700))
    account = world.account(child)
    shown = [account[name] for name in ("credited", "balance", "held", "spent")]
    assert shown == [hours(NOMINAL), hours(3700), hours(3400), hours(100)]
    assert [each["amount"]["unit"] for each in world.operations(child)["items"]] == ["HOUR"] * 3
    assert (world.budget()["available"], world.budget()["credited"]) == (hours(NOMINAL), hours(NOMINAL))
    assert sound(world)


def test_hours_come_back_as_hours(world: World, child_with_hours: tuple[Child, str]) -> None:
    child, enrollment_id = child_with_hours
    world.hear(
        world.marked(WEEKLY, MONDAY, {enrollment_id: "present"}, 1),
        world.marked(WEEKLY, MONDAY, {enrollment_id: "ill"}, 2),
        ended(world, child, WEEKLY, enrollment_id, MONDAY),
    )
    assert world.pocket(child) == (NOMINAL, 0)
    assert world.account(child)["spent"] == hours(0)
    assert sound(world)


def test_a_share_of_hours_may_be_charged_by_the_month(world: World) -> None:
    world.open_programme(nominal=NOMINAL, budget=NOMINAL, unit="HOUR", charge="monthly_share")
    enrol_for_hours(world)
    (debit,) = world.events(MONTH_DEBITED)
    assert debit.data["amount"] == hours(399)
    assert sound(world)


def test_hours_and_roubles_of_one_region_never_meet(world: World, child_with_hours: tuple[Child, str]) -> None:
    in_hours, _ = child_with_hours
    world.municipality_code = "25714000"
    world.open_programme(municipality_code="25714000")
    in_roubles, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    assert world.account(in_roubles)["spent"] == Amount(20460, "RUB").to_wire()
    assert world.account(in_hours)["held"] == hours(3500)
    with world.transactions.reading() as session:
        rows: Any = select(Posting.unit, Posting.certificate_id).filter_by(region_code=world.region_code)
        units = {certificate_id: unit for unit, certificate_id in session.execute(rows) if certificate_id}
    assert units == {in_hours.certificate_id: "HOUR", in_roubles.certificate_id: "RUB"}
    assert sound(world)
