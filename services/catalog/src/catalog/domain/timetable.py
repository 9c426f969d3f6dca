"""From a weekly timetable to the numbered list of a group's lessons."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from catalog.domain.calendar import each_day
from chassis.errors import RuleViolated


@dataclass(frozen=True, order=True)
class WeeklyLesson:
    """A lesson of every week: weekday 1 is Monday; local times of one day."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True)
class PlannedLesson:
    """One lesson of a plan: its local date and its instants in UTC."""

    lesson_id: str
    number: int
    on: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, order=True)
class DatedLesson:
    """A lesson of one local date, whatever day it is; local times."""

    on: date
    starts: time
    ends: time


def check_timetable(timetable: Collection[WeeklyLesson]) -> None:
    """Raises `RuleViolated` unless every lesson begins before it ends, within one day, and none overlap."""
    if not timetable:
        raise RuleViolated("timetable_empty", "A group needs at least one weekly lesson.")
    for lesson in timetable:
        if not 1 <= lesson.weekday <= 7:
            raise RuleViolated("timetable_weekday_unknown", "Weekdays are 1 (Monday) to 7 (Sunday).")
        if lesson.starts >= lesson.ends:
            raise RuleViolated("timetable_times_reversed", "A lesson ends after it begins, on the same day.")
    for earlier, later in pairwise(sorted(timetable)):
        if earlier.weekday == later.weekday and later.starts < earlier.ends:
            raise RuleViolated("timetable_overlaps", "Two lessons of one day overlap.")


def plan_lessons(
    group_id: str,
    timetable: Collection[WeeklyLesson],
    starts_on: date,
    ends_on: date,
    time_zone: str,
    days_off: Collection[date] = (),
    extra: Collection[DatedLesson] = (),
) -> tuple[PlannedLesson, ...]:
    """All lessons from `starts_on` to `ends_on`, both included, numbered from 1 in the order of time.

    Days off have none but the extra lessons. Raises `RuleViolated` when an extra lesson begins at the time of another
    lesson or before it ends.

    A lesson's identifier depends on the group, the local date and the local hour alone: it survives every change of
    the plan that leaves the lesson where it is.
    """
    zone, group = ZoneInfo(time_zone), UUID(group_id)
    weekly = _lesson_days(timetable, starts_on, ends_on, frozenset(days_off))
    days = sorted([*weekly, *extra])
    for earlier, later in pairwise(days):
        if earlier.on == later.on and later.starts < earlier.ends:
            raise RuleViolated("timetable_overlaps", "Two lessons of one day overlap.")
    return tuple(
        PlannedLesson(
            lesson_id=str(uuid5(group, f"{lesson.on.isoformat()}T{lesson.starts:%H:%M}")),
            number=number,
            on=lesson.on,
            starts_at=datetime.combine(lesson.on, lesson.starts, zone).astimezone(UTC),
            ends_at=datetime.combine(lesson.on, lesson.ends, zone).astimezone(UTC),
        )
        for number, lesson in enumerate(days, start=1)
    )


def _lesson_days(
    timetable: Collection[WeeklyLesson], starts_on: date, ends_on: date, days_off: frozenset[date]
) -> Iterator[DatedLesson]:
    of_weekday = {day: [each for each in timetable if each.weekday == day] for day in range(1, 8)}
    for on in each_day(starts_on, ends_on):
        if on not in days_off:
            yield from (DatedLesson(on, each.starts, each.ends) for each in of_weekday[on.isoweekday()])
