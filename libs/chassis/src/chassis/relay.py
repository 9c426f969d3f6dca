"""Carries the outbox to the broker: dense positions, pipelined confirms, one relay of a service at a time."""

import json
from time import monotonic
from typing import Any

import amqp as raw_amqp
import eventlet
import structlog
from amqp import spec
from eventlet.event import Event
from nameko.extensions import DependencyProvider
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import amqp, metrics
from chassis.batches import is_crowded
from chassis.database import Transactions
from chassis.outlet import Outlet
from chassis.tables import outbox

log = structlog.get_logger(__name__)
BATCH = 500
POLL_SECONDS = 1.0
BUSY_SECONDS = 0.02
PACE_SECONDS = 0.05
"""After news was carried, what comes next gathers for this long: each batch costs as much as several events."""
CONFIRM_SECONDS = 5.0
STAND_BACK_SECONDS, LOOK_SECONDS = 10.0, 0.1
TURN = text(
    "SELECT CASE WHEN (SELECT true FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT 1)"
    " THEN pg_try_advisory_xact_lock(hashtextextended('chassis.relay', 0)) END"
)
"""The order makes PostgreSQL look into the index of what waits; it would read all, if much waited when it counted."""
ASSIGN = text(
    """
    WITH waiting AS (
        SELECT occurred_at, event_id, sequence FROM outbox WHERE position IS NULL ORDER BY sequence LIMIT :batch
    ), numbered AS (
        SELECT occurred_at, event_id, row_number() OVER (ORDER BY sequence) AS number FROM waiting
    ), moved AS (
        UPDATE outbox_head SET position = position + (SELECT count(*) FROM waiting)
        RETURNING position - (SELECT count(*) FROM waiting) AS base
    )
    UPDATE outbox SET position = moved.base + numbered.number FROM numbered, moved
    WHERE outbox.occurred_at = numbered.occurred_at AND outbox.event_id = numbered.event_id
    """
)
UNPUBLISHED = (
    outbox.select()
    .where(outbox.c.published_at.is_(None), outbox.c.position.is_not(None))
    .order_by(outbox.c.position)
    .limit(BATCH)
)
PUBLISHED = text(
    "UPDATE outbox SET published_at = now() WHERE published_at IS NULL AND position BETWEEN :first AND :last"
)


class NotConfirmed(Exception):
    """The broker did not confirm the batch in time, or refused a message."""


class Publisher:
    """A connection that publishes a batch and returns when the broker has confirmed all of it."""

    def __init__(self, url: str, service: str) -> None:
        self.address = amqp.parse(url)
        self.service = service
        self.connection = amqp.connect(url, f"{service}.relay")
        self.outlet = Outlet(self.connection)
        self.channel = self.connection.channel()
        self.channel.confirm_select()
        self.channel.events["basic_ack"].add(self._acked)
        self.channel.events["basic_nack"].add(self._nacked)
        self.next_tag, self.outstanding, self.refused = 1, set[int](), False

    def publish(self, rows: list[Any]) -> None:
        """Publish in order; `NotConfirmed` when not all is confirmed within five seconds."""
        with self.outlet.together():
            for row in rows:
                self._send(row)
        deadline = monotonic() + CONFIRM_SECONDS
        while self.outstanding and not self.refused:
            remaining = deadline - monotonic()
            if remaining <= 0:
                raise NotConfirmed(f"{len(self.outstanding)} events without a confirm")
            self.connection.drain_events(timeout=remaining)
        if self.refused:
            raise NotConfirmed("the broker refused an event")

    def _send(self, row: Any) -> None:
        message = raw_amqp.Message(
            json.dumps(row.data, ensure_ascii=False, separators=(",", ":")),
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            message_id=row.event_id,
            type=row.type,
            timestamp=int(row.occurred_at.timestamp()),
            app_id=self.service,
            user_id=self.address.user,
            application_headers=_headers(row, self.service),
        )
        exchange, key = f"{self.service}.events", f"{row.type}.{row.region_code}"
        self.channel.send_method(spec.Basic.Publish, "Bssbb", (0, exchange, key, False, False), message)
        self.outstanding.add(self.next_tag)
        self.next_tag += 1

    def _acked(self, delivery_tag: int, multiple: bool) -> None:
        if multiple:
            self.outstanding = {tag for tag in self.outstanding if tag > delivery_tag}
        else:
            self.outstanding.discard(delivery_tag)

    def _nacked(self, delivery_tag: int, multiple: bool) -> None:
        self.refused = True

    def close(self) -> None:
        """Drop the connection without ceremony."""
        self.connection.collect()


