"""Marking a lesson's page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from contracts import enrollment as contract
from enrollment.commands.lessons import announce, lock_lesson
from enrollment.domain.attendance import ChangedMark, NewMark, changes, check_version
from enrollment.domain.lessons import check_markable
from enrollment.models import Application, Attendance, AttendanceChange, Lesson


def mark_lesson(session: Session, caller: Actor, request: dict[str, Any]) -> None:
    """Set marks on the page of a lesson that the caller teaches or whose provider the caller manages.

    Marks that the page already holds change nothing and announce nothing, whatever version the caller has seen. Raises
    `NotFound("lesson_not_found")`, the refusals of `check_markable`, `InvalidInput` naming the lines whose child was
    not enrolled that day, and `Conflict("stale_page")`.
    """
    held, now = lock_lesson(session, caller, request["lesson_id"]), clock.now()
    lesson = held.lesson
    check_markable(held.page, clock.local_date(now, held.time_zone))
    wanted = [NewMark(**line) for line in request["marks"]]
    changed = changes(_current_marks(session, lesson), wanted, _attending(session, lesson, wanted))
    if changed:
        check_version(lesson.page_version, request["page_version"])
        lesson.page_version += 1
        _write(session, lesson, changed, caller.subject, now, request["reason"])
        announce(session, held, contract.ATTENDANCE_RECORDED, {**held.said(), **_said(lesson, changed)})


def _current_marks(session: Session, lesson: Lesson) -> dict[str, str]:
    rows = session.execute(
        select(Attendance.enrollment_id, Attendance.mark).where(
            Attendance.region_code == lesson.region_code,
            Attendance.lesson_on == lesson.lesson_on,
            Attendance.lesson_id == lesson.lesson_id,
        )
    )
    return dict(rows.tuples().all())


def _attending(session: Session, lesson: Lesson, wanted: Sequence[NewMark]) -> frozenset[str]:
    """Which of the enrolments count on the lesson's day; they cannot end while the page is being marked."""
    return frozenset(
        session.scalars(
            select(Application.application_id)
            .where(
                Application.region_code == lesson.region_code,
                Application.application_id.in_([line.enrollment_id for line in wanted]),
                Application.group_id == lesson.group_id,
                Application.attending(lesson.lesson_on),
            )
            .order_by(Application.application_id)
            .with_for_update(read=True)
        )
    )


def _write(
    session: Session, lesson: Lesson, changed: Sequence[ChangedMark], by: str, at: datetime, reason: str | None
) -> None:
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
    history = [
        {**mark, "previous": line.previous, "reason": reason if line.previous else None}
        for mark, line in zip(marks, changed, strict=True)
    ]
    session.execute(insert(AttendanceChange).values(history))


def _said(lesson: Lesson, changed: Sequence[ChangedMark]) -> dict[str, Any]:
    return {
        "page_version": lesson.page_version,
        "marks": [
            {"enrollment_id": line.enrollment_id, "mark": line.mark, "previous": line.previous} for line in changed
        ],
    }
