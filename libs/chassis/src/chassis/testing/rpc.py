"""Calling services as any AMQP client would, without nameko and eventlet in the test's process."""

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import pika  # type: ignore[import-untyped]

EXCHANGE = "nameko-rpc"
REPLY_QUEUE_ARGUMENTS = {"x-expires": 300_000}


class RpcClient:
    """One blocking connection as the broker user in the URL; a context manager."""

    def __init__(self, amqp_url: str) -> None:
        self.user = unquote(urlsplit(amqp_url).username or "")
        self.connection = pika.BlockingConnection(pika.URLParameters(f"{amqp_url}?heartbeat=0"))
        self.channel = self.connection.channel()
        identity = uuid.uuid4()
        self.reply_key = f"reply.{self.user}.{identity}"
        self.reply_queue = f"rpc.reply-{self.user}-{identity}"
        self.channel.queue_declare(self.reply_queue, durable=True, arguments=REPLY_QUEUE_ARGUMENTS)
        self.channel.queue_bind(self.reply_queue, EXCHANGE, self.reply_key)
        self.channel.basic_consume(self.reply_queue, self._replied, auto_ack=True)
        self.channel.add_on_return_callback(self._returned)
        self._answers: dict[str, Any] = {}

    def __enter__(self) -> "RpcClient":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the reply queue and close."""
        if self.channel.is_open:
            self.channel.queue_delete(self.reply_queue)
        if self.connection.is_open:
            self.connection.close()

    def call(
        self,
        service: str,
        method: str,
        fields: Mapping[str, Any] | None = None,
        *,
        token: str = "",
        key: str = "",
        timeout_seconds: float = 5,
        headers: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The reply as it came: `{"result": …, "error": null | {"exc_type", "exc_args": [code, message, details]}}`.

        `body`, `headers` and `properties` replace what a well-behaved client sends. `LookupError` when nobody serves
        the method, `TimeoutError` when nothing was answered in time.
        """
        correlation_id = self.send(
            service, method, fields, token=token, key=key, timeout_seconds=timeout_seconds, headers=headers, body=body,
            properties=properties,
        )  # fmt: skip
        return self.reply_to(correlation_id, f"{service}.{method}", timeout_seconds)

    def send(
        self,
        service: str,
        method: str,
        fields: Mapping[str, Any] | None = None,
        *,
        token: str = "",
        key: str = "",
        timeout_seconds: float = 5,
        headers: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> str:
        """Send a request and return its correlation id, for `reply_to`."""
        correlation_id = str(uuid.uuid4())
        sent_headers = {"nameko.token": token, "nameko.idempotency_key": key}
        sent_headers = {name: value for name, value in sent_headers.items() if value}
        sent_headers |= {"nameko.remaining_ms": int(timeout_seconds * 1000)} | dict(headers or {})
        sent = {
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "reply_to": self.reply_key,
            "correlation_id": correlation_id,
            "user_id": self.user,
            "headers": sent_headers,
        } | dict(properties or {})
        payload = json.dumps({"args": [], "kwargs": dict(fields or {})}).encode() if body is None else body
        self.channel.basic_publish(
            EXCHANGE, f"{service}.{method}", payload, pika.BasicProperties(**sent), mandatory=True
        )
        return correlation_id

    def reply_to(self, correlation_id: str, what: str, timeout_seconds: float = 5) -> dict[str, Any]:
        """Wait for the reply to an earlier request."""
        deadline = time.monotonic() + timeout_seconds
        while correlation_id not in self._answers:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{what} was not answered within {timeout_seconds} s")
            self.connection.process_data_events(time_limit=left)
        answer = self._answers.pop(correlation_id)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    def _replied(self, _channel: Any, _method: Any, properties: Any, body: bytes) -> None:
        self._answers[properties.correlation_id] = json.loads(body)

    def _returned(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        self._answers[properties.correlation_id] = LookupError(f"nobody serves {method.routing_key}")
