"""Applications as the provider of their group sees them: those that were sent, never a draft."""

from typing import Any

from sqlalchemy import Row, Select, case, select
from sqlalchemy.orm import Session

from chassis.context import Actor
from chassis.errors import NotFound
from chassis.pages import decode_cursor, encode_cursor, question_mark, whole_number
from chassis.tables import fact
from enrollment.domain.states import WAITLISTED
from enrollment.models import Application
from enrollment.neighbours import GROUP, concerns, staffed_by
from enrollment.queries.applications import kept_until, position


def list_group_applications(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a group's applications in the order of arrival. Raises `NotFound("group_not_found")`."""
    group_id, status, limit = request["group_id"], request["status"], request["limit"]
    _check_own(session, caller, group_id)
    statement = _applications(caller).where(Application.group_id == group_id, Application.sent)
    statement = statement.order_by(Application.arrival).limit(limit + 1)
    if status is not None:
        statement = statement.where(Application.status == status)
    question = question_mark("group_applications", group_id, status)
    if request["cursor"] is not None:
        (after,) = decode_cursor(question, request["cursor"], whole_number)
        statement = statement.where(Application.arrival > after)
    rows = session.execute(statement).all()
    page, more = rows[:limit], len(rows) > limit
    return {
        "items": [_application(row) for row in page],
        "next_cursor": encode_cursor(question, [page[-1].Application.arrival]) if more else None,
    }


def get_sent_application(session: Session, caller: Actor, application_id: str) -> dict[str, Any]:
    """One application that concerns the caller, of either side. Raises `NotFound("application_not_found")`."""
    statement = _applications(caller).where(Application.application_id == application_id, concerns(caller))
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("application_not_found", "There is no such application.")
    return _application(row)


def _check_own(session: Session, caller: Actor, group_id: str) -> None:
    own = select(fact.c.fact_id).where(fact.c.kind == GROUP.kind, fact.c.fact_id == group_id, staffed_by(caller))
    if session.scalar(own) is None:
        raise NotFound("group_not_found", "There is no such group.")


def _applications(caller: Actor) -> Select[Any]:
    waits = case((Application.status == WAITLISTED, position()))
    return select(Application, waits.label("position")).where(Application.region_code == caller.region_code)


def _application(row: Row[Any]) -> dict[str, Any]:
    application = row.Application
    return {
        "application_id": application.application_id,
        "child_id": application.child_id,
        "group_id": application.group_id,
        "status": application.status,
        "position": row.position,
        "submitted_at": application.submitted_at,
        "decide_by": kept_until(application),
        "enrolled_at": application.enrolled_at,
        "ended_on": application.ended_on,
        "reason": application.reason,
        "order_number": application.order_number,
    }
