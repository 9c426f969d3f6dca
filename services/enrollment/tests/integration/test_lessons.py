"""A lesson is cancelled or held at another time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from chassis.errors import InvalidInput, NotFound, RuleViolated
from chassis.testing import wait_for
from contracts.enrollment import JOURNAL_DAYS

LEAVE = """
UPDATE application SET status = 'withdrawn', enrolled_on = :on, ended_on = :on, ended_at = now(), ended_by = 'family',
    reason = 'health' WHERE application_id = :id
"""
ENROL = "SELECT 1 FROM group_seats WHERE group_id = :id FOR UPDATE"
"""The lock that every enrolment of the group holds."""
WAITING = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE :table
"""


@pytest.fixture
def group(region):
    return region.group()


@pytest.fixture
def pupil(region, group):
    return region.apply(region.family(), group)["application_id"]


def lesson_id(group, number=0):
    return group["lessons"][number]["lesson_id"]


def page_of(group, pupil, mark, number=0):
    return {"lesson_id": lesson_id(group, number), "marks": [{"enrollment_id": pupil, "mark": mark}]}


def cancellation(group, number=0, reason="teacher_ill"):
    return {"lesson_id": lesson_id(group, number), "reason": reason}


def move(group, number=0, days=1, starts_at="18:00", ends_at="18:45", **more):
    on = group["lessons"][number]["on"] + timedelta(days=days)
    hours = {"on": on.isoformat(), "starts_at": starts_at, "ends_at": ends_at}
    return {**cancellation(group, number, "room_unavailable"), **hours, **more}


def history(region, group, number=0):
    rows = region.sql(
        "SELECT version, change, reason, was_on, was_starts_at, was_ends_at, changed_by::text, changed_at"
        " FROM lesson_change WHERE lesson_id = :id ORDER BY version",
        id=lesson_id(group, number),
    )
    return [tuple(row) for row in rows]


def lesson_events(region, group, number=0):
    return [event for event in region.events() if event.subject == lesson_id(group, number)]


def test_a_cancelled_lesson_is_announced_shown_and_kept_with_who_and_why(region, group, pupil):
    teacher, planned = region.teacher(group), group["lessons"][3]
    answer = region.ask(teacher, "cancel_lesson", cancellation(group, 3))
    assert (answer["state"], answer["on"], answer["page_version"]) == ("cancelled", planned["on"].isoformat(), 0)
    (event,) = lesson_events(region, group, 3)
    assert (event.type, event.version) == ("enrollment.lesson.cancelled.v1", 1)
    assert event.data == {
        "lesson_id": planned["lesson_id"],
        "group_id": group["group_id"],
        "provider_id": group["provider_id"],
        "lesson_on": planned["on"].isoformat(),
        "starts_at": planned["starts_at"].isoformat(),
        "reason": "teacher_ill",
        "cancelled_at": region.now().isoformat(),
    }
    assert history(region, group, 3) == [
        (1, "cancelled", "teacher_ill", *(planned[name] for name in ("on", "starts_at", "ends_at")),
         teacher.subject, region.now()),
    ]  # fmt: skip
    listed = region.ask(teacher, "list_lessons", {"group_id": group["group_id"]})["items"]
    assert [each["state"] for each in listed] == ["planned"] * 3 + ["cancelled"] + ["planned"] * 4


def test_a_cancelled_lesson_takes_no_marks_and_is_neither_cancelled_nor_moved_again(region, group, pupil):
    teacher = region.teacher(group)
    region.ask(teacher, "cancel_lesson", cancellation(group))
    for method, body in (
        ("record_attendance", page_of(group, pupil, "present")),
        ("cancel_lesson", cancellation(group)),
        ("move_lesson", move(group)),
    ):
        with pytest.raises(RuleViolated, match="lesson_cancelled"):
            region.ask(teacher, method, body)
    assert [event.version for event in lesson_events(region, group)] == [1]


