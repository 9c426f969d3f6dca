"""Groups: who may join, when, where, and the terms that a family accepts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from catalog.domain.programmes import Module, Programme, check_ages
from catalog.domain.timetable import DatedLesson, PlannedLesson, WeeklyLesson, check_timetable, plan_lessons
from chassis.errors import RuleViolated
from chassis.values import Amount

ADMISSIONS = ("instant", "review")
DRAFT, PUBLISHED, CLOSED = "draft", "published", "closed"
GROUP_STATES = (DRAFT, PUBLISHED, CLOSED)
DAYS_MAX = 366
TERMS = ("price", "normative_price", "time_zone", "starts_on", "ends_on", "lessons")
"""What a family's accepted offer is about; a change of any of these is a new version of the terms."""


@dataclass(frozen=True)
class Group:
    """A group of a module. Instants are aware.

    `meets_on_holidays` keeps lessons that fall on days off. `skipped_on` are local dates without the timetable's
    lessons, `extra_lessons` come on top of it, on days off and skipped dates too. `price` is the group's own; without
    one it has its module's. Nobody but its provider sees a draft.
    """

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
    state: str = PUBLISHED
    price: Amount | None = None
    skipped_on: tuple[date, ...] = ()
    extra_lessons: tuple[DatedLesson, ...] = ()


def check_group(group: Group, programme: Programme, time_zone: str) -> None:
    """Raises `RuleViolated` with a code for the first rule that the group breaks."""
    if group.admission not in ADMISSIONS or group.state not in GROUP_STATES:
        raise RuleViolated("group_state_unknown", "The group's admission or state is not in the list.")
    check_ages(group.age_min, group.age_max, programme.age_min, programme.age_max)
    if group.capacity < 0:
        raise RuleViolated("capacity_negative", "A group's capacity is zero or more.")
    _check_dates(group, time_zone)
    check_timetable(group.timetable)
    _check_exceptions(group)


def check_price(price: Amount, module: Module) -> None:
    """Raises `RuleViolated` for a group's own price that is negative or of another unit than its module's."""
    if price.unit != module.price.unit:
        raise RuleViolated("price_units_differ", "A group's price has its module's unit.", unit=module.price.unit)
    if price.minor < 0:
        raise RuleViolated("price_negative", "A price is zero or more.")


def _check_exceptions(group: Group) -> None:
    for on in (*group.skipped_on, *(lesson.on for lesson in group.extra_lessons)):
        if not group.starts_on <= on <= group.ends_on:
            raise RuleViolated("exception_outside_dates", "An exception lies between the group's dates.", on=str(on))
    if any(lesson.starts >= lesson.ends for lesson in group.extra_lessons):
        raise RuleViolated("timetable_times_reversed", "A lesson ends after it begins, on the same day.")


def _check_dates(group: Group, time_zone: str) -> None:
    if not group.starts_on <= group.ends_on < group.starts_on + timedelta(days=DAYS_MAX):
        raise RuleViolated("group_dates_wrong", "A group ends after it starts, within a year.")
    last_instant = datetime.combine(group.ends_on + timedelta(days=1), time(), ZoneInfo(time_zone))
    if not group.opens_at < group.closes_at <= last_instant:
        raise RuleViolated("enrolment_dates_wrong", "Enrolment closes after it opens and not after the last day.")


def lessons_of(group: Group, time_zone: str, rest_days: Collection[date]) -> tuple[PlannedLesson, ...]:
    """The group's plan. Raises `RuleViolated` when no lesson falls into its dates, or two overlap."""
    days_off = {*group.skipped_on, *(() if group.meets_on_holidays else rest_days)}
    lessons = plan_lessons(
        group.group_id,
        group.timetable,
        group.starts_on,
        group.ends_on,
        time_zone,
        days_off,
        group.extra_lessons,
    )
    if not lessons:
        raise RuleViolated("group_without_lessons", "No lesson falls between the group's dates.")
    return lessons


def weekdays_of(timetable: Collection[WeeklyLesson]) -> int:
    """The weekdays of a timetable as bits: Monday is 1, Tuesday 2, Wednesday 4 …"""
    bits = 0
    for lesson in timetable:
        bits |= 1 << (lesson.weekday - 1)
    return bits


def terms_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two announced descriptions of a group differ in what a family accepted."""
    return any(before.get(term) != after.get(term) for term in TERMS)