def _headers(row: Any, service: str) -> dict[str, Any]:
    headers = {
        "ce-id": row.event_id,
        "ce-type": row.type,
        "ce-source": f"/{service}",
        "ce-time": row.occurred_at.isoformat(),
        "ce-subject": row.subject,
        "ce-specversion": "1.0",
        "version": row.version,
        "position": row.position,
        "region": row.region_code,
    }
    headers |= {"traceparent": row.traceparent} if row.traceparent else {}
    return headers | ({"correlation-id": row.correlation_id} if row.correlation_id else {})


def rest(session: Session) -> float | None:
    """Take the turn until the transaction ends; else how long to rest: nothing waits, or another relay is at it."""
    mine = session.scalar(TURN)
    if mine is None:
        return POLL_SECONDS
    return None if mine else BUSY_SECONDS


class Relay(DependencyProvider):  # type: ignore[misc]
    """The loop that runs the relay in every process of a service; they take turns by batch."""

    def __init__(self) -> None:
        self.publisher: Publisher | None = None
        self.woken = Event()
        self.stopping = False

    def setup(self) -> None:
        """Use an own small engine view of the same database."""
        self.transactions: Transactions = self.container.config["transactions"]
        self.transactions.committed = self.wake

    def start(self) -> None:
        """Begin to carry."""
        self.thread = self.container.spawn_managed_thread(self.run, identifier="relay")

    def stop(self) -> None:
        """Carry what is already committed, for a moment, and end."""
        self.stopping = True
        self.wake()
        with eventlet.Timeout(3, False):
            self.thread.wait()

    def wake(self) -> None:
        """Called after each commit that recorded events."""
        if not self.woken.ready():
            self.woken.send()

    def run(self) -> None:
        """Until stopped: one batch after another; after a fault, a new connection."""
        pause = POLL_SECONDS
        while True:
            last = self.stopping
            if pause:  # What has piled up meanwhile is carried without standing back once more.
                self._let_callers_first()
            try:
                pause = self.carry()
            except Exception as error:
                log.warning("relay_failed", error=type(error).__name__, reason=str(error)[:300])
                self._reset()
                pause = POLL_SECONDS
            if last:
                return self._reset()
            if pause and not self.stopping:
                with eventlet.Timeout(pause, False):
                    self.woken.wait()

    def _let_callers_first(self) -> None:
        """While a crowd waits for answers, news waits: for seconds, not for ever."""
        ends_at = monotonic() + STAND_BACK_SECONDS
        while is_crowded(self.container) and monotonic() < ends_at and not self.stopping:
            eventlet.sleep(LOOK_SECONDS)

    def carry(self) -> float:
        """One batch. How long to rest then: 0 when there may be more."""
        self.woken = Event()
        with self.transactions.writing() as session:
            if pause := rest(session):
                return pause
            session.execute(ASSIGN, {"batch": BATCH})
        with self.transactions.writing() as session:
            if pause := rest(session):
                return pause
            rows = list(session.execute(UNPUBLISHED).all())
            if not rows:  # Another relay has carried them, and something new has no position yet.
                return BUSY_SECONDS
            self.publisher = self.publisher or Publisher(self.container.config["AMQP_URI"], self.container.service_name)
            self.publisher.publish(rows)
            session.execute(PUBLISHED, {"first": rows[0].position, "last": rows[-1].position})
        metrics.EVENTS_PUBLISHED.inc(len(rows))
        if len(rows) == BATCH:
            return 0.0
        if not self.stopping:
            eventlet.sleep(PACE_SECONDS)
        return POLL_SECONDS

    def _reset(self) -> None:
        if self.publisher is not None:
            self.publisher.close()
            self.publisher = None
