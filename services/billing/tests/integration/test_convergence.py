"""Facts come in any order, twice and at the same instant; the money ends up the same."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from itertools import count, permutations
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from billing.commands import ledger
from billing.domain.policy import MARKS
from billing.domain.split import lesson_part
from chassis.outbox import Received
from contracts.billing import CERTIFICATE_CREDITED, CONTRACT_ACTIVATED, DEBIT_POSTED

from .world import POLICY, Child, Group, World

MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)
MUNICIPALITIES = count(25800000)


def offered(world: World, group: Group) -> tuple[Child, dict[str, Any]]:
    child = Child()
    world.hear(world.registered(child))
    return child, world.offer(child, group)


def money(world: World, child: Child, enrollment_id: str) -> dict[str, Any]:
    """All that the ledger, the contract and the pocket say, without identifiers and times."""
    contract = world.contract(enrollment_id)
    names = ("state", "reason", "effective_from", "price_minor", "certificate_share_minor", "lesson_count")
    return {
        "contract": {name: getattr(contract, name) for name in names},
        "pocket": world.pocket(child),
        "movements": sorted(world.kinds(child)),
        "explained": sorted(each["explanation"] for each in world.operations(child)["items"]),
    }


def test_every_order_of_the_facts_gives_the_same_ledger(world: World) -> None:
    world.open_programme()
    group, seen = Group(), []
    for order in permutations(range(4)):
        child, offer = offered(world, group)
        enrolled = world.enrolled(child, group, offer["offer_id"])
        facts = [
            world.issued(child),
            enrolled,
            world.marked(group, MONDAY, {enrolled.subject: "present"}),
            world.marked(group, MONDAY + WEEK, {enrolled.subject: "absent"}),
        ]
        world.hear(*(facts[number] for number in order))
        seen.append(money(world, child, enrolled.subject))
    assert len(seen) == 24
    assert all(each == seen[0] for each in seen)
    assert [kind for kind, _, _ in seen[0]["movements"]] == ["credit", "debit", "debit", "hold"]


def test_money_that_comes_before_between_or_after_the_facts_ends_up_the_same(world: World) -> None:
    group, seen = Group(), []
    for number, order in enumerate(permutations(range(4))):
        programme_id = world.open_programme(budget=0, municipality_code=f"257{number:05d}")
        place = World(world.transactions, world.region_code, f"257{number:05d}", world.period_id, programme_id)
        child, offer = offered(place, group)
        enrolled = place.enrolled(child, group, offer["offer_id"])
        page = place.marked(group, MONDAY, {enrolled.subject: "present"})
        facts: list[Callable[[], Any]] = [
            lambda place=place, child=child: place.hear(place.issued(child)),
            lambda place=place, enrolled=enrolled: place.hear(enrolled),
            lambda place=place, page=page: place.hear(page),
            lambda place=place: place.allocate(1000000),
        ]
        for step in order:
            facts[step]()
        seen.append(money(place, child, enrolled.subject))
    assert len(seen) == 24
    assert all(each == seen[0] for each in seen)


def test_pages_and_their_corrections_in_every_order_leave_the_same_balance(world: World) -> None:
    world.open_programme()
    group, seen = Group(), []
    for order in permutations(range(4)):
        child, offer = offered(world, group)
        enrolled = world.enrolled(child, group, offer["offer_id"])
        facts = [
            world.issued(child),
            enrolled,
            world.marked(group, MONDAY, {enrolled.subject: "ill"}, 1),
            world.marked(group, MONDAY, {enrolled.subject: "absent"}, 2),
        ]
        world.hear(*(facts[number] for number in order))
        account = world.account(child)
        seen.append([account[name]["value"] for name in ("credited", "balance", "held", "spent")])
    assert all(each == ["10000.00", "2838.95", "6956.45", "204.60"] for each in seen)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[int, int, str, int]], list[int]]:
    """Marks (child, week, mark, page version) and the order in which everything arrives, some of it twice."""
    lines = draw(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 4), st.sampled_from(MARKS)),
            unique_by=lambda line: line[:2],
            max_size=8,
        )
    )
    versions = draw(st.lists(st.integers(1, 3), min_size=len(lines), max_size=len(lines)))
    marks = [(*line, version) for line, version in zip(lines, versions, strict=True)]
    count = 6 + len(marks)
    order = draw(st.permutations(range(count)))
    return marks, [*order, *draw(st.lists(st.integers(0, count - 1), max_size=4))]


@given(history=histories())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_class_of_facts_in_any_order_and_repeated_charges_what_the_rules_say(
    world: World, history: tuple[list[tuple[int, int, str, int]], list[int]]
) -> None:
    marks, order = history
    place = World(world.transactions, world.region_code, f"{next(MUNICIPALITIES):08d}", world.period_id)
    place.open_programme()
    group = Group()
    class_of = [offered(place, group) for _ in range(3)]
    enrolled = [place.enrolled(child, group, offer["offer_id"]) for child, offer in class_of]
    facts: list[Received] = [*(place.issued(child) for child, _ in class_of), *enrolled]
    facts += [
        place.marked(group, MONDAY + week * WEEK, {enrolled[child].subject: mark}, version)
        for child, week, mark, version in marks
    ]
    place.hear(*(facts[number] for number in order))
    for number, (child, _) in enumerate(class_of):
        due = sum(
            POLICY.charge(lesson_part(716105, week + 1, 35), mark) for each, week, mark, _ in marks if each == number
        )
        assert place.pocket(child) == (1000000 - 716105, 716105 - due)
    with world.transactions.reading() as session:
        assert ledger.differences(session, world.region_code) == []


def at_once(*work: Callable[[], Any]) -> None:
    """Run the pieces in threads that start together; the first failure is raised."""
    barrier = Barrier(len(work))

    def run(piece: Callable[[], Any]) -> Any:
        barrier.wait()
        return piece()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(run, piece) for piece in work]:
            future.result()


def hearing(world: World, events: Sequence[Received]) -> list[Callable[[], Any]]:
    return [lambda event=event: world.hear(event) for event in events]


@pytest.mark.parametrize(("first", "second"), permutations(range(3), 2))
def test_a_fact_that_comes_while_another_is_being_kept_waits_for_it_and_sees_it(
    world: World, first: int, second: int
) -> None:
    world.open_programme()
    child, offer = offered(world, group := Group())
    enrolled = world.enrolled(child, group, offer["offer_id"])
    facts = [world.issued(child), enrolled, world.marked(group, MONDAY, {enrolled.subject: "present"})]
    (third,) = {0, 1, 2} - {first, second}
    world.hear(facts[third])
    with ThreadPoolExecutor(1) as pool:
        with world.hearing_open(facts[first]):
            late = pool.submit(world.hear, facts[second])
            wait([late], timeout=0.5)
        late.result()
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "debit"]


def test_a_child_without_certificate_keeps_no_other_child_s_facts_waiting(world: World) -> None:
    world.open_programme()
    group = Group()
    without, offer = offered(world, group)
    enrolled = world.enrolled(without, group, offer["offer_id"])
    world.hear(enrolled)
    other, _ = offered(world, group)
    with world.hearing_open(world.issued(other)):
        world.hear(world.marked(group, MONDAY, {enrolled.subject: "present"}))
    world.hear(world.issued(without))
    assert len(world.events(DEBIT_POSTED)) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_facts_that_meet_at_the_same_instant_do_not_miss_each_other(world: World, attempt: int) -> None:
    world.open_programme()
    child, offer = offered(world, group := Group())
    enrolled = world.enrolled(child, group, offer["offer_id"])
    pages = [world.marked(group, MONDAY + week * WEEK, {enrolled.subject: "present"}) for week in range(2)]
    at_once(*hearing(world, [world.issued(child), enrolled, *pages]))
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "debit", "debit"]
    assert len(world.events(CONTRACT_ACTIVATED)) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_one_child_in_two_groups_at_once_is_credited_once(world: World, attempt: int) -> None:
    world.open_programme()
    child = Child()
    world.hear(world.registered(child), world.issued(child))
    groups = [Group(price=100000, normative=100000) for _ in range(4)]
    events = [world.enrolled(child, group, world.offer(child, group)["offer_id"]) for group in groups]
    at_once(*hearing(world, events))
    assert len(world.events(CERTIFICATE_CREDITED)) == 1
    assert {world.contract(event.subject).state for event in events} == {"active"}
    assert world.pocket(child) == (1000000 - 4 * 89514, 4 * 89514)


def test_many_enrolments_on_one_balance_at_once_never_overdraw_it(world: World) -> None:
    world.open_programme()
    child = Child()
    world.hear(world.registered(child), world.issued(child))
    groups = [Group(price=500000, normative=500000) for _ in range(8)]
    events = [world.enrolled(child, group, world.offer(child, group)["offer_id"]) for group in groups]
    at_once(*hearing(world, events))
    states = sorted(world.contract(event.subject).state for event in events)
    assert states == ["active"] * 2 + ["awaiting_acceptance"] * 6
    assert world.pocket(child) == (1000000 - 2 * 447566, 2 * 447566)


def test_pages_of_one_class_at_once_in_opposite_orders_do_not_lock_each_other_out(world: World) -> None:
    world.open_programme()
    group = Group()
    pupils = [world.enrol(group) for _ in range(6)]
    lines = [(enrollment_id, "present") for _, _, enrollment_id in pupils]
    pages = [
        world.marked(group, MONDAY + week * WEEK, lines if week % 2 else list(reversed(lines))) for week in range(6)
    ]
    corrections = [world.marked(group, MONDAY, lines[:3], 2), world.marked(group, MONDAY, lines[3:], 3)]
    at_once(*hearing(world, [*pages, *corrections]))
    assert len(world.events(DEBIT_POSTED)) == 36
    assert {world.account(child)["spent"]["value"] for child, _, _ in pupils} == {"1227.60"}


def test_money_is_conserved_in_every_snapshot_while_facts_rush_in(world: World) -> None:
    world.open_programme(budget=3_000_000)
    group = Group()
    class_of = [offered(world, group) for _ in range(6)]
    events = []
    for child, offer in class_of:
        enrolled = world.enrolled(child, group, offer["offer_id"])
        pages = [world.marked(group, MONDAY + week * WEEK, {enrolled.subject: "present"}) for week in range(2)]
        events.append([world.issued(child), enrolled, *pages])
    done: list[bool] = []
    snapshots: list[tuple[int, list[str]]] = []

    def probe() -> None:
        query = text("SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE region_code = :region_code")
        while len(done) < len(events):
            with world.transactions.reading() as session:
                total = int(session.scalar(query, {"region_code": world.region_code}) or 0)
                snapshots.append((total, ledger.differences(session, world.region_code)))

    def family(facts: list[Received]) -> None:
        try:
            world.hear(*facts)
        finally:
            done.append(True)

    at_once(probe, *(lambda facts=facts: family(facts) for facts in events))
    assert snapshots
    assert set(map(str, snapshots)) == {"(0, [])"}
    budget = world.budget()
    assert (budget["certificates_funded"], budget["certificates_queued"]) == (3, 3)