def test_marks_of_a_cancelled_lesson_stand_no_more_and_stay_in_the_history(region, group, pupil):
    teacher = region.teacher(group)
    region.ask(teacher, "record_attendance", page_of(group, pupil, "absent"))
    region.ask(teacher, "record_attendance", page_of(group, pupil, "present"))
    answer = region.ask(teacher, "cancel_lesson", cancellation(group))
    assert [line["mark"] for line in answer["roster"]] == [None]
    assert region.sql("SELECT 1 FROM attendance WHERE lesson_id = :id", id=lesson_id(group)) == []
    marks = region.sql(
        "SELECT mark, previous FROM attendance_change WHERE lesson_id = :id ORDER BY page_version", id=lesson_id(group)
    )
    assert [tuple(row) for row in marks] == [("absent", None), ("present", "absent")]
    assert [(event.type.split(".")[1], event.version) for event in lesson_events(region, group)] == [
        ("attendance", 1),
        ("attendance", 2),
        ("lesson", 3),
    ]


def test_a_lesson_is_cancelled_until_its_journal_closes(region):
    region.set_clock(datetime(2026, 9, 10, 4, tzinfo=UTC))
    group = region.group()
    region.set_clock(datetime(2026, 9, 10, 16, tzinfo=UTC) + timedelta(days=JOURNAL_DAYS))
    with pytest.raises(RuleViolated, match="journal_closed"):
        region.ask(region.teacher(group), "cancel_lesson", cancellation(group))
    region.set_clock(region.now() - timedelta(seconds=1))
    assert region.ask(region.teacher(group), "cancel_lesson", cancellation(group))["state"] == "cancelled"


def test_a_moved_lesson_is_announced_with_both_times_and_kept_with_who_and_why(region, group):
    manager, planned = region.manager(group), group["lessons"][2]
    answer = region.ask(manager, "move_lesson", move(group, 2))
    on = planned["on"] + timedelta(days=1)
    starts_at = datetime(on.year, on.month, on.day, 10, tzinfo=UTC)
    new = (on.isoformat(), starts_at.isoformat(), (starts_at + timedelta(minutes=45)).isoformat())
    assert (answer["on"], answer["starts_at"], answer["ends_at"]) == new
    assert (answer["state"], answer["number"]) == ("planned", planned["number"])
    (event,) = lesson_events(region, group, 2)
    assert (event.type, event.version) == ("enrollment.lesson.moved.v1", 1)
    assert (event.data["lesson_on"], event.data["starts_at"]) == (
        planned["on"].isoformat(),
        planned["starts_at"].isoformat(),
    )
    assert tuple(event.data[name] for name in ("new_lesson_on", "new_starts_at", "new_ends_at")) == new
    assert (event.data["reason"], event.data["moved_at"]) == ("room_unavailable", region.now().isoformat())
    assert history(region, group, 2)[0][1:4] == ("moved", "room_unavailable", planned["on"])


def test_the_same_time_again_announces_nothing(region, group):
    body = move(group, 2)
    first = region.ask(region.teacher(group), "move_lesson", body)
    assert region.ask(region.teacher(group), "move_lesson", body) == first
    assert len(lesson_events(region, group, 2)) == 1


def test_every_event_of_a_lesson_has_the_next_version_whatever_its_type(region, group, pupil):
    teacher = region.teacher(group)
    for days in (1, 2):
        region.ask(teacher, "move_lesson", move(group, 1, days=days))
    region.set_clock(region.now() + timedelta(days=9))
    region.ask(teacher, "record_attendance", page_of(group, pupil, "ill", 1))
    answer = region.ask(teacher, "record_attendance", page_of(group, pupil, "present", 1))
    region.ask(teacher, "cancel_lesson", cancellation(group, 1))
    events = lesson_events(region, group, 1)
    assert [event.version for event in events] == [1, 2, 3, 4, 5]
    assert [event.data.get("page_version") for event in events] == [None, None, 1, 2, None]
    assert answer["page_version"] == 2


def test_a_moved_lesson_is_marked_on_its_new_day_by_those_enrolled_then(region, group, pupil):
    teacher = region.teacher(group)
    region.ask(teacher, "move_lesson", move(group, 0, days=3))
    with pytest.raises(RuleViolated, match="lesson_in_future"):
        region.ask(teacher, "record_attendance", page_of(group, pupil, "present"))
    region.set_clock(region.now() + timedelta(days=2))
    late = region.apply(region.family(), group)["application_id"]
    region.set_clock(region.now() + timedelta(days=1))
    answer = region.ask(teacher, "record_attendance", page_of(group, late, "present"))
    assert [line["enrollment_id"] for line in answer["roster"]] == [pupil, late]


