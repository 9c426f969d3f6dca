"""The outbox is the log: an event is a row written in the transaction of its change.

Only `record`, `record_all` and `copy_all` create events, and only the relay publishes them.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from marshmallow import EXCLUDE, Schema, fields
from sqlalchemy import Select, Text, bindparam, cast, func, null, select, text
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Context, current
from chassis.copying import copy
from chassis.database import ANNOUNCED
from chassis.schemas import made
from chassis.tables import outbox, outbox_head

EVENT_BYTES_MAX = 512 * 1024
PAGE_BYTES = 256 * 1024
"""A page of the log is full with it; the event that fills it comes along, and one message takes both."""
RECORD = outbox.insert()
_HEAD = select(outbox_head.c.epoch, outbox_head.c.position)
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
    context: Context = field(default_factory=current)
    """What the events that it causes carry on, where several are handled together."""


class InvalidEvent(Exception):
    """A service tried to record an event that breaks its own contract: a bug."""


@dataclass(frozen=True)
class Announcement:
    """An event to be recorded: what `record` takes, in the context in which it was made."""

    event: EventContract
    region_code: str
    subject: str
    version: int
    data: Mapping[str, Any]
    context: Context = field(default_factory=current)


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
    return record_all(session, [Announcement(event, region_code, subject, version, data)])[0]


def record_all(session: Session, announcements: Sequence[Announcement]) -> list[str]:
    """Write the events, in their order, in the caller's transaction; their ids. `InvalidEvent` as `record`."""
    rows = [_row(each) for each in announcements]
    if rows:
        session.execute(RECORD, rows)
        session.info[ANNOUNCED] = True
    return [row["event_id"] for row in rows]


def copy_all(session: Session, announcements: Sequence[Announcement]) -> list[Mapping[str, Any]]:
    """As `record_all`, with COPY; the data of each as it was written.

    Each has the fields and types of its schema and the size of an event. What the schema says of values beyond that is
    asked of the first of each shape alone: for events that one program makes alike by the thousand.
    """
    passed: set[Any] = set()
    rows = [_row(each, passed) for each in announcements]
    if rows:
        copy(session, outbox.name, rows)
        session.info[ANNOUNCED] = True
    return [row["data"] for row in rows]


def _row(announced: Announcement, passed: set[Any] | None = None) -> dict[str, Any]:
    return {
        "occurred_at": clock.now(),
        "event_id": str(uuid.uuid4()),
        "region_code": announced.region_code,
        "type": announced.event.type,
        "subject": announced.subject,
        "version": announced.version,
        "data": _body(announced.event, announced.data, passed),
        "traceparent": announced.context.traceparent or None,
        "correlation_id": announced.context.correlation_id or None,
    }


def _body(event: EventContract, data: Mapping[str, Any], passed: set[Any] | None) -> Any:
    schema = made(event.schema)
    body = schema.dump(data)
    shape = None if passed is None else (event.type, _shape(body))
    faults = {} if passed and shape in passed else schema.validate(body)
    missing = set(data) - set(body)
    if faults or missing:
        raise InvalidEvent(f"{event.type}: {faults or f'unknown fields {sorted(missing)}'}")
    if len(json.dumps(body)) > EVENT_BYTES_MAX:
        raise InvalidEvent(f"{event.type}: longer than {EVENT_BYTES_MAX} bytes")
    if passed is not None:
        passed.add(shape)
    return body


def _shape(value: Any) -> Any:
    """Names and types alone, at every depth."""
    if isinstance(value, Mapping):
        return tuple((name, _shape(inner)) for name, inner in value.items())
    return frozenset(map(_shape, value)) if isinstance(value, list) else type(value)


def narrowed(schema: SchemaClass, only: Sequence[str] | None) -> Schema:
    """The part of a schema that one reader uses (dotted names reach into it), blind to the rest at every depth."""
    return _blind(schema(only=tuple(only) if only else None, unknown=EXCLUDE))


def _blind(schema: Schema) -> Schema:
    for each in schema.fields.values():
        inner = each.inner if isinstance(each, fields.List) else each
        if isinstance(inner, fields.Nested):
            inner.unknown = EXCLUDE
            _blind(inner.schema)
    return schema


def _in_one_message(order: Any, *wanted: Any) -> Select[Any]:
    """SQL: the first events in an order, as many as fit into one message.

    An event's stored size is known without reading it and bounds how many are read to measure their texts.
    """
    own = func.pg_column_size(outbox.c.data)
    stored = func.sum(own).over(order_by=order, rows=(None, 0))
    in_reach = select(outbox, own.label("own"), stored.label("stored")).where(*wanted).order_by(order)
    near = in_reach.limit(bindparam("limit")).subquery()
    size = func.octet_length(cast(near.c.data, Text))
    filled = func.sum(size).over(order_by=near.c.stored, rows=(None, 0))
    measured = select(near, size.label("size"), filled.label("filled"))
    page = measured.where(near.c.stored - near.c.own < PAGE_BYTES).subquery()
    return page.select().where(page.c.filled - page.c.size < PAGE_BYTES).order_by(page.c.filled)


_ASKED_TYPES = outbox.c.type.in_(bindparam("types", expanding=True))
_PAST = outbox.c.position > bindparam("after"), outbox.c.position <= bindparam("through"), _ASKED_TYPES
_PAGE = _in_one_message(outbox.c.position, *_PAST)
_NEWEST = _in_one_message(outbox.c.sequence.desc(), outbox.c.subject == bindparam("subject"), _ASKED_TYPES)
_BRIEF = (
    select(*(each for each in outbox.c if each is not outbox.c.data), null().label("data"))
    .where(*_PAST)
    .order_by(outbox.c.position)
    .limit(bindparam("limit"))
)


def read_log(
    session: Session,
    *,
    after: int,
    types: Sequence[str],
    limit: int,
    subject: str | None,
    age_seconds: float,
    with_data: bool = True,
) -> dict[str, Any]:
    """Events past a position, in order, older than `age_seconds`; or, by subject, one aggregate's newest, at once.

    As many as one message takes, at most `limit`. There are more when `through` is the last one's position.
    """
    head = session.execute(_HEAD).one()
    asked = {"after": after, "types": list(types), "limit": limit}
    if subject is not None:
        rows = list(session.execute(_NEWEST, {**asked, "subject": subject}))
        return {"epoch": head.epoch, "through": 0, "events": [_entry(row) for row in reversed(rows)]}
    if head.position <= after:
        return {"epoch": head.epoch, "through": after, "events": []}
    ceiling = _oldest_young(session, after, age_seconds)
    asked["through"] = through = head.position if ceiling is None else min(head.position, ceiling - 1)
    rows = list(session.execute(_PAGE if with_data else _BRIEF, asked))
    if _is_cut(rows, limit, with_data):
        through = rows[-1].position
    return {"epoch": head.epoch, "through": max(after, through), "events": [_entry(row) for row in rows]}


def _is_cut(rows: Sequence[Any], limit: int, with_data: bool) -> bool:
    """Whether there may be more than fitted."""
    full = bool(rows) and with_data and max(rows[-1].stored, rows[-1].filled) >= PAGE_BYTES
    return len(rows) == limit or full


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
