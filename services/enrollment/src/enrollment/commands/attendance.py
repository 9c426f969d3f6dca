"""Marking a lesson's page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from chassis.errors import NotFound
from chassis.outbox import record
from chassis.tables import fact
from contracts import enrollment as contract
from enrollment.domain.attendance import ChangedMark, NewMark, changes, check_date
from enrollment.models import Application, Attendance, AttendanceChange, Lesson
from enrollment.neighbours import group_fact, staffed_by


def mark_lesson(session: Session, caller: Actor, request: dict[str, Any]) -> None:
    """Set marks on the page of a lesson that the caller teaches or whose provider the caller manages.

    Marks that the page already holds change nothing and announce nothing. Raises `NotFound("lesson_not_found")`,
    `RuleViolated("lesson_in_future")`, and `InvalidInput` naming the lines whose child was not enrolled that day.
    """
    lesson, provider_id, time_zone = _locked_lesson(session, caller, request["lesson_id"])
    now = clock.now()
    check_date(lesson.lesson_on, clock.local_date(now, time_zone))
    wanted = [NewMark(**line) for line in request["marks"]]
    changed = changes(_current_marks(session, lesson), wanted, _roster(session, lesson))
    if changed:
        lesson.page_version += 1
        _write(session, lesson, changed, caller.subject, now)
        _tell(session, lesson, provider_id, changed)


def _locked_lesson(session: Session, caller: Actor, lesson_id: str) -> tuple[Lesson, str, str]:
    row = session.execute(
        select(Lesson, fact.c.body["provider_id"].astext, fact.c.body["time_zone"].astext)
        .join(fact, group_fact(Lesson.region_code, Lesson.group_id))
        .where(Lesson.region_code == caller.region_code, Lesson.lesson_id == lesson_id, staffed_by(caller))
        .with_for_update(of=Lesson)
    ).one_or_none()
    if row is None:
        raise NotFound("lesson_not_found", "There is no such lesson.")
    lesson, provider_id, time_zone = row
    return lesson, provider_id, time_zone


def _current_marks(session: Session, lesson: Lesson) -> dict[str, str]:
    rows = session.execute(
        select(Attendance.enrollment_id, Attendance.mark).where(
            Attendance.region_code == lesson.region_code,
            Attendance.lesson_on == lesson.lesson_on,
            Attendance.lesson_id == lesson.lesson_id,
        )
    )
    return dict(rows.tuples().all())


def _roster(session: Session, lesson: Lesson) -> frozenset[str]:
    return frozenset(
        session.scalars(
            select(Application.application_id).where(
                Application.region_code == lesson.region_code,
                Application.group_id == lesson.group_id,
                Application.attending(lesson.lesson_on),
            )
        )
    )


def _write(session: Session, lesson: Lesson, changed: Sequence[ChangedMark], by: str, at: datetime) -> None:
    page = {
        "region_code": lesson.region_code,
        "lesson_on": lesson.lesson_on,
        "lesson_id": lesson.lesson_id,
        "page_version": lesson.page_version,
        "marked_by": by,
        "marked_at": at,
    }
    marks = [{**page, "enrollment_id": line.enrollment_id, "mark": line.mark} for line in changed]
    statement = insert(Attendance).values(marks)
    new = {name: statement.excluded[name] for name in ("mark", "page_version", "marked_by", "marked_at")}
    key = [column.name for column in Attendance.__table__.primary_key]
    session.execute(statement.on_conflict_do_update(index_elements=key, set_=new))
    history = [{**mark, "previous": line.previous} for mark, line in zip(marks, changed, strict=True)]
    session.execute(insert(AttendanceChange).values(history))


def _tell(session: Session, lesson: Lesson, provider_id: str, changed: Sequence[ChangedMark]) -> None:
    record(
        session,
        contract.ATTENDANCE_RECORDED,
        region_code=lesson.region_code,
        subject=lesson.lesson_id,
        version=lesson.page_version,
        data={
            "lesson_id": lesson.lesson_id,
            "group_id": lesson.group_id,
            "provider_id": provider_id,
            "lesson_on": lesson.lesson_on,
            "page_version": lesson.page_version,
            "marks": [
                {"enrollment_id": line.enrollment_id, "mark": line.mark, "previous": line.previous} for line in changed
            ],
        },
    )
