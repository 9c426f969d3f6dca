"""Periods follow each other; rules have versions; what is left at a period's end goes where the rules say."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from billing import commands, queries
from billing.commands import ledger
from billing.domain import ledger as books
from billing.models import Departure, FundingPeriod, FundingRules, LedgerTransaction, Posting
from billing.verification import verify
from chassis import clock
from chassis.context import Actor
from chassis.errors import InvalidInput, NotFound, Refusal, RuleViolated
from chassis.values import Amount

from .world import ZONE, Group, World, new_id, rub

Clock = Callable[[datetime], None]
NOMINAL = 1_000_000
CLOSING = datetime(2027, 9, 30, 16, tzinfo=UTC)
NEXT = {
    "starts_on": date(2027, 9, 1),
    "ends_on": date(2028, 8, 31),
    "closes_at": datetime(2028, 9, 30, 16, tzinfo=UTC),
}
RULES: dict[str, Any] = {
    "category": "children_5_17",
    "valid_from": None,
    "nominal": rub(NOMINAL),
    "certificates_max": None,
    "nominal_sum_max": None,
    "charge": "per_attended_lesson",
    "absent_percent": 100,
    "ill_percent": 0,
    "excused_percent": 0,
    "copayment_allowed": True,
    "remainder": "burn",
    "clubs_at_once_max": None,
    "direction_limits": {},
}


def operator(world: World) -> Actor:
    return Actor(new_id(), "region", world.region_code)


def set_period(world: World, **changes: Any) -> dict[str, Any]:
    with world.transactions.writing() as session:
        return commands.set_period(session, operator(world), NEXT | changes)


def set_rules(world: World, period_id: str | None = None, **changes: Any) -> dict[str, Any]:
    request = {**RULES, "period_id": period_id or world.period_id, **changes}
    with world.transactions.writing() as session:
        return commands.set_funding_programme(session, world.officer(), request)


def versions(world: World) -> list[tuple[int, date, date]]:
    with world.transactions.reading() as session:
        items = queries.list_funding_programmes(session, world.officer())["items"]
    return [(each["rule_version"], each["valid_from"], each["valid_until"]) for each in items]


def run_out(world: World) -> None:
    """Do what the loops do until there is nothing left to do."""
    for work in (commands.end_period, commands.empty_pockets, commands.prepay_due):
        while True:
            with world.transactions.writing() as session:
                if not work(session, clock.now()):
                    break


def test_periods_of_a_region_are_listed_with_their_states(world: World, clock_at: Clock) -> None:
    answer = set_period(world)
    assert answer["state"] == "planned"
    for at, expected in (
        (datetime(2026, 10, 5, tzinfo=UTC), ["open", "planned"]),
        (datetime(2027, 9, 5, tzinfo=UTC), ["closing", "open"]),
        (CLOSING, ["closed", "open"]),
    ):
        clock_at(at)
        with world.transactions.reading() as session:
            items = queries.list_periods(session, operator(world))["items"]
        assert [each["state"] for each in items] == expected


@pytest.mark.parametrize(
    ("changes", "refusal", "code"),
    [
        ({"starts_on": date(2027, 9, 2)}, RuleViolated, "period_not_adjacent"),
        ({"starts_on": date(2027, 8, 31)}, RuleViolated, "period_not_adjacent"),
        ({"ends_on": date(2027, 8, 31)}, InvalidInput, "dates_reversed"),
        ({"closes_at": datetime(2028, 8, 31, 15, 59, tzinfo=UTC)}, InvalidInput, "closes_too_early"),
    ],
)
def test_a_period_leaves_no_gap_and_closes_after_its_last_day(
    world: World, changes: dict[str, Any], refusal: type[Refusal], code: str
) -> None:
    with pytest.raises(refusal) as refused:
        set_period(world, **changes)
    assert refused.value.code == code


def test_two_operators_who_set_the_next_period_at_once_set_one(world: World) -> None:
    barrier = Barrier(4)

    def attempt(_: int) -> str | None:
        barrier.wait()
        try:
            return str(set_period(world)["period_id"])
        except RuleViolated as refused:
            return None if refused.code == "period_not_adjacent" else refused.code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(4)))
    assert sum(answer is not None for answer in answers) == 1


def test_the_database_refuses_periods_that_overlap(world: World) -> None:
    with pytest.raises(IntegrityError, match="ex_funding_period_no_overlap"), world.transactions.writing() as session:
        session.add(
            FundingPeriod(
                region_code=world.region_code,
                period_id=new_id(),
                starts_on=date(2027, 8, 31),
                ends_on=date(2028, 8, 31),
                closes_at=NEXT["closes_at"],
                time_zone=ZONE,
            )
        )


def test_a_region_s_first_period_needs_a_time_zone(world: World) -> None:
    fresh = World(world.transactions, f"0{world.region_code[-1]}")
    with pytest.raises(InvalidInput) as refused:
        set_period(fresh)
    assert refused.value.code == "time_zone_needed"
    assert set_period(fresh, time_zone=ZONE)["state"] == "planned"


def test_the_first_rules_hold_for_the_whole_period_and_later_ones_from_a_day_on(world: World) -> None:
    first = set_rules(world)
    assert (first["rule_version"], first["valid_from"], first["valid_until"]) == (
        1,
        date(2026, 9, 1),
        date(2027, 8, 31),
    )
    world.programme_id = first["funding_programme_id"]
    second = set_rules(world, nominal=rub(2 * NOMINAL), valid_from=date(2027, 1, 1))
    assert second["funding_programme_id"] == first["funding_programme_id"]
    assert versions(world) == [
        (1, date(2026, 9, 1), date(2026, 12, 31)),
        (2, date(2027, 1, 1), date(2027, 8, 31)),
    ]
    set_rules(world)
    assert versions(world) == [(1, date(2026, 9, 1), date(2026, 10, 5)), (3, date(2026, 10, 6), date(2027, 8, 31))]


@pytest.mark.parametrize(
    ("changes", "refusal", "code"),
    [
        ({"valid_from": date(2026, 10, 5)}, RuleViolated, "valid_from_too_early"),
        ({"valid_from": date(2027, 9, 1)}, InvalidInput, "valid_from_outside_period"),
        ({"nominal": rub(0)}, InvalidInput, "amount_not_positive"),
        ({"nominal": {"value": "1.00", "unit": "HOUR"}}, InvalidInput, "unit_mismatch"),
        ({"nominal_sum_max": {"value": "1.00", "unit": "HOUR"}}, InvalidInput, "unit_mismatch"),
        ({"nominal_sum_max": rub(-1)}, InvalidInput, "amount_not_positive"),
        ({"period_id": "00000000-0000-4000-8000-000000000001"}, NotFound, "funding_period_not_found"),
    ],
)
def test_rules_are_checked(world: World, changes: dict[str, Any], refusal: type[Refusal], code: str) -> None:
    set_rules(world)
    before = versions(world)
    with pytest.raises(refusal) as refused:
        set_rules(world, **changes)
    assert refused.value.code == code
    assert versions(world) == before


def test_the_first_rules_leave_no_day_without_any(world: World) -> None:
    with pytest.raises(RuleViolated) as refused:
        set_rules(world, valid_from=date(2026, 9, 2))
    assert refused.value.code == "valid_from_leaves_gap"


def test_a_period_that_is_over_takes_no_rules_and_no_money(world: World, clock_at: Clock) -> None:
    world.open_programme()
    clock_at(datetime(2027, 8, 31, 16, tzinfo=UTC))
    for attempt in (lambda: set_rules(world), lambda: world.allocate(100)):
        with pytest.raises(RuleViolated) as refused:
            attempt()
        assert refused.value.code == "period_ended"


@pytest.mark.parametrize(
    ("days", "refusal"),
    [
        ((date(2026, 12, 31), date(2027, 8, 31)), "ex_funding_rules_no_overlap"),
        ((date(2027, 1, 2), date(2027, 8, 31)), "leave 1 days"),
        ((date(2027, 1, 1), date(2027, 8, 30)), "leave 1 days"),
    ],
)
def test_the_database_refuses_rules_that_overlap_or_leave_a_gap(
    world: World, days: tuple[date, date], refusal: str
) -> None:
    world.open_programme()

    def change(session: Session) -> None:
        own = update(FundingRules).filter_by(region_code=world.region_code)
        session.execute(own.values(valid_until=date(2026, 12, 31)))
        columns = session.execute(
            select(FundingRules.__table__).where(FundingRules.region_code == world.region_code)
        ).mappings()
        row = {**columns.one(), "rule_version": 2, "valid_from": days[0], "valid_until": days[1]}
        session.execute(FundingRules.__table__.insert().values(**row))

    with pytest.raises(IntegrityError, match=refusal), world.transactions.writing() as session:
        change(session)


def test_nominals_follow_the_rules_of_the_day_of_crediting(world: World, clock_at: Clock) -> None:
    world.open_programme(certificates_max=1)
    set_rules(world, nominal=rub(NOMINAL // 2), valid_from=date(2026, 10, 6))
    first, second = world.enrol(), world.enrol()
    assert world.account(first[0])["credited"] == rub(NOMINAL)
    assert world.account(second[0])["state"] == "queued"
    clock_at(datetime(2026, 10, 5, 16, tzinfo=UTC))
    with world.transactions.writing() as session:
        assert commands.grant_waiting(session)
    assert world.account(second[0])["credited"] == rub(NOMINAL // 2)
    assert world.account(first[0])["credited"] == rub(NOMINAL)
    with world.transactions.reading() as session:
        credited = select(LedgerTransaction.rule_version).filter_by(region_code=world.region_code, kind="credit")
        assert session.scalars(credited.order_by(LedgerTransaction.sequence)).all() == [1, 2]
    identity_holds(world)


def test_marks_charge_by_the_rules_that_the_contract_began_with(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    set_rules(world, absent_percent=0, valid_from=date(2026, 10, 6))
    clock_at(datetime(2026, 10, 12, 2, tzinfo=UTC))
    world.hear(world.marked(group, date(2026, 10, 12), {enrollment_id: "absent"}))
    assert world.account(child)["spent"]["value"] == "204.60"
    later, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, date(2026, 10, 12), {enrollment_id: "absent"}))
    assert world.account(later)["spent"]["value"] == "0.00"


def identity_holds(world: World) -> None:
    with world.transactions.reading() as session:
        found = [each for each in verify(session) if each.region_code in ("", world.region_code)]
    assert found == []


def test_what_is_left_at_the_end_returns_to_the_budget(world: World, clock_at: Clock) -> None:
    world.open_programme(budget=2 * NOMINAL)
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, date(2026, 10, 5), {enrollment_id: "present"}))
    spent = 20460
    clock_at(CLOSING - timedelta(seconds=1))
    run_out(world)
    assert "returned" not in {kind for kind, _, _ in world.kinds(child)}
    clock_at(CLOSING)
    run_out(world)
    assert world.pocket(child) == (0, 0)
    budget = world.budget()
    assert budget["available"] == rub(2 * NOMINAL - spent)
    assert budget["credited"] == rub(spent)
    assert budget["allocated"] == rub(2 * NOMINAL)
    assert world.kinds(child)[-1] == ("returned", "period_closed", f"{(NOMINAL - spent) / 100:.2f}")
    identity_holds(world)
    run_out(world)
    assert [kind for kind, _, _ in world.kinds(child)].count("returned") == 1


def test_what_is_left_is_carried_over_once_the_payer_has_a_programme_in_the_next_period(
    world: World, clock_at: Clock
) -> None:
    world.open_programme(remainder="carry_over")
    child, *_ = world.enrol(Group(ends_on=date(2026, 12, 28)))
    clock_at(CLOSING)
    run_out(world)
    assert world.pocket(child)[0] + world.pocket(child)[1] == NOMINAL
    period_id = set_period(world)["period_id"]
    run_out(world)
    assert sum(world.pocket(child)) == NOMINAL
    set_rules(world, period_id)
    run_out(world)
    account = world.account(child)
    assert (account["period_starts_on"], account["state"]) == (date(2027, 9, 1), "accounting")
    assert (account["carried_in"], account["balance"], account["credited"]) == (rub(NOMINAL), rub(NOMINAL), rub(0))
    items = world.operations(child)["items"]
    assert [each["kind"] for each in items[:2]] == ["carried_in", "carried_out"]
    assert [each["balance_after"] for each in items[:2]] == [rub(NOMINAL), rub(0)]
    identity_holds(world)


def test_money_that_is_carried_over_opens_the_contract_that_waited_for_it(world: World, clock_at: Clock) -> None:
    world.open_programme(remainder="carry_over")
    child, *_ = world.enrol(Group(ends_on=date(2026, 12, 28)))
    clock_at(datetime(2027, 9, 6, 2, tzinfo=UTC))
    programme_id = set_rules(world, set_period(world)["period_id"])["funding_programme_id"]
    world.allocate(NOMINAL, funding_programme_id=programme_id)
    one, other = (Group(starts_on=date(2027, 10, 4), ends_on=date(2028, 5, 29)) for _ in range(2))
    offer = world.offer(child, other)
    world.enrol(one, child)
    late = world.enrolled(child, other, offer["offer_id"])
    world.hear(late)
    assert world.contract(late.subject).state == "awaiting_acceptance"
    clock_at(CLOSING)
    run_out(world)
    assert world.contract(late.subject).state == "active"
    identity_holds(world)


def test_after_its_end_nothing_is_posted_into_a_period(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, _, enrollment_id = world.enrol()
    pocket = books.Pocket(child.certificate_id, world.period_id, world.municipality_code)
    contract_id = world.contract(enrollment_id).contract_id
    movements = {
        books.ALLOCATION: (books.outside(world.municipality_code), books.budget(world.programme_id)),
        books.CREDIT: (books.budget(world.programme_id), books.available(pocket)),
        books.HOLD: (books.available(pocket), books.held(pocket, contract_id)),
        books.DEBIT: (books.held(pocket, contract_id), books.earned(new_id(), pocket)),
    }
    clock_at(CLOSING)
    for kind, (source, target) in movements.items():
        movement = books.Movement(new_id(), kind, "test", source, target, Amount(1, "RUB"), clock.now(), "test", 1)
        with pytest.raises(IntegrityError, match=r"period of ledger|capped"), world.transactions.writing() as session:
            ledger.post(session, world.region_code, [movement], clock.now())


def test_a_debit_that_is_taken_back_after_the_end_leaves_at_once(world: World, clock_at: Clock) -> None:
    world.open_programme(budget=NOMINAL)
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, date(2026, 10, 5), {enrollment_id: "present"}, 1))
    clock_at(CLOSING)
    run_out(world)
    assert world.budget()["available"] == rub(NOMINAL - 20460)
    world.hear(world.marked(group, date(2026, 10, 5), {enrollment_id: "ill"}, 2))
    run_out(world)
    assert [kind for kind, _, _ in world.kinds(child)[-3:]] == ["reversal", "release", "returned"]
    assert world.pocket(child) == (0, 0)
    assert world.budget()["available"] == rub(NOMINAL)
    identity_holds(world)


def test_money_can_not_stay_between_two_periods(world: World) -> None:
    world.open_programme()
    child, *_ = world.enrol()
    pocket = books.Pocket(child.certificate_id, world.period_id, world.municipality_code)
    out = books.Movement(
        new_id(),
        books.CARRIED_OUT,
        "test",
        books.available(pocket),
        books.carried(pocket),
        Amount(1, "RUB"),
        clock.now(),
        "test",
        1,
    )
    with pytest.raises(IntegrityError, match="between two periods"), world.transactions.writing() as session:
        ledger.post(session, world.region_code, [out], clock.now())


def test_several_processes_end_a_period_once_and_in_batches(
    world: World, clock_at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.commands.leaving.BATCH", 2)
    world.open_programme(budget=5 * NOMINAL)
    children = [world.enrol()[0] for _ in range(5)]
    clock_at(CLOSING)
    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(run_out, world) for _ in range(3)]:
            future.result()
    run_out(world)
    assert [world.pocket(child) for child in children] == [(0, 0)] * 5
    assert world.budget()["available"] == rub(5 * NOMINAL)
    with world.transactions.reading() as session:
        assert session.scalars(select(Departure).filter_by(region_code=world.region_code)).all() == []
        returned = select(Posting).filter_by(region_code=world.region_code, kind="returned", account="budget")
        assert len(session.scalars(returned).all()) == 5
    identity_holds(world)
