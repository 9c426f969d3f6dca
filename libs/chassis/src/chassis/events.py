"""Consuming events: one queue for each producer, a handler for each type, one effect for each event.

A handler's effect and the inbox row are one transaction. While the own database is down, deliveries wait unsettled.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from kombu import Message, Queue
from marshmallow import ValidationError
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension
from sqlalchemy.orm import Session

from chassis import amqp, inbox, metrics
from chassis.context import Context, using
from chassis.database import POOL_SIZE, Transactions, is_collision, while_database_is_down
from chassis.envelope import decode
from chassis.inbox import Delivery
from chassis.outbox import EventContract, Received, narrowed

log = structlog.get_logger(__name__)
WORKERS_KEPT_FOR_CALLS = 8
DEATHS_MAX = 5
Handler = Callable[..., None]


class EventQueueConsumer(amqp.QueueConsumer):
    """The connection that events come in on, apart from the one for remote calls."""

    def __init__(self) -> None:
        super().__init__()
        self.connected_again: Callable[[], None] = lambda: None

    @property
    def prefetch_count(self) -> int:
        """As many as may be worked on at once, and those that are to be handled together."""
        waiting = (each.may_wait for each in self.container.entrypoints if isinstance(each, EventHandler))
        return event_workers(self.container) + max(waiting, default=0)

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **options: Any) -> None:
        """A new connection may mean that the broker lost something: look into the logs."""
        super().on_consume_ready(connection, channel, consumers, **options)
        self.connected_again()


def event_workers(container: Any) -> int:
    """Workers that events may take; the others are kept for remote calls."""
    return max(2, int(container.max_workers) - WORKERS_KEPT_FOR_CALLS)


class ProducerQueue:
    """The queue of one producer's events, as a provider of the consumer loop."""

    def __init__(self, consumer: "EventConsumer", producer: str) -> None:
        self.producer = producer
        self.consumer = consumer
        self.queue = Queue(f"evt.{consumer.container.service_name}.{producer}.v1", no_declare=True)

    def handle_message(self, message: Message) -> None:
        """Hand a delivery over; nothing that it holds may end the process."""
        self.consumer.deliver(self, message)


