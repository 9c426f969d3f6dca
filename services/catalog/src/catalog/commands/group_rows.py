"""A group as a value and as the rows that hold it."""

from datetime import date, time
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.domain.groups import Group, weekdays_of
from catalog.domain.timetable import DatedLesson, WeeklyLesson
from catalog.models import GroupRow, GroupTeacherRow
from chassis.values import Amount

_COLUMNS = (
    "module_id",
    "address",
    "age_min",
    "age_max",
    "capacity",
    "admission",
    "opens_at",
    "closes_at",
    "starts_on",
    "ends_on",
    "meets_on_holidays",
    "state",
)


def fields_of(group: Group) -> dict[str, Any]:
    """The columns of the group's row, without its key."""
    return {name: getattr(group, name) for name in _COLUMNS} | {
        "timetable": [{"weekday": each.weekday, **_times(each)} for each in sorted(group.timetable)],
        "weekdays": weekdays_of(group.timetable),
        "skipped_on": [on.isoformat() for on in sorted(group.skipped_on)],
        "extra_lessons": [{"on": each.on.isoformat(), **_times(each)} for each in sorted(group.extra_lessons)],
        "price_minor": None if group.price is None else group.price.minor,
    }


def group_of(session: Session, row: GroupRow, unit: str) -> Group:
    """The group that a row holds; its own price is in its module's unit."""
    return Group(
        region_code=row.region_code,
        group_id=row.group_id,
        teacher_ids=teacher_ids(session, row.region_code, row.group_id),
        timetable=tuple(WeeklyLesson(each["weekday"], *_read_times(each)) for each in row.timetable),
        skipped_on=tuple(date.fromisoformat(on) for on in row.skipped_on),
        extra_lessons=tuple(dated_lesson({**each, "on": date.fromisoformat(each["on"])}) for each in row.extra_lessons),
        price=None if row.price_minor is None else Amount(row.price_minor, unit),
        **{name: getattr(row, name) for name in _COLUMNS},
    )


def save_teachers(session: Session, group: Group) -> None:
    """Keep who teaches the group, in the order given."""
    if teacher_ids(session, group.region_code, group.group_id) == group.teacher_ids:
        return
    key = {"region_code": group.region_code, "group_id": group.group_id}
    session.execute(delete(GroupTeacherRow).filter_by(**key))
    session.add_all(
        GroupTeacherRow(**key, teacher_id=teacher_id, place=place) for place, teacher_id in enumerate(group.teacher_ids)
    )
    session.flush()


def teacher_ids(session: Session, region_code: str, group_id: str) -> tuple[str, ...]:
    """Who teaches the group, in the order in which the names are shown."""
    of_group = select(GroupTeacherRow.teacher_id).filter_by(region_code=region_code, group_id=group_id)
    return tuple(session.scalars(of_group.order_by(GroupTeacherRow.place)))


def dated_lesson(fields: dict[str, Any]) -> DatedLesson:
    """A lesson of one date, its hours written as in a timetable."""
    return DatedLesson(fields["on"], *_read_times(fields))


def _times(lesson: WeeklyLesson | DatedLesson) -> dict[str, str]:
    return {"starts_at": f"{lesson.starts:%H:%M}", "ends_at": f"{lesson.ends:%H:%M}"}


def _read_times(stored: dict[str, Any]) -> tuple[time, time]:
    return time.fromisoformat(stored["starts_at"]), time.fromisoformat(stored["ends_at"])
