"""Withdrawals, completions, cancelled and moved lessons, journals that nobody filled, periods that end."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from billing.commands import ledger
from billing.models import ContractLesson
from contracts.billing import CONTRACT_ACTIVATED, CONTRACT_CLOSED, DEBIT_POSTED, DEBIT_REVERSED

from .changes import deadlines, ended, leftovers, lesson_cancelled, lesson_moved, view
from .world import Child, Group, World

Clock = Callable[[datetime], None]
MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)
SHARE, LESSONS = 716105, 35


def part(first: int, last: int | None = None) -> int:
    """What the lessons from the first to the last of them cost together."""
    return SHARE * (last or first) // LESSONS - SHARE * (first - 1) // LESSONS


def sums(world: World, child: Child) -> tuple[int, int, int]:
    """(available, held, spent) of the child's pocket; the guarded balances are those of the postings."""
    with world.transactions.reading() as session:
        assert ledger.differences(session, world.region_code) == []
    spent = int(world.account(child)["spent"]["value"].replace(".", ""))
    return (*world.pocket(child), spent)


def lesson_row(world: World, enrollment_id: str, k: int) -> ContractLesson:
    contract_id = world.contract(enrollment_id).contract_id
    with world.transactions.reading() as session:
        query = select(ContractLesson).filter_by(region_code=world.region_code, contract_id=contract_id, k=k)
        row = session.scalars(query).one()
        session.expunge(row)
        return row


def test_a_withdrawal_returns_all_but_what_unmarked_lessons_up_to_it_may_cost(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    world.hear(ended(world, child, group, enrollment_id, MONDAY + WEEK))
    assert sums(world, child) == (1000000 - part(1, 2), part(2), part(1))
    assert world.contract(enrollment_id).state == "active"
    world.hear(world.marked(group, MONDAY + WEEK, {enrollment_id: "absent"}))
    assert sums(world, child) == (1000000 - part(1, 2), 0, part(1, 2))
    made = world.contract(enrollment_id)
    assert (made.state, made.reason, made.review_on) == ("closed", "withdrawn", None)
    (closed,) = world.events(CONTRACT_CLOSED)
    assert (closed.subject, closed.data["reason"], closed.version) == (made.contract_id, "withdrawn", 2)
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "debit", "release", "debit"]


def test_a_withdrawal_with_nothing_left_to_mark_closes_the_contract_at_once(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}))
    assert sums(world, child) == (1000000 - SHARE, SHARE, 0)
    world.hear(ended(world, child, group, enrollment_id))
    assert sums(world, child) == (1000000, 0, 0)
    assert view(world, child, enrollment_id)["state"] == "closed"


def test_a_mark_that_is_corrected_after_the_release_holds_what_it_needs_again(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}), ended(world, child, group, enrollment_id))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}, 2))
    assert sums(world, child) == (1000000 - part(1), 0, part(1))
    assert world.contract(enrollment_id).state == "closed"
    world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}, 3))
    assert sums(world, child) == (1000000, 0, 0)
    assert len(world.events(CONTRACT_CLOSED)) == 1


def test_what_went_to_another_group_meanwhile_leaves_a_late_mark_uncovered_and_shown(world: World) -> None:
    world.open_programme(nominal=SHARE)
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}), ended(world, child, group, enrollment_id))
    _, _, second = world.enrol(Group(), child)
    assert sums(world, child) == (0, SHARE, 0)
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}, 2))
    assert sums(world, child) == (0, SHARE, 0)
    shown = view(world, child, enrollment_id)
    assert (shown["charged"]["value"], shown["uncovered"]["value"]) == ("0.00", "204.60")
    assert world.contract(second).state == "active"
    assert world.events(DEBIT_POSTED) == []


def test_a_late_mark_is_covered_by_what_another_lesson_was_to_release_at_the_same_time(
    world: World, clock_at: Clock
) -> None:
    world.open_programme(nominal=SHARE)
    child, group, enrollment_id = world.enrol()
    clock_at(datetime(2026, 10, 19, 16, 0, tzinfo=UTC))
    deadlines(world)
    _, _, second = world.enrol(Group(), child)
    assert (world.contract(second).state, sums(world, child)) == ("active", (0, SHARE, 0))
    clock_at(datetime(2026, 10, 26, 16, 0, tzinfo=UTC))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    assert view(world, child, enrollment_id)["uncovered"]["value"] == "0.00"
    assert sums(world, child)[2] == part(1)


