from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.timetable import WeeklyLesson, check_timetable, plan_lessons
from chassis.errors import RuleViolated

GROUP = "38000000-0000-4000-8000-000000000010"
ZONES = ("Europe/Moscow", "Asia/Irkutsk")


def weekly(weekday: int, starts: str, ends: str) -> WeeklyLesson:
    return WeeklyLesson(weekday, time.fromisoformat(starts), time.fromisoformat(ends))


def _timetable(slots: list[tuple[int, int]]) -> tuple[WeeklyLesson, ...]:
    return tuple(WeeklyLesson(weekday, time(hour), time(hour, 45)) for weekday, hour in slots)


timetables = st.lists(st.tuples(st.integers(1, 7), st.integers(0, 23)), min_size=1, max_size=14, unique=True).map(
    _timetable
)
starts = st.dates(date(2026, 1, 1), date(2035, 12, 31))
lengths = st.integers(0, 400)
zones = st.sampled_from(ZONES)


@given(timetables, starts, lengths, zones, st.sets(st.integers(0, 400)))
def test_the_plan_holds_every_weekly_lesson_of_every_working_day_and_nothing_else(
    timetable: tuple[WeeklyLesson, ...], starts_on: date, length: int, zone: str, off: set[int]
) -> None:
    ends_on = starts_on + timedelta(days=length)
    days_off = frozenset(starts_on + timedelta(days=day) for day in off)
    lessons = plan_lessons(GROUP, timetable, starts_on, ends_on, zone, days_off)

    per_day = Counter(lesson.on for lesson in lessons)
    expected = Counter(weekly.weekday for weekly in timetable)
    for offset in range(length + 1):
        on = starts_on + timedelta(days=offset)
        assert per_day.pop(on, 0) == (0 if on in days_off else expected[on.isoweekday()])
    assert not per_day


@given(timetables, starts, lengths, zones)
def test_lessons_are_numbered_in_the_order_of_time_and_fall_on_their_local_day(
    timetable: tuple[WeeklyLesson, ...], starts_on: date, length: int, zone: str
) -> None:
    lessons = plan_lessons(GROUP, timetable, starts_on, starts_on + timedelta(days=length), zone)

    assert [lesson.number for lesson in lessons] == list(range(1, len(lessons) + 1))
    assert list(lessons) == sorted(lessons, key=lambda lesson: lesson.starts_at)
    for lesson in lessons:
        local = lesson.starts_at.astimezone(ZoneInfo(zone))
        assert lesson.starts_at.tzinfo is UTC
        assert local.date() == lesson.on
        assert any((local.isoweekday(), local.time()) == (weekly.weekday, weekly.starts) for weekly in timetable)
        assert lesson.ends_at - lesson.starts_at == timedelta(minutes=45)


@given(timetables, starts, lengths, st.integers(0, 30), zones)
def test_a_lesson_keeps_its_identifier_when_the_dates_around_it_change(
    timetable: tuple[WeeklyLesson, ...], starts_on: date, length: int, later: int, zone: str
) -> None:
    ends_on = starts_on + timedelta(days=length)
    before = plan_lessons(GROUP, timetable, starts_on, ends_on, zone)
    after = plan_lessons(GROUP, timetable, starts_on + timedelta(days=later), ends_on + timedelta(days=7), zone)

    assert len({lesson.lesson_id for lesson in before}) == len(before)
    known = {lesson.starts_at: lesson.lesson_id for lesson in before}
    for lesson in after:
        if lesson.starts_at in known:
            assert lesson.lesson_id == known[lesson.starts_at]


def test_the_order_of_the_timetable_does_not_matter() -> None:
    entries = [weekly(1, "16:00", "17:30"), weekly(4, "16:00", "17:30"), weekly(1, "09:00", "10:00")]
    year = date(2026, 9, 1), date(2027, 5, 31), "Asia/Irkutsk"

    assert plan_lessons(GROUP, entries, *year) == plan_lessons(GROUP, entries[::-1], *year)


def test_another_group_has_other_lessons() -> None:
    entries, year = [weekly(1, "16:00", "17:30")], (date(2026, 9, 1), date(2026, 9, 30), "Asia/Irkutsk")
    other = "05000000-0000-4000-8000-000000000010"

    ours = {lesson.lesson_id for lesson in plan_lessons(GROUP, entries, *year)}
    theirs = {lesson.lesson_id for lesson in plan_lessons(other, entries, *year)}
    assert not ours & theirs


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Irkutsk", 8), ("Europe/Moscow", 13)])
def test_an_afternoon_in_the_region_is_an_instant_in_utc(zone: str, hour: int) -> None:
    (lesson,) = plan_lessons(GROUP, [weekly(2, "16:00", "17:30")], date(2026, 9, 1), date(2026, 9, 2), zone)

    assert lesson.on == date(2026, 9, 1)
    assert lesson.starts_at == datetime(2026, 9, 1, hour, tzinfo=UTC)


def test_a_lesson_after_midnight_in_irkutsk_belongs_to_the_local_day() -> None:
    (lesson,) = plan_lessons(
        GROUP, [weekly(4, "00:30", "01:30")], date(2026, 12, 31), date(2026, 12, 31), "Asia/Irkutsk"
    )

    assert lesson.on == date(2026, 12, 31)
    assert lesson.starts_at == datetime(2026, 12, 30, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timetable", "code"),
    [
        ([], "timetable_empty"),
        ([weekly(0, "10:00", "11:00")], "timetable_weekday_unknown"),
        ([weekly(8, "10:00", "11:00")], "timetable_weekday_unknown"),
        ([weekly(1, "11:00", "10:00")], "timetable_times_reversed"),
        ([weekly(1, "10:00", "10:00")], "timetable_times_reversed"),
        ([weekly(1, "10:00", "11:00"), weekly(1, "10:59", "12:00")], "timetable_overlaps"),
        ([weekly(1, "10:00", "11:00"), weekly(1, "10:00", "11:00")], "timetable_overlaps"),
    ],
)
def test_a_timetable_that_cannot_be_held_is_refused(timetable: list[WeeklyLesson], code: str) -> None:
    with pytest.raises(RuleViolated) as refusal:
        check_timetable(timetable)
    assert refusal.value.code == code


def test_lessons_that_touch_or_fall_on_other_days_are_fine() -> None:
    check_timetable([weekly(1, "10:00", "11:00"), weekly(1, "11:00", "12:00"), weekly(2, "10:00", "11:00")])
