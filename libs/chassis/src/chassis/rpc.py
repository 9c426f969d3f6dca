"""Answering remote calls over nameko's wire: deadlines, refusals of seven kinds, no message that ends the process.

Requests and replies go out on the consumer's own channel, transient and unconfirmed; what a confirm was for is kept by
`basic.return`, the caller's deadline and the command's idempotency key.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

import structlog
from kombu import Message, Queue
from nameko import rpc as nameko_rpc
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from chassis import amqp, codec, metrics
from chassis.context import Context, using
from chassis.errors import KINDS, InvalidInput, NotFound, Refusal, Unavailable

log = structlog.get_logger(__name__)
HEADERS = ("token", "idempotency_key", "correlation_id")
REPLY_KEY = re.compile(r"reply\.(?P<user>[\w-]+)\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
"""Where the broker user `user` hears its answers: the broker lets nobody else read them."""
REQUEST_BYTES_MAX = 256 * 1024


class Broken(Exception):
    """The called service has a bug; its log has the details under the same trace."""


class RpcQueueConsumer(amqp.QueueConsumer):
    """The connection for remote calls, in and out."""

    @property
    def prefetch_count(self) -> int:
        """What has a worker each, and what may wait for one beside it."""
        waiting = (each.may_wait for each in self.container.entrypoints if isinstance(each, RemoteMethod))
        return int(self.container.max_workers) + max(waiting, default=0)

    def disconnected(self) -> None:
        """Calls that wait for an answer on a lost connection would wait in vain."""
        super().disconnected()
        for provider in list(self._providers):
            provider.connection_lost()

    def _on_blocked(self, reason: str) -> None:
        super()._on_blocked(reason)
        for provider in list(self._providers):
            provider.connection_lost()

    def _on_return(self, _error: Exception, _exchange: str, routing_key: str, message: Any) -> None:
        for provider in list(self._providers):
            provider.returned(message.properties.get("correlation_id"), routing_key)


class RpcConsumer(nameko_rpc.RpcConsumer):  # type: ignore[misc]
    """Takes requests for this service, and refuses those that nobody could be answered."""

    queue_consumer = RpcQueueConsumer()
    immediate = True
    queue: Queue | None

    def __init__(self) -> None:
        super().__init__()
        self.methods: dict[str, Any] = {}

    def setup(self) -> None:
        """The queue is the broker's by definition; it is only consumed here."""
        if self.queue is None:
            name = self.container.service_name
            self.queue = Queue(f"rpc-{name}", no_declare=True)
            self.queue_consumer.register_provider(self)

    def register_provider(self, provider: Any) -> None:
        """One entrypoint for each method name."""
        super().register_provider(provider)
        self.methods[provider.method_name] = provider

    def connection_lost(self) -> None:
        """Nothing waits here."""

    def returned(self, _correlation_id: str, _routing_key: str) -> None:
        """A reply whose caller is gone."""

    def handle_message(self, message: Message) -> None:
        """Start a worker for a request, or answer why not. Never lets a malformed message end the process."""
        reply_key = REPLY_KEY.match(str(message.properties.get("reply_to", "")))
        if reply_key is None or reply_key["user"] != message.properties.get("user_id"):
            log.warning("request_refused", reason="reply_to is missing or not the sender's own reply key")
            return self.queue_consumer.reject_message(message)
        if self.queue_consumer.stopping:
            return self.queue_consumer.requeue_message(message)
        method = str(message.delivery_info.get("routing_key", "")).partition(".")[2]
        try:
            entrypoint = self.methods.get(method)
            if entrypoint is None:
                raise NotFound("method_not_found", method=method)
            entrypoint.begin(message, _request(message))
        except ContainerBeingKilled:
            self.queue_consumer.requeue_message(message)
        except Refusal as refusal:
            self.answer(message, None, refusal)
        return None

    def answer(self, message: Message, result: Any, error: BaseException | None) -> None:
        """Send the reply and acknowledge the request. A reply that cannot be sent is the caller's deadline's work."""
        properties, reply = message.properties, _reply(result, error)
        with self.queue_consumer.together():
            with suppress(Unavailable):
                self.queue_consumer.publish(
                    reply, properties["reply_to"], correlation_id=properties.get("correlation_id")
                )
            self.queue_consumer.ack_message(message)


