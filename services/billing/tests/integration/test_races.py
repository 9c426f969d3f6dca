"""A withdrawal that meets a debit, an activation or another withdrawal; offers accepted at once on one balance.

Each pair is tried in both orders, with one waiting for the other, and truly at once.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.commands import ledger
from billing.domain.policy import MARKS
from billing.domain.split import lesson_part
from chassis.errors import Conflict
from chassis.outbox import Received
from contracts.billing import CONTRACT_ACTIVATED, CONTRACT_CLOSED, CONTRACT_REFUSED, DEBIT_POSTED

from .changes import accept, certificate_is, ended, lesson_cancelled, refuse
from .test_convergence import MUNICIPALITIES, at_once, hearing
from .test_ends import SHARE, part, sums
from .world import POLICY, Child, Group, World, rub

MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)
Facts = list[Received]


def state(world: World, child: Child, enrollment_id: str) -> dict[str, Any]:
    made = world.contract(enrollment_id)
    return {"state": made.state, "reason": made.reason, "sums": sums(world, child)}


def meeting(world: World, first: Received, second: Received, *, how: str) -> None:
    """Let two facts be heard: one after the other, the second while the first is open, or both at once."""
    if how == "at once":
        at_once(*hearing(world, [first, second]))
    elif how == "while open":
        with ThreadPoolExecutor(1) as pool:
            with world.hearing_open(first):
                late = pool.submit(world.hear, second)
                wait([late], timeout=0.3)
            late.result()
    else:
        world.hear(first, second)


HOW = ["in turn", "while open", "at once"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("what", ["debit", "correction", "withdrawal", "cancellation", "freezing"])
def test_a_withdrawal_that_meets_another_fact_ends_the_same_in_both_orders(
    world: World, what: str, swapped: bool, how: str
) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    left = ended(world, child, group, enrollment_id, MONDAY + WEEK)
    other = {
        "debit": world.marked(group, MONDAY + WEEK, {enrollment_id: "present"}),
        "correction": world.marked(group, MONDAY, {enrollment_id: "ill"}, 2),
        "withdrawal": ended(world, child, group, enrollment_id, MONDAY, version=3),
        "cancellation": lesson_cancelled(world, group, MONDAY + WEEK),
        "freezing": certificate_is(world, child, "frozen"),
    }[what]
    pair = (other, left) if swapped else (left, other)
    meeting(world, *pair, how=how)
    expected = {
        "debit": ("closed", (1000000 - part(1, 2), 0, part(1, 2))),
        "correction": ("active", (1000000 - part(2), part(2), 0)),
        "withdrawal": ("closed", (1000000 - part(1), 0, part(1))),
        "cancellation": ("closed", (1000000 - part(1), 0, part(1))),
        "freezing": ("active", (1000000 - part(1, 2), part(2), part(1))),
    }[what]
    reached = state(world, child, enrollment_id)
    assert (reached["state"], reached["sums"]) == expected
    assert len(world.events(CONTRACT_CLOSED)) == (reached["state"] == "closed")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_withdrawal_that_meets_the_activation_ends_with_the_same_money(world: World, swapped: bool, how: str) -> None:
    """Another enrolment has brought the nominal already, so that only the contract is open."""
    world.open_programme()
    child, _, _ = world.enrol(Group(price=0, normative=0))
    assert world.pocket(child) == (1000000, 0)
    group = Group()
    enrolled = world.enrolled(child, group, world.offer(child, group)["offer_id"])
    left = ended(world, child, group, enrolled.subject, MONDAY + WEEK)
    meeting(world, *((enrolled, left) if swapped else (left, enrolled)), how=how)
    assert state(world, child, enrolled.subject) == {
        "state": "active",
        "reason": None,
        "sums": (1000000 - part(1, 2), part(1, 2), 0),
    }
    world.hear(*(world.marked(group, MONDAY + week * WEEK, {enrolled.subject: "present"}) for week in range(4)))
    assert state(world, child, enrolled.subject) == {
        "state": "closed",
        "reason": "withdrawn",
        "sums": (1000000 - part(1, 2), 0, part(1, 2)),
    }
    assert len(world.events(CONTRACT_ACTIVATED)) == 2


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_withdrawal_that_meets_the_certificate_is_not_missed(world: World, swapped: bool, how: str) -> None:
    world.open_programme()
    child, group = Child(), Group()
    world.hear(world.registered(child))
    enrolled = world.enrolled(child, group, world.offer(child, group)["offer_id"])
    world.hear(enrolled)
    pair = [world.issued(child), ended(world, child, group, enrolled.subject, MONDAY + WEEK)]
    meeting(world, *(reversed(pair) if swapped else pair), how=how)
    assert sums(world, child) == (1000000 - part(1, 2), part(1, 2), 0)


def test_every_order_of_an_enrolment_s_whole_life_gives_the_same_sums(world: World) -> None:
    world.open_programme()
    seen = []
    for order in list(permutations(range(4)))[::3]:
        child, group = Child(), Group()
        world.hear(world.registered(child))
        free = Group(price=0, normative=0)
        world.hear(world.enrolled(child, free, world.offer(child, free)["offer_id"]), world.issued(child))
        enrolled = world.enrolled(child, group, world.offer(child, group)["offer_id"])
        facts = [
            enrolled,
            ended(world, child, group, enrolled.subject, MONDAY + 2 * WEEK),
            world.marked(group, MONDAY, {enrolled.subject: "present"}),
            lesson_cancelled(world, group, MONDAY + WEEK),
        ]
        world.hear(*(facts[number] for number in order))
        world.hear(world.marked(group, MONDAY + 2 * WEEK, {enrolled.subject: "ill"}))
        seen.append(state(world, child, enrolled.subject))
    assert len(seen) == 8
    assert all(
        each == {"state": "closed", "reason": "withdrawn", "sums": (1000000 - part(1), 0, part(1))} for each in seen
    )


def twice_waiting(world: World) -> tuple[Child, list[tuple[str, str]]]:
    """A child with two enrolments that wait for acceptances, and fresh offers for both, each for the whole balance."""
    child = Child()
    world.hear(world.registered(child), world.issued(child))
    waiting = []
    for _ in range(2):
        group = Group(price=750000, normative=750000)
        enrolled = world.enrolled(child, group, world.offer(child, group)["offer_id"], terms_version=2)
        world.hear(enrolled)
        waiting.append((enrolled.subject, group))
    return child, [(enrollment_id, world.offer(child, group)["offer_id"]) for enrollment_id, group in waiting]


@pytest.mark.parametrize("attempt", range(3))
def test_two_offers_accepted_at_once_on_one_balance_hold_it_once(world: World, attempt: int) -> None:
    """Enough for one and a half: one is covered, the other asks again, and the pocket never falls below 0."""
    world.open_programme()
    child, both = twice_waiting(world)
    at_once(*(lambda each=each: accept(world, child, *each) for each in both))
    states = sorted((world.contract(each).state, world.contract(each).reason) for each, _ in both)
    assert states == [("active", None), ("awaiting_acceptance", "parent_share_grew")]
    available, held, spent = sums(world, child)
    assert (available + held, spent) == (1000000, 0)
    assert held == 671349


@pytest.mark.parametrize("attempt", range(2))
def test_two_offers_enrolled_at_once_on_one_balance_hold_it_once(world: World, attempt: int) -> None:
    world.open_programme()
    child = Child()
    world.hear(world.registered(child), world.issued(child))
    groups = [Group(price=750000, normative=750000) for _ in range(2)]
    events = [world.enrolled(child, group, world.offer(child, group)["offer_id"]) for group in groups]
    at_once(*hearing(world, events))
    assert sorted(world.contract(each.subject).state for each in events) == ["active", "awaiting_acceptance"]
    assert sums(world, child) == (1000000 - 671349, 671349, 0)


@pytest.mark.parametrize("attempt", range(3))
def test_an_acceptance_and_a_refusal_at_once_have_one_outcome(world: World, attempt: int) -> None:
    world.open_programme()
    child, ((enrollment_id, offer_id), _) = twice_waiting(world)
    refused: list[Conflict] = []

    def tried(work: Callable[[], Any]) -> None:
        try:
            work()
        except Conflict as conflict:
            refused.append(conflict)

    at_once(
        lambda: tried(lambda: accept(world, child, enrollment_id, offer_id)),
        lambda: tried(lambda: refuse(world, child, enrollment_id)),
    )
    assert [each.code for each in refused] == ["contract_not_waiting"]
    active = world.contract(enrollment_id).state == "active"
    assert len(world.events(CONTRACT_REFUSED)) == (not active)
    assert sums(world, child)[1] == (671349 if active else 0)


KINDS = ("issued", "enrolled", "ended", "cancelled", "frozen", "thawed")


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[tuple[int, str, int]], list[int], int]:
    """Marks (week, mark, page version), the order of all facts with some told twice, and the last week."""
    marks = draw(
        st.lists(
            st.tuples(st.integers(0, 4), st.sampled_from(MARKS), st.integers(1, 3)),
            unique_by=lambda line: (line[0], line[2]),
            max_size=6,
        )
    )
    count = len(KINDS) + len(marks)
    order = [*draw(st.permutations(range(count))), *draw(st.lists(st.integers(0, count - 1), max_size=4))]
    return marks, order, draw(st.integers(0, 4))


@given(life=lives())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_facts_in_random_order_and_repeated_end_as_a_small_model_says(
    world: World, life: tuple[list[tuple[int, str, int]], list[int], int]
) -> None:
    """The model: of each lesson up to the last week, its newest mark charges its part; the cancelled one never."""
    marks, order, last = life
    place = World(world.transactions, world.region_code, f"{next(MUNICIPALITIES):08d}", world.period_id)
    place.open_programme()
    child, group, free = Child(), Group(), Group(price=0, normative=0)
    place.hear(place.registered(child))
    kept = place.enrolled(child, free, place.offer(child, free)["offer_id"])
    enrolled = place.enrolled(child, group, place.offer(child, group)["offer_id"])
    facts = [
        place.issued(child),
        enrolled,
        ended(place, child, group, enrolled.subject, MONDAY + last * WEEK),
        lesson_cancelled(place, group, MONDAY + WEEK),
        certificate_is(place, child, "frozen", version=2),
        certificate_is(place, child, "valid", version=3),
        *(
            place.marked(group, MONDAY + week * WEEK, {enrolled.subject: mark}, version)
            for week, mark, version in marks
        ),
    ]
    place.hear(kept, *(facts[number] for number in order))
    newest = {week: mark for week, mark, _ in sorted(marks, key=lambda line: line[2])}
    parts = {week: lesson_part(SHARE, week + 1, 35) for week in range(last + 1) if week != 1}
    due = sum(POLICY.charge(amount, newest[week]) for week, amount in parts.items() if week in newest)
    waiting = sum(amount for week, amount in parts.items() if week not in newest)
    assert sums(place, child) == (1000000 - due - waiting, waiting, due)
    assert place.contract(enrolled.subject).state == ("active" if waiting else "closed")
    with world.transactions.reading() as session:
        assert ledger.differences(session, world.region_code) == []


def test_a_new_price_and_a_withdrawal_in_both_orders_charge_nothing(world: World) -> None:
    world.open_programme()
    for swapped in (False, True):
        child, group = Child(), Group()
        world.hear(world.registered(child), world.issued(child))
        offer = world.offer(child, group, price=rub(100000))
        enrolled = world.enrolled(child, group, offer["offer_id"], terms_version=2)
        pair = [enrolled, ended(world, child, group, enrolled.subject)]
        world.hear(*(reversed(pair) if swapped else pair))
        assert world.contract(enrolled.subject).state == "closed"
        if world.account(child)["state"] == "funded":
            assert sums(world, child) == (1000000, 0, 0)
    assert world.events(DEBIT_POSTED) == []
