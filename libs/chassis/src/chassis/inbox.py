"""The inbox: each event takes effect once; what fails is tried again later, then parked; nothing is lost.

A row per handler and event: `done`, `retry` (with a time) or `parked` (with a reason).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import metrics
from chassis.logs import scrubbed
from chassis.tables import inbox

DONE, RETRY, PARKED = "done", "retry", "parked"
BODY_BYTES_KEPT = 64 * 1024
CLAIM = insert(inbox).on_conflict_do_nothing().returning(inbox.c.event_id)
CLAIM_ALL = text(
    "INSERT INTO inbox (occurred_at, handler, event_id, state)"
    " SELECT occurred_at, :handler, event_id, :state"
    " FROM unnest(CAST(:occurred_at AS timestamptz[]), CAST(:event_ids AS text[])) AS came (occurred_at, event_id)"
    " ON CONFLICT DO NOTHING RETURNING event_id"
)


@dataclass(frozen=True)
class Delivery:
    """An event as it came over the broker or from a log, with its data as JSON values."""

    event_id: str
    type: str
    region_code: str
    subject: str
    version: int
    occurred_at: datetime
    data: dict[str, Any]
    traceparent: str = ""
    correlation_id: str = ""

    def to_json(self) -> dict[str, Any]:
        """What the inbox keeps to run the handler again."""
        return {**self.__dict__, "occurred_at": self.occurred_at.isoformat()}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Delivery":
        """The delivery that `to_json` kept. `KeyError`, `TypeError` or `ValueError` when it is no event."""
        return cls(
            event_id=str(kept["event_id"]),
            type=str(kept["type"]),
            region_code=str(kept["region_code"]),
            subject=str(kept["subject"]),
            version=int(kept["version"]),
            occurred_at=datetime.fromisoformat(str(kept["occurred_at"])),
            data=dict(kept["data"]),
            traceparent=str(kept.get("traceparent") or ""),
            correlation_id=str(kept.get("correlation_id") or ""),
        )


def claim(session: Session, handler: str, delivery: Delivery) -> bool:
    """Mark the event as done by this handler, in the transaction of its effect. False when it is known already."""
    row = {"occurred_at": delivery.occurred_at, "handler": handler, "event_id": delivery.event_id, "state": DONE}
    return session.execute(CLAIM, row).first() is not None


def claim_all(session: Session, handler: str, deliveries: Sequence[Delivery]) -> set[str]:
    """The same for several events; the ids of those that are new."""
    ordered = sorted(deliveries, key=lambda each: each.event_id)
    rows = {
        "occurred_at": [each.occurred_at.isoformat() for each in ordered],
        "event_ids": [each.event_id for each in ordered],
    }
    return set(session.scalars(CLAIM_ALL, {"handler": handler, "state": DONE, **rows}))


def fail(
    session: Session,
    handler: str,
    delivery: Delivery,
    error: BaseException,
    delays_seconds: tuple[int, ...],
    counted: bool = True,
) -> str:
    """Note a failed attempt: the next one is due after the delay for it, and after the last delay it is parked.

    One that is not `counted` (somebody else was in the way) is tried again after the first delay, however often.
    """
    attempts = _count(session, handler, delivery, int(counted))
    if attempts is None:
        return DONE
    if not counted:
        begun = _is(_begun(handler), delivery.event_id)
        session.execute(update(inbox).where(begun).values(attempts=inbox.c.attempts - 1))
    delay = next(iter(delays_seconds[attempts - 1 if counted else 0 :]), None)
    state = PARKED if delay is None else RETRY
    values = {"state": state, "error": scrubbed(f"{type(error).__name__}: {error}")[:1000]}
    due = text(f"now() + interval '{delay or 0} seconds'")
    session.execute(update(inbox).where(_is(handler, delivery.event_id)).values(next_at=due, **values))
    metrics.INBOX_FAILED.labels(state).inc()
    return state


def _count(session: Session, handler: str, delivery: Delivery, failed: int) -> int | None:
    """Keep the event with that many more failed attempts; how many they are. None when it is done after all."""
    message = delivery.to_json()
    key = {"occurred_at": delivery.occurred_at, "handler": handler, "event_id": delivery.event_id}
    statement = insert(inbox).values(**key, state=RETRY, attempts=failed, message=message)
    statement = statement.on_conflict_do_update(
        index_elements=[*key],
        set_={"attempts": inbox.c.attempts + failed, "message": message},
        where=inbox.c.state != DONE,
    )
    attempts: int | None = session.scalar(statement.returning(inbox.c.attempts))
    return attempts


def begun(session: Session, handler: str, delivery: Delivery) -> int:
    """Count that a redelivered event is about to be handled once more, so that a killer of processes is found."""
    count = session.scalar(
        insert(inbox)
        .values(
            occurred_at=delivery.occurred_at,
            handler=_begun(handler),
            event_id=delivery.event_id,
            state=DONE,
            attempts=1,
        )
        .on_conflict_do_update(
            index_elements=["occurred_at", "handler", "event_id"], set_={"attempts": inbox.c.attempts + 1}
        )
        .returning(inbox.c.attempts)
    )
    return int(count or 0)


def park(session: Session, handler: str, delivery: Delivery, reason: str) -> None:
    """Set an event aside at once."""
    values = {"state": PARKED, "error": reason[:1000], "message": delivery.to_json()}
    session.execute(
        insert(inbox)
        .values(occurred_at=delivery.occurred_at, handler=handler, event_id=delivery.event_id, **values)
        .on_conflict_do_update(
            index_elements=["occurred_at", "handler", "event_id"], set_=values, where=inbox.c.state != DONE
        )
    )
    metrics.INBOX_FAILED.labels(PARKED).inc()


def park_undecodable(
    session: Session, queue: str, identity: str, received_at: datetime, reason: str, headers: Any, body: bytes
) -> None:
    """Set aside what is not an event at all, as it came, up to 64 KiB of it."""
    kept = {
        "undecodable": True,
        "headers": {_storable(name): _storable(value)[:200] for name, value in dict(headers or {}).items()},
        "body_base64": base64.b64encode(body[:BODY_BYTES_KEPT]).decode(),
    }
    session.execute(
        insert(inbox)
        .values(
            occurred_at=received_at,
            handler=queue,
            event_id=_storable(identity),
            state=PARKED,
            error=_storable(reason)[:1000],
            message=kept,
        )
        .on_conflict_do_nothing()
    )
    metrics.INBOX_FAILED.labels(PARKED).inc()


def _storable(value: Any) -> str:
    return str(value).encode(errors="replace").decode().replace("\0", "\ufffd")


def due(session: Session) -> tuple[str, Delivery] | None:
    """Lock one event whose next attempt is due: its handler and delivery."""
    row = session.execute(
        inbox.select()
        .where(inbox.c.state == RETRY, inbox.c.next_at <= text("now()"))
        .order_by(inbox.c.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    return None if row is None else (row.handler, Delivery.from_json(row.message))


def lease(session: Session, handler: str, delivery: Delivery) -> None:
    """Keep a due event from other processes while it is tried again."""
    session.execute(
        update(inbox).where(_is(handler, delivery.event_id)).values(next_at=text("now() + interval '60 seconds'"))
    )


def finish(session: Session, handler: str, delivery: Delivery) -> bool:
    """Mark a retried event as done, in the transaction of its effect. False when it is no longer to be retried."""
    statement = (
        update(inbox)
        .where(_is(handler, delivery.event_id), inbox.c.state == RETRY)
        .values(state=DONE, next_at=None, error=None, message=None)
    )
    return bool(session.execute(statement.returning(inbox.c.event_id)).first())


def known(session: Session, event_ids: list[str]) -> set[tuple[str, str]]:
    """Which (handler, event) pairs among these events have a row already."""
    rows = session.execute(select(inbox.c.handler, inbox.c.event_id).where(inbox.c.event_id.in_(event_ids)))
    return {(row.handler, row.event_id) for row in rows}


def _begun(handler: str) -> str:
    return f"{handler}#begun"


def _is(handler: str, event_id: str) -> Any:
    return (inbox.c.handler == handler) & (inbox.c.event_id == event_id)