def _request(message: Message) -> dict[str, Any]:
    if message.content_type != "application/json":
        raise InvalidInput("content_type_unsupported", content_type=str(message.content_type)[:100])
    try:
        body = codec.loads(message.body, bytes_max=REQUEST_BYTES_MAX)
    except ValueError as error:
        raise InvalidInput("malformed_request", str(error)) from error
    if not isinstance(body, dict) or not isinstance(body.get("kwargs"), dict) or body.get("args"):
        raise InvalidInput("malformed_request", "The body must hold empty args and an object kwargs.")
    return dict(body["kwargs"])


def _reply(result: Any, error: BaseException | None) -> str:
    try:
        reply = codec.dumps({"result": result, "error": error_to_wire(error)})
        amqp.ensure_fits(reply)
        return reply
    except (TypeError, ValueError) as bug:
        log.exception("answer_cannot_be_sent")
        return codec.dumps({"result": None, "error": error_to_wire(bug)})


def error_to_wire(error: BaseException | None) -> dict[str, Any] | None:
    """nameko's error shape; everything but a refusal is nameless outside."""
    if error is None:
        return None
    refusal = isinstance(error, Refusal)
    arguments = [error.code, error.message, error.details] if isinstance(error, Refusal) else []
    kind = type(error).__name__ if refusal else "Broken"
    return {"exc_type": kind, "exc_path": f"chassis.errors.{kind}", "exc_args": arguments, "value": kind}


_BY_NAME = {kind.__name__: kind for kind in KINDS.values()}


def error_from_wire(error: Mapping[str, Any]) -> Exception:
    """The refusal that the other side raised, or `Broken`."""
    kind = _BY_NAME.get(str(error.get("exc_type")))
    arguments = error.get("exc_args") or []
    if kind is None or len(arguments) != 3:
        return Broken(str(error.get("exc_type")))
    code, message, details = arguments
    return kind(code, message, **{str(name): str(value) for name, value in dict(details).items()})


class RemoteMethod(Entrypoint):  # type: ignore[misc]
    """The entrypoint of one remote method: a worker with the caller's context and deadline."""

    rpc_consumer = RpcConsumer()
    may_wait = 0
    """Requests that may come in before there is a worker for them."""

    def setup(self) -> None:
        """Make the method known to the consumer."""
        self.rpc_consumer.register_provider(self)

    def stop(self) -> None:
        """Take no new requests."""
        self.rpc_consumer.unregister_provider(self)

    def begin(self, message: Message, body: dict[str, Any]) -> None:
        """Spawn the worker for a well-formed request."""
        context = context_from(message)
        self.container.spawn_worker(
            self, (context, body), {}, context_data={}, handle_result=partial(self.end, message, context, monotonic())
        )

    def end(
        self, message: Message, context: Context, began_at: float, _worker: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        """Answer the caller, unless it has stopped waiting."""
        error = exc_info[1] if exc_info else None
        outcome = "ok" if error is None else getattr(error, "code", "bug")
        seconds = monotonic() - began_at
        metrics.RPC_HANDLED.labels(self.method_name, outcome).observe(seconds)
        with using(context):
            log.info("answered", method=self.method_name, outcome=outcome, milliseconds=round(seconds * 1000, 1))
        if isinstance(error, Late) or (context.ends_at is not None and monotonic() > context.ends_at):
            self.rpc_consumer.queue_consumer.ack_message(message)
        else:
            self.rpc_consumer.answer(message, result, error)
        return result, None


class Late(Exception):
    """The caller stopped waiting before the work began."""

    code = "late"


def context_from(message: Message) -> Context:
    """Read the few headers that matter; all others end here."""
    headers = message.headers or {}
    values = {name: str(headers.get(f"nameko.{name}") or "")[:4096] for name in HEADERS}
    try:
        remaining_ms = int(headers["nameko.remaining_ms"])
    except (KeyError, TypeError, ValueError, OverflowError):
        remaining_ms = 10_000
    return Context(
        token=values["token"],
        idempotency_key=values["idempotency_key"],
        correlation_id=values["correlation_id"],
        traceparent=str(headers.get("traceparent") or "")[:64],
        peer=str(message.properties.get("user_id") or ""),
        ends_at=monotonic() + max(0, min(remaining_ms, 60_000)) / 1000,
    )
