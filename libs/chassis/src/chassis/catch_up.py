"""Reading the producers' logs: what the broker lost, what came before this consumer was born, and single facts.

Each consumer keeps a cursor for each producer: the epoch of its log and the position up to which nothing is missing.
"""

from dataclasses import dataclass
from random import uniform
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from nameko.extensions import DependencyProvider
from sqlalchemy import text

from chassis import amqp, inbox
from chassis.calls import Caller, ReplyListener
from chassis.context import Context, current, using
from chassis.database import Transactions, while_database_is_down
from chassis.errors import Refusal, Unavailable
from chassis.events import DEATHS_MAX, EventConsumer, EventHandler
from chassis.inbox import Delivery
from chassis.projections import FactMissing

log = structlog.get_logger(__name__)
PAGE = 200
TIMEOUT_SECONDS = 5.0
STOP_SECONDS = 3
NEW = text("INSERT INTO event_cursor (producer, epoch, position) VALUES (:producer, '', 0) ON CONFLICT DO NOTHING")
LEASE = text(
    "UPDATE event_cursor SET leased_until = now() + interval '30 seconds'"
    " WHERE producer = :producer AND leased_until <= now() RETURNING epoch, position"
)
RELEASE = text(
    "UPDATE event_cursor SET epoch = :epoch, position = :position, leased_until = now() WHERE producer = :producer"
)


@dataclass(frozen=True)
class LogOf:
    """The log method of a service, which every service has under the same name."""

    service: str
    name: str = "log"