def test_marks_after_the_last_day_count_nothing(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(ended(world, child, group, enrollment_id, MONDAY))
    world.hear(world.marked(group, MONDAY + WEEK, {enrollment_id: "present"}))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    assert sums(world, child) == (1000000 - part(1), 0, part(1))


def test_an_unfilled_lesson_up_to_the_withdrawal_ends_when_its_journal_closes(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(ended(world, child, group, enrollment_id, MONDAY))
    clock_at(datetime(2026, 10, 19, 15, 59, tzinfo=UTC))
    deadlines(world)
    assert sums(world, child) == (1000000 - part(1), part(1), 0)
    clock_at(datetime(2026, 10, 19, 16, 0, tzinfo=UTC))
    deadlines(world)
    assert sums(world, child) == (1000000, 0, 0)
    assert lesson_row(world, enrollment_id, 1).outcome == "not_filled"
    assert world.contract(enrollment_id).state == "closed"


def test_unfilled_lessons_of_a_running_contract_are_released_one_by_one(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY + WEEK, {enrollment_id: "ill"}))
    clock_at(datetime(2026, 11, 2, 16, 0, tzinfo=UTC))
    deadlines(world)
    assert sums(world, child) == (1000000 - SHARE + part(1) + part(3), SHARE - part(1) - part(3), 0)
    made = world.contract(enrollment_id)
    assert (made.state, made.review_on) == ("active", date(2026, 11, 10))
    latest = world.operations(child)["items"][0]
    assert (latest["kind"], latest["cause"]) == ("release", "lesson_not_filled")
    assert "отметку не поставили в срок" in latest["explanation"]


def test_a_completed_group_closes_when_its_last_page_is_filled(world: World, clock_at: Clock) -> None:
    world.open_programme()
    group = Group(ends_on=date(2026, 10, 12))
    child, group, enrollment_id = world.enrol(group)
    clock_at(datetime(2026, 10, 13, 2, tzinfo=UTC))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    world.hear(ended(world, child, group, enrollment_id, date(2026, 10, 12), completed=True))
    assert world.contract(enrollment_id).state == "active"
    world.hear(world.marked(group, MONDAY + WEEK, {enrollment_id: "present"}))
    assert (world.contract(enrollment_id).state, world.contract(enrollment_id).reason) == ("closed", "completed")
    assert world.pocket(child)[1] == 0


@pytest.mark.parametrize("budget", [0, 100_000_000])
def test_a_withdrawal_before_the_activation_posts_nothing_and_leaves_the_nominal(world: World, budget: int) -> None:
    world.open_programme(budget=budget)
    child, group = Child(), Group()
    world.hear(world.registered(child))
    offer = world.offer(child, group)
    enrolled = world.enrolled(child, group, offer["offer_id"], terms_version=2)
    world.hear(enrolled, world.issued(child))
    waits = "awaiting_acceptance" if budget else "awaiting_funds"
    assert world.contract(enrolled.subject).state == waits
    world.hear(ended(world, child, group, enrolled.subject))
    made = world.contract(enrolled.subject)
    assert (made.state, made.reason, made.effective_from) == ("closed", "withdrawn", None)
    assert len(world.events(CONTRACT_CLOSED)) == 1
    account = world.account(child)
    assert (account["balance"]["value"], account["held"]["value"]) == ("10000.00" if budget else "0.00", "0.00")


def test_money_that_a_withdrawal_frees_opens_the_contract_that_waited_for_it(world: World) -> None:
    world.open_programme()
    child, group, first = world.enrol()
    rival = Group(normative=900000)
    cheap = world.offer(child, rival, price={"value": "100.00", "unit": "RUB"})
    event = world.enrolled(child, rival, cheap["offer_id"])
    world.hear(event)
    assert world.contract(event.subject).reason == "parent_share_grew"
    world.hear(ended(world, child, group, first, MONDAY - WEEK))
    assert world.contract(first).state == "closed"
    assert world.contract(event.subject).state == "active"
    assert world.pocket(child)[1] == world.contract(event.subject).certificate_share_minor


def test_what_an_ended_contract_lets_go_when_it_opens_opens_the_next_one(world: World) -> None:
    world.open_programme(budget=0)
    child, group, first = world.enrol()
    rival = Group(normative=900000)
    cheap = world.offer(child, rival, price={"value": "100.00", "unit": "RUB"})
    event = world.enrolled(child, rival, cheap["offer_id"], enrolled_at=datetime(2026, 10, 5, 3, tzinfo=UTC))
    world.hear(event, ended(world, child, group, first, MONDAY + WEEK))
    world.allocate(1_000_000)
    assert [world.contract(each).state for each in (first, event.subject)] == ["active", "active"]
    second = world.contract(event.subject).certificate_share_minor
    assert sums(world, child) == (1000000 - part(1, 2) - second, part(1, 2) + second, 0)


def test_a_cancelled_lesson_gives_its_part_back_at_once_and_takes_no_mark(world: World) -> None:
    world.open_programme()
    group = Group()
    pupils = [world.enrol(group) for _ in range(2)]
    (child, _, enrollment_id), (other, _, _) = pupils
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    world.hear(lesson_cancelled(world, group, MONDAY))
    for each in (child, other):
        assert sums(world, each) == (1000000 - SHARE + part(1), SHARE - part(1), 0)
    assert [each.data["mark"] for each in world.events(DEBIT_REVERSED)] == ["present"]
    world.hear(world.marked(group, MONDAY, {enrollment_id: "absent"}, 2), lesson_cancelled(world, group, MONDAY))
    assert sums(world, child) == (1000000 - SHARE + part(1), SHARE - part(1), 0)
    assert lesson_row(world, enrollment_id, 1).outcome == "cancelled"


def test_a_lesson_cancelled_before_the_contract_opens_ends_the_same(world: World) -> None:
    world.open_programme(budget=0)
    child, group, enrollment_id = world.enrol()
    world.hear(lesson_cancelled(world, group, MONDAY + WEEK))
    world.allocate(1_000_000)
    assert world.contract(enrollment_id).lesson_count == LESSONS
    assert sums(world, child) == (1000000 - SHARE + part(2), SHARE - part(2), 0)


def test_a_moved_lesson_is_the_same_lesson_on_another_day(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(lesson_moved(world, group, MONDAY, MONDAY + timedelta(days=3)))
    clock_at(datetime(2026, 10, 22, 15, 59, tzinfo=UTC))
    deadlines(world)
    assert lesson_row(world, enrollment_id, 1).outcome is None
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    assert sums(world, child)[2] == part(1)
    (debit,) = world.events(DEBIT_POSTED)
    assert debit.data["lesson_on"] == "2026-10-08"


@pytest.mark.parametrize("moved_first", [True, False])
def test_a_lesson_moved_to_a_day_before_the_withdrawal_may_still_cost_its_part(world: World, moved_first: bool) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    facts = [
        lesson_moved(world, group, MONDAY + 2 * WEEK, MONDAY + timedelta(days=2)),
        ended(world, child, group, enrollment_id, MONDAY + WEEK),
    ]
    world.hear(*(facts if moved_first else reversed(facts)))
    assert sums(world, child) == (1000000 - part(1, 3), part(1, 3), 0)
    again = [] if moved_first else ["hold"]
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "release", *again]


@pytest.mark.parametrize("moved_first", [True, False])
def test_a_lesson_moved_past_the_withdrawal_costs_nothing(world: World, moved_first: bool) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    facts = [
        lesson_moved(world, group, MONDAY + WEEK, MONDAY + 2 * WEEK + timedelta(days=1)),
        ended(world, child, group, enrollment_id, MONDAY + 2 * WEEK),
    ]
    world.hear(*(facts if moved_first else reversed(facts)))
    assert sums(world, child) == (1000000 - part(1) - part(3), part(1) + part(3), 0)


def test_a_cancelled_lesson_stays_cancelled_whichever_change_is_heard_last(world: World) -> None:
    world.open_programme()
    child, group, _ = world.enrol()
    world.hear(lesson_cancelled(world, group, MONDAY, 2), lesson_moved(world, group, MONDAY, MONDAY + WEEK, 1))
    assert sums(world, child) == (1000000 - SHARE + part(1), SHARE - part(1), 0)


def test_a_period_ends_its_contracts_the_day_after_its_last(world: World, clock_at: Clock) -> None:
    world.open_programme()
    group = Group(ends_on=date(2028, 5, 29), lesson_ids=tuple(Group().lesson_ids) + tuple(Group().lesson_ids))
    child, group, enrollment_id = world.enrol(group)
    clock_at(datetime(2027, 8, 31, 15, 59, tzinfo=UTC))
    deadlines(world)
    made = world.contract(enrollment_id)
    assert (made.state, made.review_on) == ("active", date(2027, 9, 1))
    assert world.pocket(child)[1] > 0
    world.hear(world.marked(group, date(2027, 8, 30), {enrollment_id: "present"}))
    clock_at(datetime(2027, 8, 31, 16, 0, tzinfo=UTC))
    deadlines(world)
    assert world.contract(enrollment_id).state == "active"
    clock_at(datetime(2027, 9, 20, 2, tzinfo=UTC))
    deadlines(world)
    made = world.contract(enrollment_id)
    assert (made.state, made.reason) == ("closed", "period_ended")
    assert world.pocket(child)[1] == 0


def test_late_marks_into_a_closed_period_are_uncovered_and_corrections_leave_at_once(
    world: World, clock_at: Clock
) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    clock_at(datetime(2027, 9, 30, 15, 59, tzinfo=UTC))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    clock_at(datetime(2027, 9, 30, 16, 0, tzinfo=UTC))
    world.hear(world.marked(group, MONDAY + WEEK, {enrollment_id: "present"}))
    shown = view(world, child, enrollment_id)
    assert (shown["charged"]["value"], shown["uncovered"]["value"]) == ("204.60", "204.60")
    leftovers(world)
    before = world.budget()["available"]["value"]
    world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}, 2))
    leftovers(world)
    assert world.pocket(child) == (0, 0)
    after = world.budget()["available"]["value"]
    assert round(float(after) - float(before), 2) == 204.60
    kinds = [(kind, amount) for kind, _, amount in world.kinds(child)]
    assert kinds[-3:] == [("reversal", "204.60"), ("release", "204.60"), ("returned", "204.60")]
    shown = view(world, child, enrollment_id)
    assert (shown["charged"]["value"], shown["uncovered"]["value"]) == ("0.00", "204.60")


def test_nothing_is_told_twice(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    left = ended(world, child, group, enrollment_id, MONDAY - WEEK)
    world.hear(left, left, ended(world, child, group, enrollment_id, MONDAY - WEEK, version=3))
    assert len(world.events(CONTRACT_CLOSED)) == len(world.events(CONTRACT_ACTIVATED)) == 1
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "release"]
