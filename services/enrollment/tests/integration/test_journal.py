"""A teacher marks the page of a lesson."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import ProgrammingError

from chassis.errors import Conflict, InvalidInput, NotFound, RuleViolated
from contracts.enrollment import JOURNAL_DAYS


@pytest.fixture
def group(region):
    return region.group()


@pytest.fixture
def pupils(region, group):
    """Three enrolments of the group, in the order of arrival."""
    return [region.apply(region.family(), group)["application_id"] for _ in range(3)]


def page_of(group, *marks, number=0, **more):
    lines = [{"enrollment_id": enrollment_id, "mark": mark} for enrollment_id, mark in marks]
    return {"lesson_id": group["lessons"][number]["lesson_id"], "marks": lines, **more}


def marks_of(answer):
    return [line["mark"] for line in answer["roster"]]


def test_marks_are_kept_announced_and_shown(region, group, pupils):
    answer = region.ask(
        region.teacher(group), "record_attendance", page_of(group, (pupils[0], "present"), (pupils[2], "ill"))
    )
    assert [line["enrollment_id"] for line in answer["roster"]] == pupils
    assert marks_of(answer) == ["present", None, "ill"]
    assert (answer["page_version"], answer["title"]) == (1, group["title"])

    (event,) = region.events("attendance.recorded.v1")
    lesson = group["lessons"][0]
    assert (event.subject, event.version) == (lesson["lesson_id"], 1)
    assert event.data == {
        "lesson_id": lesson["lesson_id"],
        "group_id": group["group_id"],
        "provider_id": group["provider_id"],
        "lesson_on": lesson["on"].isoformat(),
        "page_version": 1,
        "marks": [
            {"enrollment_id": pupils[0], "mark": "present", "previous": None},
            {"enrollment_id": pupils[2], "mark": "ill", "previous": None},
        ],
    }


def test_the_same_marks_again_change_and_announce_nothing(region, group, pupils):
    page = page_of(group, (pupils[0], "present"))
    first = region.ask(region.teacher(group), "record_attendance", page)
    assert region.ask(region.teacher(group), "record_attendance", page) == first
    assert len(region.events("attendance.recorded.v1")) == 1


def test_a_correction_tells_the_previous_mark_and_keeps_it_with_who_when_and_why(region, group, pupils):
    teacher, manager = region.teacher(group), region.manager(group)
    region.ask(teacher, "record_attendance", page_of(group, (pupils[0], "absent"), (pupils[1], "present")))
    marked_at = region.now()
    corrected_at = region.set_clock(region.now() + timedelta(hours=1))
    marks = (pupils[0], "excused"), (pupils[1], "present"), (pupils[2], "ill")
    answer = region.ask(manager, "record_attendance", page_of(group, *marks, reason="Справка пришла позже"))

    assert (answer["page_version"], marks_of(answer)) == (2, ["excused", "present", "ill"])
    event = region.events("attendance.recorded.v1")[-1]
    assert (event.version, event.data["page_version"]) == (2, 2)
    assert event.data["marks"] == [
        {"enrollment_id": pupils[0], "mark": "excused", "previous": "absent"},
        {"enrollment_id": pupils[2], "mark": "ill", "previous": None},
    ]
    assert "reason" not in event.data
    history = region.sql(
        "SELECT enrollment_id::text, page_version, mark, previous, reason, marked_by::text, marked_at"
        " FROM attendance_change WHERE enrollment_id IN (:first, :third) ORDER BY page_version, previous",
        first=pupils[0],
        third=pupils[2],
    )
    assert [tuple(row) for row in history] == [
        (pupils[0], 1, "absent", None, None, teacher.subject, marked_at),
        (pupils[0], 2, "excused", "absent", "Справка пришла позже", manager.subject, corrected_at),
        (pupils[2], 2, "ill", None, None, manager.subject, corrected_at),
    ]


def test_the_history_of_marks_cannot_be_rewritten(region, group, pupils):
    region.ask(region.teacher(group), "record_attendance", page_of(group, (pupils[0], "absent")))
    for statement in (
        "UPDATE attendance_change SET mark = 'present'",
        "DELETE FROM attendance_change",
        "TRUNCATE attendance_change",
    ):
        with pytest.raises(ProgrammingError, match="append-only"):
            region.sql(statement)


def test_a_page_that_somebody_changed_meanwhile_is_refused_and_tells_its_version(region, group, pupils):
    teacher = region.teacher(group)
    region.ask(teacher, "record_attendance", page_of(group, (pupils[0], "present"), page_version=0))
    with pytest.raises(Conflict, match="stale_page") as refused:
        region.ask(teacher, "record_attendance", page_of(group, (pupils[0], "absent"), page_version=0))
    assert refused.value.details == {"page_version": "1"}
    answer = region.ask(teacher, "record_attendance", page_of(group, (pupils[0], "absent"), page_version=1))
    assert (answer["page_version"], marks_of(answer)) == (2, ["absent", None, None])


def test_a_repeat_whose_first_answer_was_lost_is_no_stale_page(region, group, pupils):
    page = page_of(group, (pupils[0], "present"), page_version=0)
    first = region.ask(region.teacher(group), "record_attendance", page)
    assert region.ask(region.teacher(group), "record_attendance", page) == first


def test_marks_lie_in_the_partition_of_their_month(region, group, pupils):
    region.ask(region.teacher(group), "record_attendance", page_of(group, (pupils[0], "present")))
    (row,) = region.sql("SELECT tableoid::regclass::text FROM attendance WHERE enrollment_id = :id", id=pupils[0])
    assert row[0] == f"attendance_{group['lessons'][0]['on']:%Y_%m}"


def test_somebody_who_is_not_enrolled_is_named_and_nothing_is_written(region, group, pupils):
    stranger = region.apply(region.family(), region.group())["application_id"]
    page = page_of(group, (pupils[0], "present"), (stranger, "present"))
    with pytest.raises(InvalidInput) as refused:
        region.ask(region.teacher(group), "record_attendance", page)
    assert list(refused.value.details) == ["marks.1.enrollment_id"]
    assert region.events("attendance.recorded.v1") == []
    lesson = region.ask(region.teacher(group), "get_lesson", {"lesson_id": page["lesson_id"]})
    assert (lesson["page_version"], marks_of(lesson)) == (0, [None, None, None])


def test_a_waiting_child_is_not_on_the_roster(region):
    group = region.group(capacity=1)
    enrolled = region.apply(region.family(), group)["application_id"]
    waiting = region.apply(region.family(), group)["application_id"]
    lesson = region.ask(region.teacher(group), "get_lesson", {"lesson_id": group["lessons"][0]["lesson_id"]})
    assert [line["enrollment_id"] for line in lesson["roster"]] == [enrolled]
    with pytest.raises(InvalidInput):
        region.ask(region.teacher(group), "record_attendance", page_of(group, (waiting, "present")))


def test_a_child_is_marked_only_at_lessons_from_the_day_of_its_enrolment(region, group, pupils):
    region.set_clock(region.now() + timedelta(days=7))
    late = region.apply(region.family(), group)["application_id"]
    with pytest.raises(InvalidInput):
        region.ask(region.teacher(group), "record_attendance", page_of(group, (late, "present"), number=0))
    answer = region.ask(region.teacher(group), "record_attendance", page_of(group, (late, "present"), number=1))
    assert marks_of(answer) == [None, None, None, "present"]


def test_a_lesson_opens_for_marks_at_local_midnight(region):
    region.set_clock(datetime(2026, 9, 10, 4, tzinfo=UTC))
    group = region.group()
    pupil = region.apply(region.family(), group)["application_id"]
    tomorrow = region.lesson(9, region.local_today() + timedelta(days=1))
    group = region.change(group, lessons=[*group["lessons"], tomorrow])

    region.set_clock(datetime(2026, 9, 10, 15, 59, 59, tzinfo=UTC))
    with pytest.raises(RuleViolated, match="lesson_in_future"):
        region.ask(region.teacher(group), "record_attendance", page_of(group, (pupil, "present"), number=-1))
    region.set_clock(datetime(2026, 9, 10, 16, 0, 0, tzinfo=UTC))
    answer = region.ask(region.teacher(group), "record_attendance", page_of(group, (pupil, "present"), number=-1))
    assert answer["page_version"] == 1


def test_a_page_closes_some_local_days_after_the_lesson(region):
    region.set_clock(datetime(2026, 9, 10, 4, tzinfo=UTC))
    group = region.group()
    pupil = region.apply(region.family(), group)["application_id"]
    last = datetime(2026, 9, 10, 15, 59, 59, tzinfo=UTC) + timedelta(days=JOURNAL_DAYS)

    region.set_clock(last)
    region.ask(region.teacher(group), "record_attendance", page_of(group, (pupil, "absent")))
    region.set_clock(last + timedelta(seconds=1))
    with pytest.raises(RuleViolated, match="journal_closed") as refused:
        region.ask(region.teacher(group), "record_attendance", page_of(group, (pupil, "present")))
    assert refused.value.details == {"lesson_on": "2026-09-10", "closed_after": "2026-09-24"}


def test_who_has_left_is_on_the_pages_up_to_its_last_day_and_on_no_later_one(region, group, pupils):
    first, second = (each["on"] for each in group["lessons"][:2])
    leaving = {"application_id": pupils[1], "effective_on": (second - timedelta(days=1)).isoformat()}
    region.ask(region.manager(group), "withdraw_enrollment", {**leaving, "reason": "moved_away"})
    region.set_clock(region.now() + (second - first))
    answer = region.ask(region.teacher(group), "record_attendance", page_of(group, (pupils[1], "present")))
    assert marks_of(answer) == [None, "present", None]
    with pytest.raises(InvalidInput) as refused:
        region.ask(region.teacher(group), "record_attendance", page_of(group, (pupils[1], "present"), number=1))
    assert list(refused.value.details) == ["marks.0.enrollment_id"]
    later = region.ask(region.teacher(group), "get_lesson", {"lesson_id": group["lessons"][1]["lesson_id"]})
    assert [line["enrollment_id"] for line in later["roster"]] == [pupils[0], pupils[2]]


def test_another_providers_lesson_does_not_exist(region, group, pupils):
    other = region.group()
    lesson_id = group["lessons"][0]["lesson_id"]
    for caller in (region.teacher(other), region.manager(other)):
        for method, body in (
            ("get_lesson", {"lesson_id": lesson_id}),
            ("record_attendance", page_of(group, (pupils[0], "present"))),
        ):
            with pytest.raises(NotFound, match="lesson_not_found"):
                region.ask(caller, method, body)
        with pytest.raises(NotFound, match="group_not_found"):
            region.ask(caller, "list_lessons", {"group_id": group["group_id"]})


def test_a_colleague_sees_only_the_groups_they_teach_and_the_manager_all(region, group):
    colleagues = region.group(provider_id=group["provider_id"])
    asked = {"lesson_id": colleagues["lessons"][0]["lesson_id"]}
    with pytest.raises(NotFound, match="lesson_not_found"):
        region.ask(region.teacher(group), "get_lesson", asked)
    assert region.ask(region.manager(group), "get_lesson", asked)["lesson_id"] == asked["lesson_id"]


def test_a_teacher_of_another_region_sees_nothing(region, group):
    teacher = replace(region.teacher(group), region_code="05")
    with pytest.raises(NotFound, match="lesson_not_found"):
        region.ask(teacher, "get_lesson", {"lesson_id": group["lessons"][0]["lesson_id"]})


def test_a_token_without_a_provider_opens_no_journal(region, group):
    teacher = replace(region.teacher(group), scope={})
    with pytest.raises(NotFound, match="group_not_found"):
        region.ask(teacher, "list_lessons", {"group_id": group["group_id"]})


def test_the_lessons_of_a_group_are_listed_in_order_and_by_day(region, group):
    teacher = region.teacher(group)
    whole = region.ask(teacher, "list_lessons", {"group_id": group["group_id"]})["items"]
    assert [each["number"] for each in whole] == list(range(1, 9))
    day = group["lessons"][2]["on"].isoformat()
    on_day = region.ask(teacher, "list_lessons", {"group_id": group["group_id"], "on": day})["items"]
    assert on_day == [whole[2]]
    assert on_day[0]["starts_at"] == group["lessons"][2]["starts_at"].isoformat()


def test_marks_of_one_page_from_many_hands_at_once_all_stay(region):
    group = region.group(capacity=8)
    pupils = [region.apply(region.family(), group)["application_id"] for _ in range(8)]
    barrier = Barrier(8)

    def mark(pupil):
        barrier.wait()
        return region.ask(region.teacher(group), "record_attendance", page_of(group, (pupil, "present")))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(mark, pupils))
    lesson = region.ask(region.teacher(group), "get_lesson", {"lesson_id": group["lessons"][0]["lesson_id"]})
    assert (lesson["page_version"], marks_of(lesson)) == (8, ["present"] * 8)
    assert [event.version for event in region.events("attendance.recorded.v1")] == list(range(1, 9))


def test_of_two_teachers_at_one_page_at_once_one_wins_and_the_other_is_told(region, group, pupils):
    lesson_id = group["lessons"][0]["lesson_id"]
    for version, marks in enumerate((("present", "absent"), ("ill", "excused"), ("absent", "present"))):
        outcomes = at_once(region, group, pupils[0], version, marks)
        won = [outcome for outcome in outcomes if isinstance(outcome, dict)]
        lost = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        assert (len(won), len(lost)) == (1, 1)
        assert lost[0].code == "stale_page" and lost[0].details == {"page_version": str(version + 1)}
        page = region.ask(region.teacher(group), "get_lesson", {"lesson_id": lesson_id})
        assert (page["page_version"], marks_of(page)) == (version + 1, marks_of(won[0]))
    assert [event.version for event in region.events("attendance.recorded.v1")] == [1, 2, 3]


def at_once(region, group, pupil, version, marks):
    """The answer or refusal of each of several people who set another mark of the same page at the same moment."""
    barrier = Barrier(len(marks))

    def mark(value):
        barrier.wait()
        try:
            page = page_of(group, (pupil, value), page_version=version)
            return region.ask(region.teacher(group), "record_attendance", page)
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(len(marks)) as pool:
        return list(pool.map(mark, marks))