class EventSources(DependencyProvider):  # type: ignore[misc]
    """The producers that a service hears: a loop that looks for what it has missed, and reads on demand."""

    consumer = EventConsumer()
    replies = ReplyListener()

    def setup(self) -> None:
        """Look again whenever the event connection is new."""
        self.transactions: Transactions = self.container.config["transactions"]
        self.calls = Caller(self.replies, amqp.parse(self.container.config["AMQP_URI"]).user)
        self.seconds: float = self.container.config["catch_up_seconds"]
        self.woken, self.stopping = Event(), False
        self.consumer.queue_consumer.connected_again = self.wake

    def get_dependency(self, _worker: Any) -> "EventSources":
        """All workers share it."""
        return self

    def start(self) -> None:
        """Begin to look."""
        self.thread = self.container.spawn_managed_thread(self.run, identifier="catch_up")

    def drain(self) -> None:
        """Begin nothing new; called when the process has been asked to stop."""
        self.stopping = True
        self.wake()

    def stop(self) -> None:
        """Look no more, and let others look: an unanswered question is given up, the cursor's lease is returned."""
        self.drain()
        self.replies.connection_lost()
        with eventlet.Timeout(STOP_SECONDS, False):
            self.thread.wait()

    def wake(self) -> None:
        """Look now."""
        if not self.woken.ready():
            self.woken.send()

    def run(self) -> None:
        """Until stopped: every few seconds, and at each new connection."""
        while not self.stopping:
            with eventlet.Timeout(self.seconds * uniform(0.8, 1.2), False):
                self.woken.wait()
            self.woken = Event()
            for producer in list(self.consumer.queues):
                if not self.stopping:
                    self._follow(producer)

    def _follow(self, producer: str) -> None:
        try:
            while not self.stopping and self._page(producer):
                pass
        except Refusal as refusal:
            log.info("catch_up_later", producer=producer, reason=refusal.code)
        except Exception as error:
            log.warning("catch_up_failed", producer=producer, error=type(error).__name__, reason=str(error)[:200])

    def _page(self, producer: str) -> bool:
        """Apply what is missing of one page of the log past the cursor; whether there may be more."""
        cursor = self._lease(producer)
        if cursor is None:
            return False
        try:
            page = self._complete(producer, cursor)
        except BaseException:
            self._release(producer, cursor.epoch, cursor.position)
            raise
        self._release(producer, page["epoch"], page["through"])
        return bool(page["events"]) and page["events"][-1]["position"] == page["through"]

    def _complete(self, producer: str, cursor: Any) -> dict[str, Any]:
        """A page past the cursor once nothing of it is missing here; mostly nothing is, and its data are not read."""
        page = self._read(producer, after=cursor.position, with_data=False)
        if page["epoch"] != cursor.epoch and cursor.epoch:
            log.warning("log_epoch_changed", producer=producer)
            page = self._read(producer, after=0, with_data=False)
        missing = self._missing(page["events"])
        if not missing:
            return page
        whole = self._read(producer, after=missing[0]["position"] - 1)
        if whole["epoch"] != page["epoch"]:
            raise RuntimeError("the log has begun a new epoch while it was read")
        applied = self._apply(self._missing(whole["events"]))
        log.info("caught_up", producer=producer, events=applied, through=whole["through"])
        return whole

    def _lease(self, producer: str) -> Any:
        with self.transactions.writing() as session:
            leased = session.execute(LEASE, {"producer": producer}).first()
            if leased is None:
                session.execute(NEW, {"producer": producer})
                leased = session.execute(LEASE, {"producer": producer}).first()
            return leased

    def _release(self, producer: str, epoch: str, position: int) -> None:
        with self.transactions.writing() as session:
            session.execute(RELEASE, {"producer": producer, "epoch": epoch, "position": position})

    def _read(self, producer: str, **asked: Any) -> dict[str, Any]:
        heard = [name for name, handler in self.handlers.items() if handler.contract.producer == producer]
        fields = {"types": heard, "limit": PAGE, "subject": None, **asked}
        return dict(self.calls.call(LogOf(producer), fields, timeout_seconds=TIMEOUT_SECONDS))

    def _missing(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of the log's entries that have not been handled here."""
        if not entries:
            return []
        with self.transactions.reading() as session:
            known = inbox.known(session, [entry["event_id"] for entry in entries])
        return [each for each in entries if (self.handlers[each["type"]].method_name, each["event_id"]) not in known]

    def _apply(self, entries: list[dict[str, Any]]) -> int:
        for number, delivery in enumerate(map(_delivery, entries)):
            if self.stopping:
                raise Unavailable("stopping")
            # Only the first can be one that has ended the process before.
            self.handlers[delivery.type].run(delivery, DEATHS_MAX if number == 0 else None)
        return len(entries)

    @property
    def handlers(self) -> dict[str, EventHandler]:
        """The service's handlers by event type."""
        return self.consumer.handlers

    def fetch(self, service: Any, missing: FactMissing) -> None:
        """Ask the producer for one subject's events and apply them here, in the caller's own worker."""
        projection = missing.projection
        page = self._read(projection.producer, after=0, subject=missing.fact_id, types=list(projection.types))
        for entry in page["events"]:
            delivery = _delivery(entry)
            self.handlers[delivery.type].apply(service, delivery)

    def retry_one(self, service: Any) -> bool:
        """Run one event again whose time has come. False when there is none."""
        with self.transactions.writing() as session:
            found = inbox.due(session)
            if found is None:
                return False
            name, delivery = found
            handler = next((each for each in self.handlers.values() if each.method_name == name), None)
            allowed = DEATHS_MAX + len(self.container.config["retry_delays_seconds"])
            if handler is None or inbox.begun(session, name, delivery) > allowed:
                inbox.park(
                    session, name, delivery, "no such handler" if handler is None else "ended the process too often"
                )
                return True
            inbox.lease(session, name, delivery)
        self._again(service, handler, delivery)
        return True

    def _again(self, service: Any, handler: EventHandler, delivery: Delivery) -> None:
        with using(Context(correlation_id=delivery.correlation_id, traceparent=delivery.traceparent)):
            try:
                # Not again at once where it collides: others are due, and this loop runs them one by one.
                while_database_is_down(lambda: handler.effect(service, delivery, retried=True), collisions_max=0)
            except Exception as error:
                handler.failed(delivery, error)


def _delivery(entry: dict[str, Any]) -> Delivery:
    return Delivery.from_json({**entry, "correlation_id": entry["correlation_id"] or current().correlation_id})
