"""Groups: who may join, when, where, and the terms that a family accepts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from catalog.domain.calendar import public_holidays
from catalog.domain.programmes import Programme, check_ages
from catalog.domain.timetable import PlannedLesson, WeeklyLesson, check_timetable, plan_lessons
from chassis.errors import RuleViolated

ADMISSIONS = ("instant", "review")
GROUP_STATES = ("published", "closed")
DAYS_MAX = 366
TERMS = ("price", "normative_price", "time_zone", "starts_on", "ends_on", "lessons")
"""What a family's accepted offer is about; a change of any of these is a new version of the terms."""


@dataclass(frozen=True)
class Group:
    """A group of a module. Instants are aware; `meets_on_holidays` keeps lessons that fall on public holidays."""

    region_code: str
    group_id: str
    module_id: str
    teacher_ids: tuple[str, ...]
    address: str
    age_min: int
    age_max: int
    capacity: int
    admission: str
    opens_at: datetime
    closes_at: datetime
    starts_on: date
    ends_on: date
    timetable: tuple[WeeklyLesson, ...]
    meets_on_holidays: bool = False
    state: str = "published"


def check_group(group: Group, programme: Programme, time_zone: str) -> None:
    """Raises `RuleViolated` with a code for the first rule that the group breaks."""
    if group.admission not in ADMISSIONS or group.state not in GROUP_STATES:
        raise RuleViolated("group_state_unknown", "The group's admission or state is not in the list.")
    check_ages(group.age_min, group.age_max, programme.age_min, programme.age_max)
    if group.capacity < 0:
        raise RuleViolated("capacity_negative", "A group's capacity is zero or more.")
    _check_dates(group, time_zone)
    check_timetable(group.timetable)


def _check_dates(group: Group, time_zone: str) -> None:
    if not group.starts_on <= group.ends_on < group.starts_on + timedelta(days=DAYS_MAX):
        raise RuleViolated("group_dates_wrong", "A group ends after it starts, within a year.")
    last_instant = datetime.combine(group.ends_on + timedelta(days=1), time(), ZoneInfo(time_zone))
    if not group.opens_at < group.closes_at <= last_instant:
        raise RuleViolated("enrolment_dates_wrong", "Enrolment closes after it opens and not after the last day.")


def lessons_of(group: Group, time_zone: str) -> tuple[PlannedLesson, ...]:
    """The group's plan. Raises `RuleViolated` when no lesson falls into its dates."""
    days_off = frozenset[date]() if group.meets_on_holidays else public_holidays(group.starts_on, group.ends_on)
    lessons = plan_lessons(group.group_id, group.timetable, group.starts_on, group.ends_on, time_zone, days_off)
    if not lessons:
        raise RuleViolated("group_without_lessons", "No lesson falls between the group's dates.")
    return lessons


def terms_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two announced descriptions of a group differ in what a family accepted."""
    return any(before.get(term) != after.get(term) for term in TERMS)
