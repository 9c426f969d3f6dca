"""Calling other services: deadlines, a bound on calls in flight, quick failure, refusals raised as they were meant."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

import eventlet
from eventlet.event import Event
from kombu import Exchange, Message, Queue
from nameko import rpc as nameko_rpc
from nameko.extensions import DependencyProvider

from chassis import amqp, metrics
from chassis.context import current
from chassis.errors import InvalidInput, Unavailable
from chassis.rpc import HEADERS, REQUEST_BYTES_MAX, RpcQueueConsumer, error_from_wire

REPLY_QUEUE_EXPIRES_MS = 300_000
IN_FLIGHT_MAX = 64
TIMEOUTS_IN_A_ROW = 5
FAIL_FAST_SECONDS = 2.0


class RemoteName(Protocol):
    """What a call needs to know of a contract's method."""

    @property
    def service(self) -> str:
        """The service that answers."""

    @property
    def name(self) -> str:
        """The method's name there."""


@dataclass
class Target:
    """How one neighbour has been doing."""

    in_flight: int = 0
    timeouts: int = 0
    shut_until: float = 0.0

    def enter(self, name: str) -> None:
        """Refuse at once what could only wait in vain."""
        if monotonic() < self.shut_until:
            raise Unavailable("neighbour_not_answering", service=name)
        if self.in_flight >= IN_FLIGHT_MAX:
            raise Unavailable("too_many_calls", service=name)
        self.in_flight += 1

    def leave(self, timed_out: bool) -> None:
        """Count an answered or unanswered call."""
        self.in_flight -= 1
        self.timeouts = self.timeouts + 1 if timed_out else 0
        if self.timeouts >= TIMEOUTS_IN_A_ROW:
            self.shut_until = monotonic() + FAIL_FAST_SECONDS


class ReplyListener(nameko_rpc.ReplyListener):  # type: ignore[misc]
    """Matches replies to the calls that wait for them."""

    queue_consumer = RpcQueueConsumer()
    no_ack = True
    declares = True
    immediate = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._reply_events: dict[str, Event] = {}

    def setup(self) -> None:
        """A reply queue of this process alone, which expires by itself."""
        identity = uuid.uuid4()
        self.routing_key = f"reply.{amqp.parse(self.container.config['AMQP_URI']).user}.{identity}"
        self.queue = Queue(
            f"rpc.reply-{self.container.service_name}-{identity}",
            exchange=Exchange(amqp.RPC_EXCHANGE, type="topic", no_declare=True),
            routing_key=self.routing_key,
            queue_arguments={"x-expires": REPLY_QUEUE_EXPIRES_MS},
        )
        self.queue_consumer.register_provider(self)

    def handle_message(self, message: Message) -> None:
        """Wake the caller."""
        event = self._reply_events.pop(message.properties.get("correlation_id"), None)
        if event is not None:
            event.send(message.body)

    def connection_lost(self) -> None:
        """Fail everything that waits, now."""
        waiting, self._reply_events = self._reply_events, {}
        for event in waiting.values():
            event.send(Unavailable("broker_unavailable"))

    def returned(self, correlation_id: str, routing_key: str) -> None:
        """Nobody serves the method."""
        event = self._reply_events.pop(correlation_id, None)
        if event is not None:
            event.send(Unavailable("service_unknown", service=routing_key.partition(".")[0]))


class Caller:
    """Asks other services and waits for their answers, but never past the deadline."""

    def __init__(self, replies: ReplyListener, user: str) -> None:
        self.replies = replies
        self.user = user
        self.targets: dict[str, Target] = {}

    @property
    def pending(self) -> int:
        """Calls that wait for an answer now."""
        return len(self.replies._reply_events)

    def call(self, method: RemoteName, fields: Mapping[str, Any] | None = None, timeout_seconds: float = 5.0) -> Any:
        """The method's answer as JSON values.

        Raises what the other side refused with; `Unavailable` when it did not answer in time (the outcome is then
        unknown) or cannot be reached; `Broken` for a bug over there.
        """
        target = self.targets.setdefault(method.service, Target())
        target.enter(method.service)
        timed_out, began_at = False, monotonic()
        try:
            reply = self._ask(method, dict(fields or {}), timeout_seconds)
            timed_out = reply is None
        finally:
            target.leave(timed_out)
            metrics.RPC_CALLED.labels(method.service, method.name).observe(monotonic() - began_at)
        if reply is None:
            raise Unavailable("neighbour_timed_out", service=method.service)
        if isinstance(reply, Exception):
            raise reply
        answer = json.loads(reply)
        if answer["error"]:
            raise error_from_wire(answer["error"])
        return answer["result"]

    def _ask(self, method: RemoteName, fields: dict[str, Any], timeout_seconds: float) -> Any:
        context = current()
        seconds = min(timeout_seconds, context.remaining_seconds(timeout_seconds))
        if seconds <= 0:
            raise Unavailable("deadline_passed", service=method.service)
        body = json.dumps({"args": [], "kwargs": fields}, ensure_ascii=False)
        if len(body.encode()) > REQUEST_BYTES_MAX:
            raise InvalidInput("request_too_long", f"Longer than {REQUEST_BYTES_MAX} bytes.")
        correlation_id = str(uuid.uuid4())
        event: Event = self.replies.get_reply_event(correlation_id)
        milliseconds = max(1, int(seconds * 1000))
        headers = {f"nameko.{name}": getattr(context, name) for name in HEADERS if getattr(context, name)}
        headers |= {"nameko.remaining_ms": milliseconds}
        if context.traceparent:
            headers["traceparent"] = context.traceparent
        try:
            self.replies.queue_consumer.publish(
                body,
                f"{method.service}.{method.name}",
                mandatory=True,
                reply_to=self.replies.routing_key,
                correlation_id=correlation_id,
                expiration=str(milliseconds),
                user_id=self.user,
                application_headers=headers,
            )
            with eventlet.Timeout(seconds, False):
                return event.wait()
        finally:
            self.replies._reply_events.pop(correlation_id, None)
        return None


class Calls(DependencyProvider):  # type: ignore[misc]
    """`self.calls` of a service: a `Caller` shared by all workers."""

    replies = ReplyListener()

    def setup(self) -> None:
        """Know who we are to the broker."""
        self.caller = Caller(self.replies, amqp.parse(self.container.config["AMQP_URI"]).user)

    def get_dependency(self, _worker: Any) -> Caller:
        """All workers share it."""
        return self.caller
