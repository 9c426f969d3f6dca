"""Events for handlers, and what was recorded for the world."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import clock, context, tables
from chassis.context import Actor
from chassis.outbox import Received


@contextmanager
def acting(actor: Actor | None) -> Iterator[None]:
    """Within the block, `actor` is the verified caller."""
    with context.using(context.acting_as(actor)):
        yield


def recorded(session: Session) -> list[Received]:
    """Every event in the database's outbox, in order, with its data as it is on the wire."""
    rows = session.execute(select(tables.outbox).order_by(tables.outbox.c.sequence)).mappings()
    return [_received(dict(row)) for row in rows]


def received(
    event: Any, *, subject: str, data: Mapping[str, Any], region_code: str = "38", version: int = 1
) -> Received:
    """An event of the contract `event` as a handler gets it; `data` may hold dates and instants, or their text."""
    on_wire = {name: _on_wire(value) for name, value in data.items()}
    return _received(
        {
            "event_id": str(uuid.uuid4()),
            "type": event.type,
            "region_code": region_code,
            "subject": subject,
            "version": version,
            "occurred_at": clock.now(),
            "data": event.schema().load(on_wire),
        }
    )


def apply(service_class: Any, session: Session, event: Received) -> None:
    """Run the handler of `service_class` for the event, with the data it reads, in the session's transaction; flush."""
    handler = service_class.handlers()[event.type]
    data = dict(handler.schema.load({name: _on_wire(value) for name, value in event.data.items()}))
    handler.hand_over(None, session, [replace(event, data=data)])
    session.flush()


def _received(row: dict[str, Any]) -> Received:
    names = ("event_id", "type", "region_code", "subject", "version", "occurred_at", "data")
    return Received(**{name: row[name] for name in names})


def _on_wire(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _on_wire(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_on_wire(inner) for inner in value]
    return value
