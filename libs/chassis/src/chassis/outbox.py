"""The outbox is the log: an event is a row written in the transaction of its change.

Nothing but `record` creates events, and nothing but the relay publishes them.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from marshmallow import EXCLUDE, Schema, fields
from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import current
from chassis.database import ANNOUNCED
from chassis.schemas import made
from chassis.tables import outbox, outbox_head

EVENT_BYTES_MAX = 512 * 1024
PAGE_BYTES = 256 * 1024
"""A page of the log is full with it; the event that fills it comes along, and one message takes both."""
RECORD = outbox.insert()
SchemaClass = type[Schema]


class EventContract(Protocol):
    """What the chassis needs to know of an event."""

    @property
    def producer(self) -> str:
        """The service that announces it."""

    @property
    def type(self) -> str:
        """Its CloudEvents type."""

    @property
    def schema(self) -> SchemaClass:
        """What its data must look like."""


@dataclass(frozen=True)
class Received:
    """An event as a handler gets it; `data` is loaded and narrowed to what the handler reads."""

    event_id: str
    type: str
    region_code: str
    subject: str
    version: int
    occurred_at: datetime
    data: dict[str, Any]


class InvalidEvent(Exception):
    """A service tried to record an event that breaks its own contract: a bug."""


def record(
    session: Session,
    event: EventContract,
    *,
    region_code: str,
    subject: str,
    version: int,
    data: Mapping[str, Any],
) -> str:
    """Write the event in the caller's transaction and return its id. `InvalidEvent` when `data` breaks the schema."""
    schema = made(event.schema)
    body = schema.dump(data)
    faults = schema.validate(body)
    missing = set(data) - set(body)
    if faults or missing:
        raise InvalidEvent(f"{event.type}: {faults or f'unknown fields {sorted(missing)}'}")
    if len(json.dumps(body)) > EVENT_BYTES_MAX:
        raise InvalidEvent(f"{event.type}: longer than {EVENT_BYTES_MAX} bytes")
    event_id, context = str(uuid.uuid4()), current()
    row = {
        "occurred_at": clock.now(),
        "event_id": event_id,
        "region_code": region_code,
        "type": event.type,
        "subject": subject,
        "version": version,
        "data": body,
        "traceparent": context.traceparent or None,
        "correlation_id": context.correlation_id or None,
    }
    session.execute(RECORD, row)
    session.info[ANNOUNCED] = True
    return event_id


def narrowed(schema: SchemaClass, only: Sequence[str] | None) -> Schema:
    """The part of a schema that one reader uses (dotted names reach into it), blind to the rest at every depth."""
    return _blind(schema(only=tuple(only) if only else None, unknown=EXCLUDE))


def _blind(schema: Schema) -> Schema:
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            inner.unknown = EXCLUDE
            _blind(inner.schema)
    return schema


def read_log(
    session: Session, *, after: int, types: Sequence[str], limit: int, subject: str | None, age_seconds: float
) -> dict[str, Any]:
    """Events past a position, in order, older than `age_seconds`; or, by subject, one aggregate's newest, at once.

    As many as one message takes, at most `limit`. There are more when `through` is the last one's position.
    """
    head = session.execute(select(outbox_head.c.epoch, outbox_head.c.position)).one()
    if subject is not None:
        ours = outbox.c.subject == subject, outbox.c.type.in_(types)
        rows, _ = _page(session, limit, outbox.c.sequence.desc(), *ours)
        return {"epoch": head.epoch, "through": 0, "events": [_entry(row) for row in reversed(rows)]}
    ceiling = _oldest_young(session, after, age_seconds)
    through = head.position if ceiling is None else min(head.position, ceiling - 1)
    wanted = outbox.c.position > after, outbox.c.position <= through, outbox.c.type.in_(types)
    rows, cut = _page(session, limit, outbox.c.position, *wanted)
    if cut:
        through = rows[-1].position
    return {"epoch": head.epoch, "through": max(after, through), "events": [_entry(row) for row in rows]}


def _page(session: Session, limit: int, order: Any, *wanted: Any) -> tuple[list[Any], bool]:
    """The first events in an order, as many as fit into one message; whether there may be more.

    An event's stored size is known without reading it and bounds how many are read to measure their texts.
    """
    own = func.pg_column_size(outbox.c.data)
    stored = func.sum(own).over(order_by=order, rows=(None, 0))
    in_reach = select(outbox, own.label("own"), stored.label("stored")).where(*wanted).order_by(order).limit(limit)
    near = in_reach.subquery()
    size = func.octet_length(cast(near.c.data, Text))
    filled = func.sum(size).over(order_by=near.c.stored, rows=(None, 0))
    measured = select(near, size.label("size"), filled.label("filled"))
    page = measured.where(near.c.stored - near.c.own < PAGE_BYTES).subquery()
    fitting = page.select().where(page.c.filled - page.c.size < PAGE_BYTES).order_by(page.c.filled)
    rows = list(session.execute(fitting).all())
    return rows, len(rows) == limit or (bool(rows) and max(rows[-1].stored, rows[-1].filled) >= PAGE_BYTES)


def _oldest_young(session: Session, after: int, age_seconds: float) -> int | None:
    """The first position that the broker may still be about to deliver."""
    youngest: int | None = session.scalar(
        text(
            "SELECT min(position) FROM outbox WHERE position > :after"
            " AND recorded_at > now() - make_interval(secs => :age)"
        ),
        {"after": after, "age": age_seconds},
    )
    return youngest


def _entry(row: Any) -> dict[str, Any]:
    return {
        "event_id": row.event_id,
        "type": row.type,
        "region_code": row.region_code,
        "subject": row.subject,
        "version": row.version,
        "position": row.position,
        "occurred_at": row.occurred_at,
        "traceparent": row.traceparent,
        "correlation_id": row.correlation_id,
        "data": row.data,
    }