def test_a_marked_lesson_was_held_and_is_not_moved(region, group, pupil):
    region.ask(region.teacher(group), "record_attendance", page_of(group, pupil, "present"))
    with pytest.raises(RuleViolated, match="lesson_marked"):
        region.ask(region.teacher(group), "move_lesson", move(group))


@pytest.mark.parametrize(
    ("changes", "code", "details"),
    [
        ({"days": -1}, "lesson_time_passed", {"starts_at"}),
        ({"days": 0, "starts_at": "12:00", "ends_at": "13:00"}, "lesson_time_passed", {"starts_at"}),
        ({"days": 61}, "outside_group_dates", {"starts_on", "ends_on"}),
    ],
)
def test_a_lesson_is_moved_ahead_within_its_group_s_dates(region, group, changes, code, details):
    with pytest.raises(RuleViolated, match=code) as refused:
        region.ask(region.teacher(group), "move_lesson", move(group, **changes))
    assert set(refused.value.details) == details
    assert lesson_events(region, group) == []


def test_a_lesson_is_not_moved_onto_another_of_its_group_unless_that_one_is_cancelled(region, group):
    teacher, other = region.teacher(group), group["lessons"][3]["starts_at"].isoformat()
    body = move(group, 2, days=7, starts_at="17:14", ends_at="18:00")
    with pytest.raises(RuleViolated, match="lesson_overlaps") as refused:
        region.ask(teacher, "move_lesson", body)
    assert refused.value.details == {"starts_at": other}
    after = region.ask(teacher, "move_lesson", {**body, "starts_at": "17:15"})
    assert after["on"] == group["lessons"][3]["on"].isoformat()
    region.ask(teacher, "cancel_lesson", cancellation(group, 3))
    region.ask(teacher, "move_lesson", {**body, "starts_at": "16:30"})


def test_hours_that_end_before_they_start_are_named(region, group):
    with pytest.raises(InvalidInput) as refused:
        region.ask(region.teacher(group), "move_lesson", move(group, starts_at="18:00", ends_at="18:00"))
    assert list(refused.value.details) == ["ends_at"]


def test_another_provider_s_or_region_s_lesson_does_not_exist(region, group):
    other = region.group()
    strangers = (region.teacher(other), region.manager(other), replace(region.teacher(group), region_code="05"))
    for caller in (*strangers, replace(region.teacher(group), subject=region.new_id())):
        for method, body in (("cancel_lesson", cancellation(group)), ("move_lesson", move(group))):
            with pytest.raises(NotFound, match="lesson_not_found"):
                region.ask(caller, method, body)
    assert lesson_events(region, group) == []


def test_a_plan_published_again_undoes_neither_a_move_nor_a_cancellation(region, group):
    teacher = region.teacher(group)
    region.ask(teacher, "cancel_lesson", cancellation(group, 1))
    moved = region.ask(teacher, "move_lesson", move(group, 2))
    shifted = [
        region.lesson(each["number"], each["on"] + timedelta(days=2), each["lesson_id"]) for each in group["lessons"]
    ]
    region.change(group, lessons=shifted)
    listed = {
        each["lesson_id"]: each
        for each in region.ask(teacher, "list_lessons", {"group_id": group["group_id"]})["items"]
    }
    assert listed[lesson_id(group, 1)]["state"] == "cancelled"
    assert listed[lesson_id(group, 1)]["on"] == group["lessons"][1]["on"].isoformat()
    assert listed[lesson_id(group, 2)]["on"] == moved["on"]
    assert listed[lesson_id(group, 3)]["on"] == shifted[3]["on"].isoformat()

    region.change(group, version=3, lessons=[])
    left = region.ask(teacher, "list_lessons", {"group_id": group["group_id"]})["items"]
    assert {each["lesson_id"] for each in left} >= {lesson_id(group, 1), lesson_id(group, 2)}
    assert lesson_id(group, 3) not in {each["lesson_id"] for each in left}


