"""The queue for money: strictly in order, never past the budget, funded by itself when money comes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from billing import commands
from billing.commands import funding
from billing.commands.budgets import allocate
from billing.commands.settling import settle_forgotten
from billing.models import Credit, FundingProgramme, FundingRequest, LedgerTransaction
from chassis.errors import InvalidInput, NotFound
from chassis.values import Amount
from contracts.billing import CERTIFICATE_CREDITED, CONTRACT_ACTIVATED, CONTRACT_AWAITING_FUNDS, FUNDING_QUEUED

from .world import Child, Group, World, rub

Clock = Callable[[datetime], None]
NOMINAL = 1_000_000


def funded(world: World, *families: tuple[Child, Group, str]) -> list[bool]:
    return [world.account(child)["state"] == "funded" for child, _, _ in families]


def positions(world: World, *families: tuple[Child, Group, str]) -> list[int | None]:
    return [world.account(child)["queue_position"] for child, _, _ in families]


def serve_all(world: World) -> None:
    while True:
        with world.transactions.writing() as session:
            if not commands.grant_waiting(session):
                return


def test_when_the_budget_is_spent_the_next_wait_in_the_order_of_their_arrival(world: World) -> None:
    world.open_programme(budget=2 * NOMINAL + 999_999)
    families = [world.enrol() for _ in range(5)]
    assert funded(world, *families) == [True, True, False, False, False]
    assert positions(world, *families) == [None, None, 1, 2, 3]
    assert [world.contract(each).state for _, _, each in families[2:]] == ["awaiting_funds"] * 3
    assert [each.data["position"] for each in world.events(FUNDING_QUEUED)] == [1, 2, 3]
    assert len(world.events(CONTRACT_AWAITING_FUNDS)) == 3
    assert world.account(families[2][0])["state"] == "queued"
    budget = world.budget()
    assert (budget["certificates_funded"], budget["certificates_queued"]) == (2, 3)
    assert budget["available"] == rub(999_999)


def test_an_allocation_funds_the_first_in_line_and_moves_the_others_up(world: World) -> None:
    world.open_programme(budget=0)
    families = [world.enrol() for _ in range(3)]
    answer = world.allocate(NOMINAL)
    assert funded(world, *families) == [True, False, False]
    assert positions(world, *families) == [None, 1, 2]
    assert (answer["allocated"], answer["available"], answer["credited"]) == (rub(NOMINAL), rub(0), rub(NOMINAL))
    assert (answer["certificates_funded"], answer["certificates_queued"]) == (1, 2)
    world.allocate(NOMINAL - 1)
    assert funded(world, *families) == [True, False, False]
    world.allocate(1)
    assert funded(world, *families) == [True, True, False]


def test_coverage_of_a_certificate_that_queued_begins_with_its_money(world: World, clock_at: Clock) -> None:
    world.open_programme(budget=0)
    child, group, enrollment_id = world.enrol()
    world.hear(
        world.marked(group, date(2026, 10, 5), {enrollment_id: "present"}),
        world.marked(group, date(2026, 10, 12), {enrollment_id: "present"}),
    )
    clock_at(datetime(2026, 10, 11, 16, tzinfo=UTC))
    world.allocate(NOMINAL)
    contract = world.contract(enrollment_id)
    assert (contract.state, contract.effective_from, contract.lesson_count) == ("active", date(2026, 10, 12), 34)
    assert contract.certificate_share_minor == -(-800000 * 232 // 267)
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "debit"]
    (announced,) = world.events(CONTRACT_ACTIVATED)
    assert (announced.version, announced.data["effective_from"]) == (2, "2026-10-12")


def test_an_enrolment_made_after_the_crediting_is_covered_from_its_own_day(world: World, clock_at: Clock) -> None:
    world.open_programme(budget=0)
    child, _, _ = world.enrol()
    world.allocate(NOMINAL)
    clock_at(datetime(2026, 11, 2, 2, tzinfo=UTC))
    _, _, later = world.enrol(Group(price=100000, normative=100000), child)
    assert world.contract(later).effective_from == date(2026, 11, 2)


def test_a_second_enrolment_keeps_the_place_of_the_first(world: World) -> None:
    world.open_programme(budget=0)
    first, second = world.enrol(), world.enrol()
    world.enrol(Group(), first[0])
    assert positions(world, first, second) == [1, 2]
    assert len(world.events(FUNDING_QUEUED)) == 2
    world.allocate(NOMINAL)
    assert funded(world, first, second) == [True, False]


def test_a_child_without_a_live_enrolment_is_passed_over_and_keeps_its_place(world: World, clock_at: Clock) -> None:
    world.open_programme(budget=0)
    ended = world.enrol(Group(ends_on=date(2026, 10, 12)))
    waiting = world.enrol()
    clock_at(datetime(2026, 10, 13, 2, tzinfo=UTC))
    assert positions(world, ended, waiting) == [1, 1]
    world.allocate(NOMINAL)
    assert funded(world, ended, waiting) == [False, True]
    last = world.enrol()
    world.enrol(Group(), ended[0])
    assert positions(world, ended, last) == [1, 2]
    world.allocate(NOMINAL)
    assert funded(world, ended, last) == [True, False]


def test_a_long_queue_is_granted_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.open_programme(budget=0)
    families = [world.enrol() for _ in range(7)]
    monkeypatch.setattr(funding.serve, "__defaults__", (3,))
    world.allocate(6 * NOMINAL)
    assert funded(world, *families) == [True] * 3 + [False] * 4
    serve_all(world)
    assert funded(world, *families) == [True] * 6 + [False]
    with world.transactions.reading() as session:
        credits_in_order = (
            select(Credit.certificate_id)
            .filter_by(region_code=world.region_code)
            .join(
                FundingRequest,
                (FundingRequest.region_code == Credit.region_code)
                & (FundingRequest.certificate_id == Credit.certificate_id),
            )
        )
        by_arrival = session.scalars(credits_in_order.order_by(FundingRequest.arrival)).all()
    assert by_arrival == [child.certificate_id for child, _, _ in families[:6]]
    assert [each.subject for each in world.events(CERTIFICATE_CREDITED)] == by_arrival


@pytest.mark.parametrize(
    ("cap", "funded_count"),
    [({"certificates_max": 2}, 2), ({"nominal_sum_max": Amount(3 * NOMINAL - 1, "RUB")}, 2)],
)
def test_both_caps_hold_back_money_that_is_there(world: World, cap: dict[str, Any], funded_count: int) -> None:
    world.open_programme(**cap)
    families = [world.enrol() for _ in range(4)]
    serve_all(world)
    assert funded(world, *families) == [True] * funded_count + [False] * (4 - funded_count)
    assert positions(world, *families)[funded_count:] == [1, 2]


def test_the_last_nominal_goes_to_one_of_those_who_ask_at_once(world: World) -> None:
    world.open_programme(budget=3 * NOMINAL)
    group, children = Group(), [Child() for _ in range(8)]
    for child in children:
        world.hear(world.registered(child))
    events = [world.enrolled(child, group, world.offer(child, group)["offer_id"]) for child in children]
    world.hear(*events)
    barrier = Barrier(len(children))

    def issue(child: Child) -> None:
        barrier.wait()
        world.hear(world.issued(child))

    with ThreadPoolExecutor(len(children)) as pool:
        list(pool.map(issue, children))
    accounts = [world.account(child) for child in children]
    assert sum(each["state"] == "funded" for each in accounts) == 3
    assert sorted(each["queue_position"] for each in accounts if each["state"] == "queued") == [1, 2, 3, 4, 5]
    with world.transactions.reading() as session:
        requests = session.scalars(
            select(FundingRequest).filter_by(region_code=world.region_code).order_by(FundingRequest.arrival)
        ).all()
        assert [each.granted_at is not None for each in requests] == [True] * 3 + [False] * 5


def test_grantors_of_several_processes_serve_a_queue_once(world: World) -> None:
    world.open_programme(budget=0)
    families = [world.enrol() for _ in range(6)]
    with world.transactions.writing() as session:
        programme = session.scalars(select(FundingProgramme).filter_by(region_code=world.region_code)).one()
        allocate(session, programme, Amount(4 * NOMINAL, "RUB"), actor="test", basis="test")
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(serve_all, world) for _ in range(4)]:
            future.result()
    serve_all(world)
    assert funded(world, *families) == [True] * 4 + [False] * 2
    assert len(world.events(CERTIFICATE_CREDITED)) == 4


def test_money_is_credited_within_the_period_s_days_only(world: World, clock_at: Clock) -> None:
    clock_at(datetime(2026, 8, 31, 15, 59, tzinfo=UTC))
    world.open_programme()
    early = world.enrol(Group(starts_on=date(2026, 9, 7)))
    serve_all(world)
    assert [kind for kind, _, _ in world.kinds(early[0])] == []
    clock_at(datetime(2026, 8, 31, 16, 0, tzinfo=UTC))
    serve_all(world)
    assert [kind for kind, _, _ in world.kinds(early[0])] == ["credit", "hold"]
    assert world.contract(early[2]).effective_from == date(2026, 9, 1)
    clock_at(datetime(2027, 8, 31, 16, 0, tzinfo=UTC))
    world.open_programme(municipality_code="25703000")
    late = World(world.transactions, world.region_code, "25703000", world.period_id)
    child = Child()
    event = late.enrolled(child, Group(), "00000000-0000-4000-8000-000000000001", enrolled_on=date(2027, 8, 31))
    late.hear(event, late.issued(child))
    assert late.budget()["certificates_funded"] == 0


def test_an_enrolment_outside_every_period_has_no_contract(world: World) -> None:
    world.open_programme()
    child, group = Child(), Group(starts_on=date(2027, 9, 6), ends_on=date(2028, 5, 29))
    event = world.enrolled(child, group, "00000000-0000-4000-8000-000000000001")
    world.hear(world.registered(child), world.issued(child), event)
    assert world.events() == []
    assert world.account(child)["state"] == "accounting"


def test_children_enrolled_before_their_programme_was_opened_come_into_its_line_in_order(
    world: World, clock_at: Clock
) -> None:
    families = []
    for minute in (30, 10, 20):
        clock_at(datetime(2026, 10, 5, 2, minute, tzinfo=UTC))
        families.append(world.enrol())
    families = [families[1], families[2], families[0]]
    assert {world.account(child)["state"] for child, _, _ in families} == {"accounting"}
    world.open_programme(budget=2 * NOMINAL)
    settled = [True]
    while settled[-1]:
        with world.transactions.writing() as session:
            settled.append(settle_forgotten(session))
    assert len(settled) > 2
    assert funded(world, *families) == [True, True, False]
    assert [world.contract(each).state for _, _, each in families] == ["active", "active", "awaiting_funds"]


@pytest.mark.parametrize(
    ("changes", "minor", "refusal", "code"),
    [
        ({}, 0, InvalidInput, "amount_not_positive"),
        ({}, -1, InvalidInput, "amount_not_positive"),
        ({"amount": {"value": "1.00", "unit": "HOUR"}}, 1, InvalidInput, "unit_mismatch"),
        ({"funding_programme_id": "00000000-0000-4000-8000-000000000001"}, 1, NotFound, "funding_programme_not_found"),
    ],
)
def test_an_allocation_adds_money_of_the_budget_s_own_unit(
    world: World, changes: dict[str, object], minor: int, refusal: type[Exception], code: str
) -> None:
    world.open_programme(budget=0)
    with pytest.raises(refusal) as refused:
        world.allocate(minor, **changes)
    assert getattr(refused.value, "code", None) == code
    assert world.budget()["allocated"] == rub(0)


def test_a_municipality_sees_and_fills_its_own_budgets_only(world: World) -> None:
    world.open_programme()
    other = World(world.transactions, world.region_code, "25703000", world.period_id, world.programme_id)
    with pytest.raises(NotFound) as refused:
        other.allocate(100)
    assert refused.value.code == "funding_programme_not_found"
    world.open_programme(municipality_code="25703000")
    assert world.budget()["funding_programme_id"] == world.programme_id
    assert world.budget("25703000")["funding_programme_id"] != world.programme_id


def test_an_allocation_names_the_act_and_the_officer(world: World) -> None:
    world.open_programme(budget=0)
    world.allocate(100)
    with world.transactions.reading() as session:
        posted = session.scalars(select(LedgerTransaction).filter_by(region_code=world.region_code)).one()
        assert (posted.kind, posted.details) == ("allocation", {"basis": "Вымышленное постановление № 2"})
        assert posted.actor != "billing"
