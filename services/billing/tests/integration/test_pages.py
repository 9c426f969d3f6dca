"""Lesson pages that are settled together: as if each had come alone, in fewer statements."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import text

from billing.verification import verify
from chassis import clock
from chassis.batches import Alone
from chassis.context import Context
from contracts.billing import CONTRACT_ACTIVATED, CONTRACT_CLOSED, DEBIT_POSTED, DEBIT_REVERSED

from .changes import ended
from .world import Child, Group, World, new_id

Clock = Callable[[datetime], None]
MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)
MARKS = ("present", "absent", "ill")
Classes = list[tuple[Group, list[str]]]


def classes(world: World, groups: int, pupils: int) -> Classes:
    """Groups with their enrolments."""
    opened = [Group() for _ in range(groups)]
    return [(group, [world.enrol(group)[2] for _ in range(pupils)]) for group in opened]


def statements(world: World, work: Callable[[], Any]) -> int:
    """How many the work takes."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    hooks.listen(world.transactions.engine, "before_cursor_execute", note)
    work()
    hooks.remove(world.transactions.engine, "before_cursor_execute", note)
    return len(seen)


def spent(world: World) -> dict[str, int]:
    """What every contract of the region has spent."""
    query = text(
        "SELECT c.enrollment_id AS id, coalesce(sum(h.amount_minor) FILTER (WHERE h.reversal_id IS NULL), 0) AS spent"
        " FROM contract c LEFT JOIN charge h USING (region_code, contract_id) WHERE c.region_code = :region_code"
        " GROUP BY 1"
    )
    with world.transactions.reading() as session:
        return {str(row.id): int(row.spent) for row in session.execute(query, {"region_code": world.region_code})}


def test_many_pages_of_many_groups_take_as_many_statements_as_one(world: World) -> None:
    world.open_programme()
    rooms = classes(world, 4, 3)
    first = [world.marked(group, MONDAY, dict.fromkeys(pupils, "present")) for group, pupils in rooms]
    rest = [
        world.marked(group, MONDAY + week * WEEK, dict.fromkeys(pupils, "present"))
        for group, pupils in rooms
        for week in (1, 2, 3)
    ]
    assert statements(world, lambda: world.hear_together(*first[:1])) == statements(
        world, lambda: world.hear_together(*first[1:], *rest)
    )
    assert len(world.events(DEBIT_POSTED)) == 4 * 3 * 4
    assert set(spent(world).values()) == {4 * 20460}
    with world.transactions.reading() as session:
        assert list(verify(session)) == []


def test_each_debit_tells_the_cause_of_its_own_page(world: World) -> None:
    world.open_programme()
    rooms = classes(world, 3, 2)
    pages = [
        replace(
            world.marked(group, MONDAY + number * WEEK, dict.fromkeys(pupils, "present")),
            context=Context(correlation_id=f"page {number}", traceparent=f"00-{number:032}-00000000000000aa-01"),
        )
        for number, (group, pupils) in enumerate(rooms)
    ]
    world.hear_together(*pages)
    query = text(
        "SELECT data ->> 'lesson_id' AS lesson, correlation_id, traceparent FROM outbox WHERE type = :type"
        " AND region_code = :region"
    )
    with world.transactions.reading() as session:
        told = list(session.execute(query, {"type": DEBIT_POSTED.type, "region": world.region_code}))
    assert len(told) == 6
    causes = {each.subject: (each.context.correlation_id, each.context.traceparent) for each in pages}
    assert {row.lesson: (row.correlation_id, row.traceparent) for row in told} == causes


