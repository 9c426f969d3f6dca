"""Handling together what has arrived together: one transaction, many events of one type."""

from collections import deque
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Any

import structlog
from kombu import Message
from nameko.exceptions import ContainerBeingKilled
from sqlalchemy.orm import Session

from chassis import inbox
from chassis.context import using
from chassis.database import while_database_is_down
from chassis.events import EventHandler, context_of
from chassis.inbox import Delivery
from chassis.outbox import Received

log = structlog.get_logger(__name__)
BATCH_MAX = 20
AT_ONCE_MAX = 2
"""While one batch waits for the database, another is prepared."""
Waiting = tuple[Message, Delivery]


class EventBatchHandler(EventHandler):
    """The entrypoint of an event type whose method takes all events that have arrived, never waiting for more.

    What came before is taken alone, and so is each event of a batch that failed: one that cannot be handled holds
    nobody up, and is retried and parked as any other.
    """

    may_wait = AT_ONCE_MAX * BATCH_MAX

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.waiting: deque[Waiting] = deque()
        self.at_once = 0

    def take(self, message: Message, delivery: Delivery) -> None:
        """Let the event wait for the next batch, and see that there is one."""
        if message.delivery_info.get("redelivered"):
            return super().take(message, delivery)
        self.waiting.append((message, delivery))
        if self.at_once < AT_ONCE_MAX:
            self.at_once += 1
            self._take_waiting()
        return None

    def hand_over(self, service: Any, session: Session, events: Sequence[Received]) -> None:
        """Give the events to the service's method, all at once."""
        self.function(service, session, events)

    def _take_waiting(self) -> None:
        try:
            while self.waiting:
                with self.consumer.slots:
                    left = self._take_batch(self._next_batch())
                for message, delivery in left:
                    self.container.spawn_managed_thread(partial(super().take, message, delivery))
        finally:
            self.at_once -= 1

    def _next_batch(self) -> list[Waiting]:
        """What has arrived, in order; two events of one subject, or copies of one, are never handled together."""
        batch: list[Waiting] = []
        taken: set[str] = set()
        while self.waiting and len(batch) < BATCH_MAX:
            delivery = self.waiting[0][1]
            if taken & {delivery.subject, delivery.event_id}:
                break
            taken |= {delivery.subject, delivery.event_id}
            batch.append(self.waiting.popleft())
        return batch

    def _take_batch(self, batch: list[Waiting]) -> list[Waiting]:
        """Handle a batch; those that are to be handled alone are returned."""
        if len(batch) == 1:
            self.take_alone(*batch[0])
            return []
        if not self._done_together([delivery for _, delivery in batch]):
            return batch
        queue_consumer = self.consumer.queue_consumer
        with queue_consumer.together():
            for message, _ in batch:
                queue_consumer.ack_message(message)
        return []

    def _done_together(self, deliveries: list[Delivery]) -> bool:
        """Whether all have had their effect, or had it before."""
        if self.consumer.queue_consumer.stopping or not deliveries:
            return False
        event_ids = {each.event_id for each in deliveries}
        self.in_hand |= event_ids
        try:
            return bool(self.in_worker(partial(self._apply_all, deliveries=deliveries)))
        except ContainerBeingKilled:
            return False
        finally:
            self.in_hand -= event_ids

    def _apply_all(self, service: Any, deliveries: list[Delivery]) -> bool:
        began_at = monotonic()
        try:
            with using(context_of(deliveries[0])):
                while_database_is_down(lambda: self._effects(service, deliveries))
        except Exception as error:
            log.info("one_by_one", type=self.contract.type, events=len(deliveries), error=type(error).__name__)
            return False
        seconds = (monotonic() - began_at) / len(deliveries)
        for delivery in deliveries:
            with using(context_of(delivery)):
                self.told(delivery, inbox.DONE, seconds, together=len(deliveries))
        return True

    def _effects(self, service: Any, deliveries: list[Delivery]) -> None:
        """The effect of all that are new and their inbox rows, in one transaction."""
        with self.transactions.writing() as session:
            new = inbox.claim_all(session, self.method_name, deliveries)
            events = [self.received(each) for each in deliveries if each.event_id in new]
            if events:
                self.hand_over(service, session, events)
