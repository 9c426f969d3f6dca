"""Events that were set aside for a person: look at them, let them be tried again, or drop them for good."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, text, true, update
from sqlalchemy.orm import Session

from chassis.inbox import DONE, PARKED, RETRY
from chassis.tables import inbox

_IDENTITY = ("type", "region_code", "subject", "version", "position", "correlation_id")


def find(session: Session, event_ids: Sequence[str] = (), with_data: bool = False) -> list[dict[str, Any]]:
    """The parked events (all, or those with these ids), oldest first; what they carry only when `with_data`."""
    query = inbox.select().where(_parked(event_ids)).order_by(inbox.c.recorded_at, inbox.c.event_id)
    return [_described(row, with_data) for row in session.execute(query)]


def retry(session: Session, event_ids: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Make parked events due now, with all their attempts again; ids of those, and of those that are no events."""
    decodable = ~inbox.c.message.has_key("undecodable")
    statement = update(inbox).where(_parked(event_ids), decodable)
    changed = session.execute(
        statement.values(state=RETRY, attempts=0, next_at=text("now()")).returning(inbox.c.event_id, inbox.c.handler)
    ).all()
    session.execute(
        delete(inbox).where(
            inbox.c.event_id.in_([row.event_id for row in changed]),
            inbox.c.handler.in_([f"{row.handler}#begun" for row in changed]),
        )
    )
    refused = session.scalars(inbox.select().with_only_columns(inbox.c.event_id).where(_parked(event_ids), ~decodable))
    return [row.event_id for row in changed], list(refused)


def drop(session: Session, event_ids: Sequence[str] = ()) -> list[str]:
    """Give parked events up: they count as done without an effect, so that no log brings them back. Their ids."""
    statement = update(inbox).where(_parked(event_ids)).values(state=DONE, next_at=None, message=None)
    return list(session.scalars(statement.returning(inbox.c.event_id)))


def _parked(event_ids: Sequence[str]) -> ColumnElement[bool]:
    return (inbox.c.state == PARKED) & (inbox.c.event_id.in_(event_ids) if event_ids else true())


def _described(row: Any, with_data: bool) -> dict[str, Any]:
    message = row.message or {}
    described = {
        "event_id": row.event_id,
        "handler": row.handler,
        **{name: message[name] for name in _IDENTITY if message.get(name)},
        "occurred_at": row.occurred_at.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "attempts": row.attempts,
        "error": row.error,
    }
    if message.get("undecodable"):
        described["undecodable"] = True
    carried = {name: message[name] for name in ("data", "headers", "body_base64") if name in message}
    return described | (carried if with_data else {})
