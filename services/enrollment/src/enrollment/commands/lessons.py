"""Lessons that are not held as planned, and the lock under which everything happens to a lesson."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Row, Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from chassis.errors import NotFound, RuleViolated
from chassis.outbox import EventContract, record
from chassis.tables import fact
from contracts import enrollment as contract
from enrollment.commands import seats
from enrollment.domain.lessons import CANCELLED, MOVED, PLANNED, Page, Slot, check_changeable, check_move, slot_of
from enrollment.models import Attendance, Lesson, LessonChange
from enrollment.neighbours import group_fact, staffed_by


@dataclass(frozen=True)
class Held:
    """A lesson under its lock, with what its group's terms say of it."""

    lesson: Lesson
    provider_id: str
    time_zone: str
    group_days: tuple[date, date]

    @property
    def page(self) -> Page:
        """The lesson as a value to decide with."""
        lesson = self.lesson
        slot = Slot(lesson.lesson_on, lesson.starts_at, lesson.ends_at)
        return Page(slot, lesson.state, marked=lesson.page_version > 0)

    def said(self) -> dict[str, Any]:
        """What every event of the lesson tells."""
        lesson = self.lesson
        return {
            "lesson_id": lesson.lesson_id,
            "group_id": lesson.group_id,
            "provider_id": self.provider_id,
            "lesson_on": lesson.lesson_on,
        }


def lock_lesson(session: Session, caller: Actor, lesson_id: str) -> Held:
    """The lesson, if the caller teaches it or manages its provider, locked until the transaction ends.

    Raises `NotFound("lesson_not_found")`.
    """
    row = _one(session, _staffed(caller, lesson_id).with_for_update(of=Lesson))
    days = (date.fromisoformat(row.starts_on), date.fromisoformat(row.ends_on))
    return Held(row.Lesson, row.provider_id, row.time_zone, days)


def announce(session: Session, held: Held, event: EventContract, data: dict[str, Any]) -> None:
    """Tell the next event of the lesson; the caller holds its lock."""
    lesson = held.lesson
    lesson.version += 1
    record(
        session,
        event,
        region_code=lesson.region_code,
        subject=lesson.lesson_id,
        version=lesson.version,
        data=data,
    )


def cancel_lesson(session: Session, caller: Actor, request: dict[str, Any]) -> None:
    """Cancel a lesson that the caller teaches or whose provider the caller manages.

    Marks that it had stay in the history and stand no more. Raises `NotFound("lesson_not_found")` and the refusals of
    `check_changeable`.
    """
    held, now = _lock_with_group(session, caller, request["lesson_id"]), clock.now()
    check_changeable(held.page, clock.local_date(now, held.time_zone))
    said = {**held.said(), "starts_at": held.lesson.starts_at, "reason": request["reason"], "cancelled_at": now}
    _keep(session, held.lesson, CANCELLED, request["reason"], caller, now)
    held.lesson.state = CANCELLED
    session.execute(
        delete(Attendance).where(
            Attendance.region_code == held.lesson.region_code,
            Attendance.lesson_on == held.lesson.lesson_on,
            Attendance.lesson_id == held.lesson.lesson_id,
        )
    )
    announce(session, held, contract.LESSON_CANCELLED, said)


def move_lesson(session: Session, caller: Actor, request: dict[str, Any]) -> None:
    """Hold a lesson at another local date and hours; it stays the same lesson. The same time again changes nothing.

    Raises `NotFound("lesson_not_found")`, the refusals of `slot_of` and `check_move`, and
    `RuleViolated("lesson_overlaps")` when the group has another lesson at that time.
    """
    held, now = _lock_with_group(session, caller, request["lesson_id"]), clock.now()
    starts, ends = time.fromisoformat(request["starts_at"]), time.fromisoformat(request["ends_at"])
    target = slot_of(request["on"], starts, ends, held.time_zone)
    check_move(held.page, target, held.group_days, now, clock.local_date(now, held.time_zone))
    if target == held.page.slot:
        return
    lesson = held.lesson
    _check_free(session, lesson, target)
    said = {
        **held.said(),
        "starts_at": lesson.starts_at,
        "reason": request["reason"],
        "moved_at": now,
        "new_lesson_on": target.on,
        "new_starts_at": target.starts_at,
        "new_ends_at": target.ends_at,
    }
    _keep(session, lesson, MOVED, request["reason"], caller, now)
    lesson.moved, lesson.lesson_on, lesson.starts_at, lesson.ends_at = True, target.on, target.starts_at, target.ends_at
    announce(session, held, contract.LESSON_MOVED, said)


def _staffed(caller: Actor, lesson_id: str) -> Select[Any]:
    terms = ("provider_id", "time_zone", "starts_on", "ends_on")
    return (
        select(Lesson, *(fact.c.body[name].astext.label(name) for name in terms))
        .join(fact, group_fact(Lesson.region_code, Lesson.group_id))
        .where(Lesson.region_code == caller.region_code, Lesson.lesson_id == lesson_id, staffed_by(caller))
    )


def _one(session: Session, statement: Select[Any]) -> Row[Any]:
    row = session.execute(statement, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NotFound("lesson_not_found", "There is no such lesson.")
    return row


def _lock_with_group(session: Session, caller: Actor, lesson_id: str) -> Held:
    """The group's seats first: whoever is enrolled at this moment gets a list of lessons from before or after."""
    lesson = _one(session, _staffed(caller, lesson_id)).Lesson
    with seats.held(session, lesson.region_code, lesson.group_id):
        return lock_lesson(session, caller, lesson_id)


def _check_free(session: Session, lesson: Lesson, target: Slot) -> None:
    other = session.scalar(
        select(Lesson.starts_at)
        .where(
            Lesson.region_code == lesson.region_code,
            Lesson.group_id == lesson.group_id,
            Lesson.lesson_id != lesson.lesson_id,
            Lesson.state == PLANNED,
            Lesson.starts_at < target.ends_at,
            Lesson.ends_at > target.starts_at,
        )
        .limit(1)
    )
    if other is not None:
        raise RuleViolated("lesson_overlaps", "The group has another lesson at that time.", starts_at=other.isoformat())


def _keep(session: Session, lesson: Lesson, change: str, reason: str, caller: Actor, at: datetime) -> None:
    session.execute(
        insert(LessonChange).values(
            region_code=lesson.region_code,
            lesson_id=lesson.lesson_id,
            version=lesson.version + 1,
            change=change,
            reason=reason,
            was_on=lesson.lesson_on,
            was_starts_at=lesson.starts_at,
            was_ends_at=lesson.ends_at,
            changed_by=caller.subject,
            changed_at=at,
        )
    )