class EventConsumer(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Dispatches deliveries to handlers by event type."""

    queue_consumer = EventQueueConsumer()

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, EventHandler] = {}
        self.queues: dict[str, ProducerQueue] = {}
        self.leaving: list[Any] = []

    def setup(self) -> None:
        """Bound what events may take of the workers and of the database's connections; calls need some too."""
        self.slots = Semaphore(min(event_workers(self.container), POOL_SIZE // 2))

    def add(self, handler: "EventHandler") -> None:
        """Dispatch the handler's type to it, and consume its producer's queue."""
        self.register_provider(handler)
        self.handlers[handler.contract.type] = handler
        if handler.contract.producer not in self.queues:
            queue = ProducerQueue(self, handler.contract.producer)
            self.queues[handler.contract.producer] = queue
            self.queue_consumer.register_provider(queue)

    def leave(self) -> None:
        """Take no new deliveries; what is being worked on finishes, the rest goes back to the broker."""
        self.leaving = self.leaving or [
            eventlet.spawn(self.queue_consumer.unregister_provider, each) for each in self.queues.values()
        ]
        for each in self.leaving:
            each.wait()

    def deliver(self, queue: ProducerQueue, message: Message) -> None:
        """Decode and dispatch."""
        try:
            delivery = decode(message, queue.producer)
            handler = self.handlers.get(delivery.type)
            if handler is None:
                raise ValueError(f"no handler for {delivery.type}")
        except (KeyError, TypeError, ValueError) as error:
            return self.set_aside(queue, message, error)
        handler.take(message, delivery)
        return None

    def set_aside(self, queue: ProducerQueue, message: Message, error: Exception) -> None:
        """Park what cannot be understood; the queue flows on."""
        log.error("event_undecodable", queue=queue.queue.name, reason=str(error)[:300])
        identity = str(message.properties.get("message_id") or uuid.uuid4())[:100]
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body or b"")
        transactions: Transactions = self.container.config["transactions"]

        def park() -> None:
            with transactions.writing() as session:
                inbox.park_undecodable(
                    session,
                    queue.queue.name,
                    identity,
                    datetime.now(UTC),
                    f"undecodable: {error}",
                    message.headers,
                    body,
                )

        while_database_is_down(park)
        self.queue_consumer.ack_message(message)


def context_of(delivery: Delivery) -> Context:
    """What the handling of a delivery carries on to all that it causes."""
    return Context(correlation_id=delivery.correlation_id, traceparent=delivery.traceparent)


class EventHandler(Entrypoint):  # type: ignore[misc]
    """The entrypoint of one event type."""

    consumer = EventConsumer()
    may_wait = 0
    """Deliveries, beside those that are worked on, which wait for a worker in this process."""

    def __init__(
        self, contract: EventContract, only: tuple[str, ...] | None, function: Handler, **options: Any
    ) -> None:
        super().__init__(**options)
        self.contract = contract
        self.schema = narrowed(contract.schema, only)
        self.function = function
        self.in_hand: set[str] = set()

    def setup(self) -> None:
        """Begin to be dispatched to."""
        self.consumer.add(self)

    def stop(self) -> None:
        """Let the consumer leave its queues."""
        self.consumer.leave()
        self.consumer.unregister_provider(self)

    @property
    def transactions(self) -> Transactions:
        """The service's own database."""
        transactions: Transactions = self.container.config["transactions"]
        return transactions

    def take(self, message: Message, delivery: Delivery) -> None:
        """Handle what was delivered, and settle the message when the effect is committed."""
        with self.consumer.slots:
            self.take_alone(message, delivery)

    def take_alone(self, message: Message, delivery: Delivery) -> None:
        """The same in a slot that is there already; a process that stops leaves the message to others."""
        queue_consumer = self.consumer.queue_consumer
        if queue_consumer.stopping:
            return queue_consumer.requeue_message(message)
        try:
            # The first delivery was not counted.
            self.run(delivery, DEATHS_MAX - 1 if message.delivery_info.get("redelivered") else None)
        except ContainerBeingKilled:
            return queue_consumer.requeue_message(message)
        return queue_consumer.ack_message(message)

    def run(self, delivery: Delivery, deaths_allowed: int | None = None) -> None:
        """Apply a delivery in a worker of its own and return when it is committed, noted as failed, or known.

        With `deaths_allowed`, what may have ended processes before is counted, and parked when it did so more often.
        """
        self.in_worker(partial(self.apply, delivery=delivery, deaths_allowed=deaths_allowed))

    def in_worker(self, work: Callable[[Any], Any]) -> Any:
        """What the work, which takes the service, returns or raises in a worker of its own."""
        done = Event()

        def ended(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            done.send((result, exc_info))
            return result, None

        self.container.spawn_worker(self, (work,), {}, context_data={}, handle_result=ended)
        result, failure = done.wait()
        if failure:
            raise failure[1]
        return result

    def apply(self, service: Any, delivery: Delivery, deaths_allowed: int | None = None) -> None:
        """One effect for one event, whatever happens on the way."""
        began_at = monotonic()
        with using(context_of(delivery)):
            outcome = self._outcome(service, delivery, deaths_allowed)
            self.told(delivery, outcome, monotonic() - began_at)

    def told(self, delivery: Delivery, outcome: str, seconds: float, **more: Any) -> None:
        """Count and log what became of a delivery."""
        metrics.EVENTS_HANDLED.labels(delivery.type, outcome).observe(seconds)
        log.info(
            "applied",
            type=delivery.type,
            event_id=delivery.event_id,
            outcome=outcome,
            milliseconds=round(seconds * 1000, 1),
            **more,
        )

    def _outcome(self, service: Any, delivery: Delivery, deaths_allowed: int | None) -> str:
        # The broker and the log may bring the same event to one life of the process: that counts once.
        first_here = delivery.event_id not in self.in_hand
        self.in_hand.add(delivery.event_id)
        try:
            if deaths_allowed is not None and first_here and self._is_deadly(delivery, deaths_allowed):
                return inbox.PARKED
            while_database_is_down(lambda: self.effect(service, delivery))
            return inbox.DONE
        except Exception as error:
            return self.failed(delivery, error)
        finally:
            self.in_hand.discard(delivery.event_id)

    def effect(self, service: Any, delivery: Delivery, retried: bool = False) -> None:
        """Handler and inbox row in one transaction; nothing when it is done already."""
        with self.transactions.writing() as session:
            first = inbox.finish if retried else inbox.claim
            if not first(session, self.method_name, delivery):
                return
            self.hand_over(service, session, [self.received(delivery)])

    def hand_over(self, service: Any, session: Session, events: Sequence[Received]) -> None:
        """Give the events to the service's method."""
        for event in events:
            self.function(service, session, event)

    def received(self, delivery: Delivery) -> Received:
        """The delivery with its data loaded and narrowed; `ValidationError` when it breaks the schema."""
        return Received(
            event_id=delivery.event_id,
            type=delivery.type,
            region_code=delivery.region_code,
            subject=delivery.subject,
            version=delivery.version,
            occurred_at=delivery.occurred_at,
            data=dict(self.schema.load(delivery.data)),
            context=context_of(delivery),
        )

    def _is_deadly(self, delivery: Delivery, deaths_allowed: int) -> bool:
        def count() -> bool:
            with self.transactions.writing() as session:
                if inbox.begun(session, self.method_name, delivery) <= deaths_allowed:
                    return False
                inbox.park(session, self.method_name, delivery, f"its handling ended the process {DEATHS_MAX} times")
                return True

        return bool(while_database_is_down(count))

    def failed(self, delivery: Delivery, error: Exception) -> str:
        """Note the failure; what breaks its schema is parked at once, the rest is tried again.

        That others held the database's locks for long says nothing about the event: it is tried until they let go.
        """
        log.warning(
            "event_failed", type=delivery.type, event_id=delivery.event_id, error=type(error).__name__, exc_info=error
        )
        delays: tuple[int, ...] = (
            () if isinstance(error, ValidationError) else self.container.config["retry_delays_seconds"]
        )

        def note() -> str:
            with self.transactions.writing() as session:
                return inbox.fail(session, self.method_name, delivery, error, delays, counted=not is_collision(error))

        return str(while_database_is_down(note))
