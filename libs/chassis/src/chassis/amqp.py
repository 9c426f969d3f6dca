"""Connections to the broker, one for each purpose, on top of nameko's consumer loop.

Every override of nameko 2.14.1 is here or in `rpc` and `events`: graceful stop that loses no acknowledgement, raw
message bodies instead of kombu's extended JSON, and publishing on the consumer's own channel.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp
import structlog
from amqp import spec
from kombu import Consumer, Message
from kombu.transport import pyamqp
from nameko import messaging
from nameko.extensions import ProviderCollector

from chassis.errors import Unavailable
from chassis.outlet import Outlet

log = structlog.get_logger(__name__)
RPC_EXCHANGE = "nameko-rpc"
DRAIN_SECONDS = 25
HEARTBEAT_SECONDS = 20
TURN_SECONDS = 0.2
RECONNECT_SECONDS_MAX = 2
MESSAGE_BYTES_MAX = 1024 * 1024
"""What the broker takes; it closes the channel of whoever sends more."""


@dataclass(frozen=True)
class Address:
    """Where the broker is and who we are there."""

    host: str
    port: int
    user: str
    password: str
    vhost: str


def parse(url: str) -> Address:
    """Take an `amqp://user:password@host:port/vhost` URL apart."""
    parts = urlsplit(url)
    vhost = unquote(parts.path[1:]) or "/"
    return Address(
        parts.hostname or "127.0.0.1",
        parts.port or 5672,
        unquote(parts.username or "guest"),
        unquote(parts.password or "guest"),
        vhost,
    )


def transport_options(name: str) -> dict[str, Any]:
    """Options that every connection is opened with; a dead peer is noticed by the kernel within ten seconds."""
    return {
        "client_properties": {"connection_name": f"{name}@{socket.gethostname()}"},
        "socket_settings": {socket.TCP_USER_TIMEOUT: 10_000},
    }


def connect(url: str, name: str) -> amqp.Connection:
    """A plain connection for a publisher of its own (the relay)."""
    address = parse(url)
    connection = amqp.Connection(
        host=f"{address.host}:{address.port}",
        userid=address.user,
        password=address.password,
        virtual_host=address.vhost,
        connect_timeout=5,
        read_timeout=10,
        write_timeout=10,
        **transport_options(name),
    )
    connection.connect()
    return connection


def ensure_fits(body: str) -> None:
    """`ValueError` when the broker would not take the message."""
    if len(body.encode()) > MESSAGE_BYTES_MAX:
        raise ValueError(f"longer than {MESSAGE_BYTES_MAX} bytes")


class RawMessage(pyamqp.Message):  # type: ignore[misc]
    """A message as it came. kombu would unpack what calls itself compressed, and end its loop where it cannot."""

    def __init__(self, message: Any, channel: Any = None, **options: Any) -> None:
        (message.properties.get("application_headers") or {}).pop("compression", None)
        super().__init__(message, channel=channel, **options)


class QueueConsumer(messaging.QueueConsumer):  # type: ignore[misc]
    """nameko's consumer loop, which stops only when what it has delivered is settled.

    Providers have `.queue` (which already exists or is theirs to declare) and get raw messages.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unsettled: set[int] = set()
        self.stopping_since: float | None = None
        self.connected = False
        self.blocked = False
        self.channel: Any = None
        self.outlet: Outlet | None = None

    @property
    def prefetch_count(self) -> int:
        """Messages the broker may have handed over before any is settled."""
        return int(self.container.max_workers)

    def get_consumers(self, _consumer_class: Any, channel: Any) -> list[Consumer]:
        """Called for each new connection: whatever was unsettled belongs to the broker again."""
        self.unsettled.clear()
        self.channel, self.outlet = channel, Outlet(channel.connection)
        channel.Message = RawMessage
        self.blocked = False
        channel.connection.on_blocked = self._on_blocked
        channel.connection.on_unblocked = self._on_unblocked
        channel.events["basic_return"].add(self._on_return)
        self._consumers = {provider: self._consumer(provider, channel) for provider in self._providers}
        return list(self._consumers.values())

    def _consumer(self, provider: Any, channel: Any) -> Consumer:
        options = {"no_ack": True} if getattr(provider, "no_ack", False) else {}
        if getattr(provider, "declares", False):
            provider.queue(channel).declare()
        consumer = Consumer(
            channel,
            queues=[provider.queue],
            on_message=partial(self.handle_message, provider),
            auto_declare=False,
            **options,
        )
        if not options:
            consumer.qos(prefetch_count=self.prefetch_count)
        return consumer

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Connect, trying again every two seconds at the latest."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.2, interval_step=0.4, interval_max=RECONNECT_SECONDS_MAX
            )
            try:
                yield connection
            finally:
                self.disconnected()

    def disconnected(self) -> None:
        """Called when the connection is gone, in whatever way."""
        self.connected = False

    def consume(self, limit: Any = None, timeout: Any = None, **options: Any) -> Any:
        """The loop, which looks up from the socket often enough to stop quickly. `ConnectionError` when it is lost."""
        try:
            yield from super().consume(limit, timeout, TURN_SECONDS, **options)
        except EOFError as error:
            # eventlet says so when a publisher has closed the socket that is being read here.
            raise ConnectionResetError("closed while it was read") from error

    def unregister_provider(self, provider: Any) -> None:
        """Cancel the provider's consumer; without a connection there is none."""
        if self.connected:
            super().unregister_provider(provider)
        else:
            ProviderCollector.unregister_provider(self, provider)

    def stop(self) -> None:
        """Return when everything is settled; what was delivered over a lost connection is the broker's again."""
        if self.connected:
            super().stop()
        elif self._gt is not None:
            self._gt.kill()

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **options: Any) -> None:
        """Called for each new connection once consumers run."""
        self.connected = True
        super().on_consume_ready(connection, channel, consumers, **options)

    def handle_message(self, provider: Any, message: Message) -> None:
        """Hand a message over without ever blocking the loop that reads the connection."""
        if not getattr(provider, "no_ack", False):
            self.unsettled.add(id(message))
        if self.container._worker_pool.free() > 0 and getattr(provider, "immediate", False):
            provider.handle_message(message)
        else:
            self.container.spawn_managed_thread(partial(provider.handle_message, message))

    def ack_message(self, message: Message) -> None:
        """Settle a message for good."""
        self._settle(message, message.ack)

    def requeue_message(self, message: Message) -> None:
        """Give a message back to the broker."""
        self._settle(message, message.requeue)

    def reject_message(self, message: Message) -> None:
        """Refuse a message; the broker drops it."""
        self._settle(message, message.reject)

    def _settle(self, message: Message, settle: Callable[[], None]) -> None:
        self.unsettled.discard(id(message))
        if message.channel is None or not message.channel.connection:
            return
        try:
            settle()
        except (OSError, amqp.exceptions.AMQPError):
            log.info("settled_too_late", reason="the connection closed; the broker delivers the message again")

    @property
    def stopping(self) -> bool:
        """Whether this process has begun to stop, and new work should be left to others."""
        return self.stopping_since is not None

    def on_iteration(self) -> None:
        """Each turn of the loop: stop when no consumer is left and nothing is unsettled, or the drain is over."""
        self._cancel_consumers_if_requested()
        if self._consumers:
            return
        self.stopping_since = self.stopping_since or monotonic()
        if not self.unsettled or monotonic() - self.stopping_since > DRAIN_SECONDS:
            self.should_stop = True

    def publish(self, body: str, routing_key: str, *, mandatory: bool = False, **properties: Any) -> None:
        """Send a transient message on this loop's own channel. Only writes: reading is the loop's.

        `Unavailable` when there is no connection or the broker has blocked it.
        """
        channel = self.channel
        if channel is None or not channel.connection or self.blocked:
            raise Unavailable("broker_unavailable")
        message = amqp.Message(
            body, content_type="application/json", content_encoding="utf-8", delivery_mode=1, **properties
        )
        try:
            channel.send_method(spec.Basic.Publish, "Bssbb", (0, RPC_EXCHANGE, routing_key, mandatory, False), message)
        except (OSError, amqp.exceptions.AMQPError) as error:
            self._abandon(channel)
            raise Unavailable("broker_unavailable") from error

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is published and settled in the block goes out at its end; nothing in it may wait."""
        channel = self.channel
        if channel is None or self.outlet is None:
            yield
            return
        try:
            with self.outlet.together():
                yield
        except OSError:
            self._abandon(channel)

    def _abandon(self, channel: Any) -> None:
        """A write that failed half-way leaves the stream out of step: make the loop open a new connection."""
        connection = channel.connection
        if connection is not None and connection.transport is not None:
            connection.transport.close()

    def _on_blocked(self, reason: str) -> None:
        log.warning("broker_blocked", reason=reason)
        self.blocked = True

    def _on_unblocked(self) -> None:
        log.info("broker_unblocked")
        self.blocked = False

    def _on_return(self, _error: Exception, _exchange: str, _routing_key: str, message: Any) -> None:
        """A mandatory message reached no queue."""
