"""A group's lessons and their pages as staff see them."""

from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from chassis.context import Actor
from chassis.errors import NotFound
from chassis.tables import fact
from enrollment.models import Application, Attendance, Lesson
from enrollment.neighbours import GROUP, group_fact, staffed_by


def list_lessons(session: Session, caller: Actor, group_id: str, on: date | None) -> dict[str, Any]:
    """The lessons of a group that the caller teaches or manages. Raises `NotFound("group_not_found")`."""
    mine = session.scalar(
        select(fact.c.fact_id).where(fact.c.kind == GROUP.kind, fact.c.fact_id == group_id, staffed_by(caller))
    )
    if mine is None:
        raise NotFound("group_not_found", "There is no such group.")
    statement = _lessons(caller).where(Lesson.group_id == group_id).order_by(Lesson.starts_at, Lesson.number)
    if on is not None:
        statement = statement.where(Lesson.lesson_on == on)
    return {"items": [_lesson(row) for row in session.execute(statement)]}


def get_lesson(session: Session, caller: Actor, lesson_id: str) -> dict[str, Any]:
    """A lesson's page with its roster, in the order of arrival. Raises `NotFound("lesson_not_found")`."""
    row = session.execute(_lessons(caller).where(Lesson.lesson_id == lesson_id)).one_or_none()
    if row is None:
        raise NotFound("lesson_not_found", "There is no such lesson.")
    return {**_lesson(row), "roster": _roster(session, row.Lesson)}


def _lessons(caller: Actor) -> Select[Any]:
    return (
        select(Lesson, fact.c.body["title"].astext.label("title"))
        .join(fact, group_fact(Lesson.region_code, Lesson.group_id))
        .where(Lesson.region_code == caller.region_code, staffed_by(caller))
    )


def _lesson(row: Row[Any]) -> dict[str, Any]:
    lesson = row.Lesson
    return {
        "lesson_id": lesson.lesson_id,
        "group_id": lesson.group_id,
        "title": row.title,
        "number": lesson.number,
        "on": lesson.lesson_on,
        "starts_at": lesson.starts_at,
        "ends_at": lesson.ends_at,
        "page_version": lesson.page_version,
        "state": lesson.state,
    }


def _roster(session: Session, lesson: Lesson) -> list[dict[str, Any]]:
    marked = and_(
        Attendance.region_code == Application.region_code,
        Attendance.lesson_on == lesson.lesson_on,
        Attendance.lesson_id == lesson.lesson_id,
        Attendance.enrollment_id == Application.application_id,
    )
    rows = session.execute(
        select(Application.application_id, Application.child_id, Attendance.mark)
        .outerjoin(Attendance, marked)
        .where(
            Application.region_code == lesson.region_code,
            Application.group_id == lesson.group_id,
            Application.attending(lesson.lesson_on),
        )
        .order_by(Application.arrival)
    )
    return [{"enrollment_id": row[0], "child_id": row[1], "mark": row[2]} for row in rows]
