"""An event as it travels: a CloudEvent in binary mode, that is in headers and body of a message."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kombu import Message

from chassis import codec
from chassis.inbox import Delivery

BODY_BYTES_MAX = 1024 * 1024
HEADER_LENGTH_MAX = 255


def decode(message: Message, producer: str) -> Delivery:
    """A CloudEvent in binary mode from the producer's own broker user. `ValueError` or `KeyError` for all else."""
    if message.properties.get("user_id") != producer:
        raise ValueError(f"sent by {message.properties.get('user_id')!r} instead of {producer!r}")
    if message.content_type != "application/json":
        raise ValueError(f"content type {message.content_type!r}")
    headers = message.headers or {}
    data = codec.loads(message.body, bytes_max=BODY_BYTES_MAX)
    if not isinstance(data, dict):
        raise ValueError("the body is not an object")
    return Delivery(
        event_id=_header(headers, "ce-id"),
        type=_header(headers, "ce-type"),
        region_code=_header(headers, "region"),
        subject=_header(headers, "ce-subject"),
        version=_number(headers["version"]),
        occurred_at=datetime.fromisoformat(str(headers["ce-time"])),
        data=data,
        traceparent=_header(headers, "traceparent", ""),
        correlation_id=_header(headers, "correlation-id", ""),
    )


def _header(headers: Mapping[str, Any], name: str, default: str | None = None) -> str:
    text = str(headers[name] if default is None else headers.get(name, default))
    if len(text) > HEADER_LENGTH_MAX or not text.isprintable():
        raise ValueError(f"header {name}")
    return text


def _number(text: Any) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError("header version")
    return number