def test_an_enrolment_s_lessons_leave_out_what_is_cancelled_and_have_new_dates(region, group):
    teacher = region.teacher(group)
    region.ask(teacher, "cancel_lesson", cancellation(group, 1))
    region.ask(teacher, "move_lesson", move(group, 2, days=20))
    region.apply(region.family(), group)
    snapshot = region.events("enrolled.v1")[-1].data["lessons"]
    kept = [each for number, each in enumerate(group["lessons"]) if number != 1]
    assert {each["lesson_id"] for each in snapshot} == {each["lesson_id"] for each in kept}
    on = {each["lesson_id"]: each["on"] for each in snapshot}
    assert on[lesson_id(group, 2)] == (group["lessons"][2]["on"] + timedelta(days=20)).isoformat()
    assert [each["on"] for each in snapshot] == sorted(on.values())


def test_the_history_of_lessons_cannot_be_rewritten(region, group):
    region.ask(region.teacher(group), "cancel_lesson", cancellation(group))
    for statement in (
        "UPDATE lesson_change SET reason = 'other'",
        "DELETE FROM lesson_change",
        "TRUNCATE lesson_change",
    ):
        with pytest.raises(ProgrammingError, match="append-only"):
            region.sql(statement)


def at_once(*acts):
    """What each act gives or refuses when all begin at the same moment."""
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        try:
            return act()
        except (RuleViolated, NotFound) as refused:
            return refused.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_mark_and_a_cancellation_at_once_leave_a_cancelled_lesson_without_marks(region):
    group = region.group(lessons=[region.lesson(number, region.local_today()) for number in range(1, 7)])
    pupil, teacher = region.apply(region.family(), group)["application_id"], region.teacher(group)
    for number in range(6):
        marked, cancelled = at_once(
            partial(region.ask, teacher, "record_attendance", page_of(group, pupil, "present", number)),
            partial(region.ask, teacher, "cancel_lesson", cancellation(group, number)),
        )
        assert cancelled["state"] == "cancelled"
        assert [line["mark"] for line in cancelled["roster"]] == [None]
        assert region.sql("SELECT 1 FROM attendance WHERE lesson_id = :id", id=lesson_id(group, number)) == []
        events = lesson_events(region, group, number)
        assert events[-1].type == "enrollment.lesson.cancelled.v1"
        assert [event.version for event in events] == ([1] if marked == "lesson_cancelled" else [1, 2])


def test_a_mark_waits_for_a_withdrawal_that_is_under_way_and_is_refused(region, group, pupil):
    body = page_of(group, pupil, "present")
    with ThreadPoolExecutor(1) as pool:
        with region.transactions.writing() as session:
            session.execute(text(LEAVE), {"on": region.local_today() - timedelta(days=1), "id": pupil})
            mark = pool.submit(region.ask, region.teacher(group), "record_attendance", body)
            wait_for(
                lambda: region.sql(WAITING, table="%FROM application%"), 10, "the mark to wait for the enrolment's row"
            )
        with pytest.raises(InvalidInput):
            mark.result(10)
    assert region.sql("SELECT 1 FROM attendance WHERE enrollment_id = :id", id=pupil) == []


def test_of_two_moves_at_once_each_is_told_in_order_and_the_last_one_stands(region, group):
    teacher = region.teacher(group)
    answers = at_once(*(partial(region.ask, teacher, "move_lesson", move(group, 4, days=days)) for days in range(1, 5)))
    assert all(isinstance(answer, dict) for answer in answers)
    events = lesson_events(region, group, 4)
    assert [event.version for event in events] == [1, 2, 3, 4]
    said = [(event.data["lesson_on"], event.data["new_lesson_on"]) for event in events]
    assert [before for before, _ in said[1:]] == [after for _, after in said[:-1]]
    page = region.ask(teacher, "get_lesson", {"lesson_id": lesson_id(group, 4)})
    assert page["on"] == said[-1][1]


@pytest.mark.parametrize(("method", "body"), [("cancel_lesson", cancellation), ("move_lesson", move)])
def test_a_change_waits_for_an_enrolment_under_way_so_that_its_list_of_lessons_is_of_before(
    region, group, method, body
):
    with ThreadPoolExecutor(1) as pool:
        with region.transactions.writing() as session:
            session.execute(text(ENROL), {"id": group["group_id"]})
            change = pool.submit(region.ask, region.teacher(group), method, body(group, 5))
            wait_for(lambda: region.sql(WAITING, table="%FROM group_seats%"), 10, "the change to wait for the seats")
            assert lesson_events(region, group, 5) == []
        change.result(10)
    assert len(lesson_events(region, group, 5)) == 1