def test_what_is_left_follows_the_debits_of_one_certificate_through_all_pages(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    _, other, second = world.enrol(Group(price=100000, normative=100000), child)
    first = [world.marked(group, MONDAY + number * WEEK, {enrollment_id: "present"}) for number in range(3)]
    world.hear_together(*first, world.marked(other, MONDAY, {second: "present"}))
    told = [each.data for each in world.events(DEBIT_POSTED)]
    held = [int(each["held_after"]["value"].replace(".", "")) for each in told]
    amounts = [int(each["amount"]["value"].replace(".", "")) for each in told]
    assert len(told) == 4
    assert held[0] + amounts[0] == 716105 + 89514
    assert all(before - amount == after for (before, after), amount in zip(pairwise(held), amounts[1:], strict=True))
    assert (held[-1], int(told[-1]["balance_after"]["value"].replace(".", ""))) == world.pocket(child)[::-1]


def test_the_last_page_that_an_ended_contract_waited_for_closes_it_among_others(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, leaver = world.enrol()
    _, _, stays = world.enrol(group)
    _, other, third = world.enrol()
    world.hear(ended(world, child, group, leaver, MONDAY + WEEK))
    clock_at(datetime(2026, 10, 14, 2, tzinfo=UTC))
    world.hear_together(
        world.marked(group, MONDAY, {leaver: "present", stays: "present"}),
        world.marked(group, MONDAY + WEEK, {leaver: "absent", stays: "ill"}),
        world.marked(other, MONDAY, {third: "present"}),
    )
    assert world.contract(leaver).state == "closed"
    assert [each.data["enrollment_id"] for each in world.events(CONTRACT_CLOSED)] == [leaver]
    assert [spent(world)[each] for each in (leaver, stays, third)] == [2 * 20460, 20460, 20460]


def test_an_ended_contract_waits_for_the_page_that_is_not_there_yet(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, leaver = world.enrol()
    _, other, third = world.enrol()
    world.hear(ended(world, child, group, leaver, MONDAY + WEEK))
    clock_at(datetime(2026, 10, 14, 2, tzinfo=UTC))
    world.hear_together(
        world.marked(group, MONDAY + WEEK, {leaver: "present"}), world.marked(other, MONDAY, {third: "present"})
    )
    assert world.contract(leaver).state == "active"
    assert spent(world)[leaver] == 20460


def test_corrections_of_other_lessons_are_settled_together_with_new_pages(world: World) -> None:
    world.open_programme()
    ((group, pupils),) = classes(world, 1, 3)
    world.hear(*(world.marked(group, MONDAY + n * WEEK, dict.fromkeys(pupils, "present")) for n in range(2)))
    world.hear_together(
        world.marked(group, MONDAY, dict.fromkeys(pupils, "ill"), 2),
        world.marked(group, MONDAY + WEEK, {pupils[0]: "absent"}, 2),
        world.marked(group, MONDAY + 2 * WEEK, dict.fromkeys(pupils, "present")),
    )
    assert [spent(world)[each] for each in pupils] == [2 * 20460] * 3
    assert len(world.events(DEBIT_REVERSED)) == 4


def test_a_page_with_strangers_is_kept_alone_since_it_keeps_all_facts_out(world: World) -> None:
    world.open_programme()
    ((group, pupils),) = classes(world, 1, 2)
    first = world.marked(group, MONDAY, {pupils[0]: "present", new_id(): "present"})
    second = world.marked(group, MONDAY + WEEK, {pupils[1]: "present"})
    with pytest.raises(Alone):
        world.hear_together(first, second)
    assert set(spent(world).values()) == {0}
    world.hear_together(first)
    world.hear_together(second)
    assert [spent(world)[each] for each in pupils] == [20460, 20460]


def test_of_a_child_that_a_page_names_twice_the_last_mark_counts(world: World) -> None:
    world.open_programme()
    _, group, enrollment_id = world.enrol()
    page = world.marked(group, MONDAY, {enrollment_id: "present"})
    page.data["marks"].append({"enrollment_id": enrollment_id, "mark": "ill"})
    world.hear_together(page, world.marked(group, MONDAY + WEEK, {enrollment_id: "present"}))
    assert spent(world)[enrollment_id] == 20460


def test_what_a_page_closes_and_opens_elsewhere_tells_that_page_as_its_cause(world: World, clock_at: Clock) -> None:
    world.open_programme(nominal=716105 + 30000)
    child, group, second = Child(), Group(), Group(price=800000)
    world.hear(world.registered(child))
    offers = [world.offer(child, each)["offer_id"] for each in (group, second)]
    enrolments = [
        world.enrolled(child, each, offer, enrolled_at=clock.now() + timedelta(seconds=number))
        for number, (each, offer) in enumerate(zip((group, second), offers, strict=True))
    ]
    world.hear(*enrolments, world.issued(child))
    leaver, poor = (each.subject for each in enrolments)
    _, other, third = world.enrol()
    assert world.contract(poor).state == "awaiting_acceptance"
    world.hear(ended(world, child, group, leaver, MONDAY + WEEK))
    clock_at(datetime(2026, 10, 14, 2, tzinfo=UTC))
    pages = [
        world.marked(other, MONDAY, {third: "present"}),
        world.marked(group, MONDAY, {leaver: "present"}),
        world.marked(group, MONDAY + WEEK, {leaver: "ill"}),
    ]
    world.hear_together(*(replace(p, context=Context(correlation_id=f"page {n}")) for n, p in enumerate(pages)))
    query = text("SELECT type, correlation_id AS cause FROM outbox WHERE subject = ANY(CAST(:ids AS text[]))")
    with world.transactions.reading() as session:
        ids = [str(world.contract(each).contract_id) for each in (leaver, poor)]
        told = {(row.type, row.cause) for row in session.execute(query, {"ids": ids}) if row.cause}
    assert told == {(CONTRACT_CLOSED.type, "page 2"), (CONTRACT_ACTIVATED.type, "page 2")}


def test_pages_of_two_regions_are_each_settled_in_their_own(world: World, regions: Any) -> None:
    elsewhere = replace(world, region_code=f"{next(regions)}", period_id=new_id(), programme_id=new_id())
    elsewhere.open_period()
    pages = []
    for each in (world, elsewhere):
        each.open_programme()
        ((group, pupils),) = classes(each, 1, 2)
        pages.append(each.marked(group, MONDAY, dict.fromkeys(pupils, "present")))
    world.hear_together(*pages)
    assert [set(spent(each).values()) for each in (world, elsewhere)] == [{20460}, {20460}]


@pytest.mark.parametrize("seed", range(4))
def test_pages_settled_together_leave_what_they_leave_one_by_one(world: World, regions: Any, seed: int) -> None:
    drawn = Random(seed)
    marks = [[drawn.choice(MARKS) for _ in range(3)] for _ in range(drawn.randint(2, 6))]
    together = replace(world, region_code=f"{next(regions)}", period_id=new_id(), programme_id=new_id())
    together.open_period()
    assert after(together, marks, together.hear_together) == after(world, marks, world.hear)


def after(world: World, marks: list[list[str]], hear: Callable[..., None]) -> list[tuple[Any, ...]]:
    """What every contract has spent, and every pocket, after a class's pages; one child has left meanwhile."""
    world.open_programme(nominal=300000)
    group = Group()
    pupils = [world.enrol(group) for _ in range(3)]
    world.hear(ended(world, *pupils[0], MONDAY + WEEK))
    hear(
        *(
            world.marked(
                group, MONDAY + number * WEEK, {pupil[2]: mark for pupil, mark in zip(pupils, line, strict=True)}
            )
            for number, line in enumerate(marks)
        )
    )
    sums = spent(world)
    return [(sums[pupil[2]], world.contract(pupil[2]).state, *world.pocket(pupil[0])) for pupil in pupils]
