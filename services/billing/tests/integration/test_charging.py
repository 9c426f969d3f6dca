from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from billing.models import Charge
from contracts.billing import DEBIT_POSTED, DEBIT_REVERSED

from .changes import ended, lesson_cancelled
from .world import Group, World, new_id

Clock = Callable[[datetime], None]
MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(("mark", "spent"), [("present", "204.60"), ("absent", "204.60"), ("ill", "0.00")])
def test_each_mark_charges_by_the_programme_s_policy(world: World, mark: str, spent: str) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: mark}))
    assert world.account(child)["spent"]["value"] == spent


def test_a_corrected_mark_is_reversed_and_charged_anew(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    for version, mark in enumerate(("present", "ill", "present", "absent"), start=1):
        world.hear(world.marked(group, MONDAY, {enrollment_id: mark}, version))
    assert world.kinds(child)[2:] == [
        ("debit", "lesson_attended", "204.60"),
        ("reversal", "mark_corrected", "204.60"),
        ("debit", "lesson_attended", "204.60"),
        ("reversal", "mark_corrected", "204.60"),
        ("debit", "lesson_missed", "204.60"),
    ]
    posted, undone = world.events(DEBIT_POSTED), world.events(DEBIT_REVERSED)
    assert [each.subject for each in undone] == [each.subject for each in posted[:2]]
    assert {each.version for each in undone} == {2}
    assert [each.data["held_after"]["value"] for each in undone] == ["7161.05", "7161.05"]
    assert world.account(child)["spent"]["value"] == "204.60"


@pytest.mark.parametrize("reason", ["mark_corrected", "lesson_cancelled", "lesson_after_end"])
def test_a_reversal_tells_why_in_the_words_of_its_operation(world: World, reason: str) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    causes = {
        "mark_corrected": world.marked(group, MONDAY, {enrollment_id: "ill"}, 2),
        "lesson_cancelled": lesson_cancelled(world, group, MONDAY),
        "lesson_after_end": ended(world, child, group, enrollment_id, MONDAY - WEEK),
    }
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}), causes[reason])
    (posted,), (undone,) = world.events(DEBIT_POSTED), world.events(DEBIT_REVERSED)
    assert undone.data["reason"] == reason
    assert ("reversal", reason, "204.60") in world.kinds(child)
    assert "reason" not in posted.data


def test_an_older_page_that_comes_late_changes_nothing(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}, 2))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}, 1))
    assert world.account(child)["spent"]["value"] == "0.00"


def test_lessons_before_the_coverage_are_recorded_and_not_covered(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY - WEEK, {enrollment_id: "present"}))
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold"]


def test_a_child_who_attends_every_lesson_spends_exactly_the_share(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    clock_at(datetime(2027, 5, 31, 12, tzinfo=UTC))
    for lesson in group.lessons:
        world.hear(world.marked(group, lesson["on"], {enrollment_id: "present"}))
    account = world.account(child)
    assert (account["held"]["value"], account["spent"]["value"]) == ("0.00", "7161.05")
    amounts = [int(amount.replace(".", "")) for kind, _, amount in world.kinds(child) if kind == "debit"]
    assert len(amounts) == 35
    assert amounts == [716105 * k // 35 - 716105 * (k - 1) // 35 for k in range(1, 36)]


def test_a_page_of_a_class_is_charged_in_one_transaction_with_few_statements(world: World) -> None:
    world.open_programme()
    group = Group()
    pupils = [world.enrol(group) for _ in range(15)]
    marks = {enrollment_id: "present" for _, _, enrollment_id in pupils}
    counts = []
    for on in (MONDAY, MONDAY + WEEK):
        page = world.marked(group, on, dict(list(marks.items())[:1]) if on == MONDAY else marks)
        statements: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object, seen: list[str] = statements) -> None:
            seen.append(statement)

        hooks.listen(world.transactions.engine, "before_cursor_execute", note)
        world.hear(page)
        hooks.remove(world.transactions.engine, "before_cursor_execute", note)
        counts.append(sum(1 for each in statements if "outbox" not in each))
    assert counts[0] == counts[1] <= 12
    assert [world.account(child)["spent"]["value"] for child, _, _ in pupils] == ["409.20", *["204.60"] * 14]
    assert len(world.events(DEBIT_POSTED)) == 16


def test_what_the_events_say_is_left_follows_the_debits_of_one_certificate(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    _, other, second = world.enrol(Group(price=100000, normative=100000), child)
    world.hear(*(world.marked(group, MONDAY + number * WEEK, {enrollment_id: "present"}) for number in range(3)))
    world.hear(world.marked(other, MONDAY, {second: "present"}))
    held = [int(each.data["held_after"]["value"].replace(".", "")) for each in world.events(DEBIT_POSTED)]
    spent = [int(each.data["amount"]["value"].replace(".", "")) for each in world.events(DEBIT_POSTED)]
    assert held[0] + spent[0] == 716105 + 89514
    assert all(before - amount == after for (before, after), amount in zip(pairwise(held), spent[1:], strict=True))
    assert held[-1] == world.pocket(child)[1]


def test_a_closed_period_takes_no_more_postings(world: World, clock_at: Clock) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    clock_at(datetime(2027, 9, 30, 15, 59, tzinfo=UTC))
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    clock_at(datetime(2027, 9, 30, 16, 0, tzinfo=UTC))
    world.hear(world.marked(group, MONDAY + WEEK, {enrollment_id: "present"}))
    assert [(kind, cause) for kind, cause, _ in world.kinds(child)] == [
        ("credit", "nominal"),
        ("hold", "contract_activated"),
        ("release", "lesson_not_filled"),
        ("debit", "lesson_attended"),
    ]
    assert world.pocket(child)[1] == 0


def test_marks_of_strangers_to_billing_wait_for_their_enrolment(world: World) -> None:
    world.open_programme()
    _, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present", new_id(): "present"}))
    assert len(world.events(DEBIT_POSTED)) == 1


def test_the_database_allows_one_standing_charge_for_a_lesson(world: World) -> None:
    world.open_programme()
    _, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    with world.transactions.reading() as session:
        charge = session.scalars(select(Charge).filter_by(region_code=world.region_code)).one()
        values = {column.name: getattr(charge, column.name) for column in Charge.__table__.columns}
    for change in ({"generation": 2}, {"generation": 1, "reversal_id": new_id()}, {"lesson_id": new_id()}):
        with pytest.raises(IntegrityError), world.transactions.writing() as session:
            session.execute(Charge.__table__.insert().values(**{**values, "charge_id": new_id(), **change}))
