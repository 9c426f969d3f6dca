"""What families and staff may read; whose it is, is decided in the SQL of each read."""

from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from chassis.context import Actor
from chassis.errors import NotFound
from chassis.pages import decode_cursor, encode_cursor, identifier, instant
from chassis.tables import fact
from chassis.values import Amount
from enrollment.domain.states import WAITLISTED
from enrollment.models import Application, Attendance, Contract, Lesson
from enrollment.neighbours import GROUP, child_of, group_fact, staffed_by

LIST = "applications"


def list_applications(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """The applications of the caller's children, newest first."""
    statement, limit = _applications(caller), request["limit"]
    if request["cursor"] is not None:
        came = tuple_(Application.submitted_at, Application.application_id)
        statement = statement.where(
            came < tuple_(*map(literal, decode_cursor(LIST, request["cursor"], instant, identifier)))
        )
    rows = session.execute(statement.limit(limit + 1)).all()
    page, more = rows[:limit], len(rows) > limit
    return {
        "items": [_application(row) for row in page],
        "next_cursor": _cursor(page[-1].Application) if more else None,
    }


def get_application(session: Session, caller: Actor, application_id: str) -> dict[str, Any]:
    """One application of the caller's children. Raises `NotFound("application_not_found")`."""
    statement = _applications(caller).where(Application.application_id == application_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("application_not_found", "There is no such application.")
    return _application(row)


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


def _applications(caller: Actor) -> Select[Any]:
    earlier = aliased(Application)
    position = (
        select(func.count())
        .where(
            earlier.region_code == Application.region_code,
            earlier.group_id == Application.group_id,
            earlier.status == WAITLISTED,
            earlier.arrival <= Application.arrival,
        )
        .scalar_subquery()
    )
    latest = (
        select(Contract)
        .where(Contract.region_code == Application.region_code, Contract.enrollment_id == Application.application_id)
        .order_by(Contract.occurred_at.desc(), Contract.version.desc())
        .limit(1)
        .lateral()
    )
    contract = aliased(Contract, latest, name="contract")
    return (
        select(
            Application,
            fact.c.body["title"].astext.label("title"),
            case((Application.status == WAITLISTED, position)).label("position"),
            contract,
        )
        .join(fact, group_fact(Application.region_code, Application.group_id))
        .outerjoin(contract, literal(True))
        .where(Application.region_code == caller.region_code, child_of(caller, Application.child_id))
        .order_by(Application.submitted_at.desc(), Application.application_id.desc())
    )


def _application(row: Row[Any]) -> dict[str, Any]:
    application, contract = row.Application, row.contract
    return {
        "application_id": application.application_id,
        "child_id": application.child_id,
        "group_id": application.group_id,
        "programme_id": application.programme_id,
        "title": row.title,
        "status": application.status,
        "position": row.position,
        "submitted_at": application.submitted_at,
        "enrolled_at": application.enrolled_at,
        "contract": None if contract is None else _contract(contract),
    }


def _contract(contract: Contract) -> dict[str, Any]:
    return {
        "state": contract.state,
        "certificate_share": Amount(contract.certificate_share_minor, contract.certificate_share_unit).to_wire(),
        "parent_share": Amount(contract.parent_share_minor, contract.parent_share_unit).to_wire(),
        "effective_from": contract.effective_from,
    }


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


def _cursor(application: Application) -> str:
    return encode_cursor(LIST, [application.submitted_at.isoformat(), application.application_id])
