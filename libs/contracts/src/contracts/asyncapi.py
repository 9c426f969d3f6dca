"""The AsyncAPI 3.0 document of the public events, made from the contracts and their golden messages."""

import json
from importlib.resources import files
from typing import Any

from contracts import enrollment
from contracts.base import Event
from contracts.json_schemas import components, name_of, summary_of
from contracts.registry import EVENTS

EXCHANGE = f"{enrollment.SERVICE}.events"
PUBLIC_EVENTS: tuple[Event, ...] = tuple(event for event in EVENTS.values() if event.public)
BINDING = "0.3.0"
DESCRIPTION = """\
What Kruzhok tells integrators about places in children's clubs: applications, enrolments, lessons and attendance of one
region. Events hold identifiers, codes, dates and amounts, never a name, a birth date or a contact.

Delivery is at least once: `ce-id` tells repetitions, `version` orders the events of one `ce-subject`. New event types
and new fields may appear at any time; an existing field keeps its name and meaning within one `.v1`.
"""
UUID = {"type": "string", "format": "uuid"}
HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 attributes in binary mode, and what orders the events.",
    "properties": {
        "ce-id": {**UUID, "description": "The event's own id, also the AMQP message_id: the same in every repetition."},
        "ce-type": {"type": "string", "description": "What happened, also the AMQP type."},
        "ce-source": {"type": "string", "description": "Who announces it.", "const": f"/{enrollment.SERVICE}"},
        "ce-time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "ce-subject": {**UUID, "description": "The application, enrolment, lesson or group that it is about."},
        "ce-specversion": {"type": "string", "const": "1.0"},
        "version": {"type": "integer", "minimum": 1, "description": "Grows with each event of one ce-subject."},
        "position": {"type": "integer", "minimum": 1, "description": "Grows with each event of the source."},
        "region": {"type": "string", "pattern": r"^\d{2}$", "description": "The region's number."},
        "traceparent": {"type": "string", "description": "W3C trace context of the request that caused it."},
        "correlation-id": {"type": "string", "description": "The id of that request, for questions to support."},
    },
    "required": [
        "ce-id",
        "ce-type",
        "ce-source",
        "ce-time",
        "ce-subject",
        "ce-specversion",
        "version",
        "position",
        "region",
    ],
}


def document() -> dict[str, Any]:
    """The whole document: a channel, an operation and a message for each public event."""
    schemas: dict[str, Any] = {"Headers": HEADERS}
    for event in PUBLIC_EVENTS:
        schemas |= components(event.schema())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Кружок: events",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "AGPL-3.0-or-later", "url": "https://www.gnu.org/licenses/agpl-3.0.html"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {event.type: _channel(event) for event in PUBLIC_EVENTS},
        "operations": {f"announce.{event.type}": _operation(event) for event in PUBLIC_EVENTS},
        "components": {
            "messages": {event.type: _message(event) for event in PUBLIC_EVENTS},
            "schemas": schemas,
            "securitySchemes": {"user": {"type": "userPassword", "description": "The integrator's own broker user."}},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": "amqp",
        "protocolVersion": "0-9-1",
        "description": "RabbitMQ; the operator of the portal tells its address together with the user and the queue.",
        "variables": {"host": {"description": "Host and port.", "default": "localhost:5672"}},
        "security": [{"$ref": "#/components/securitySchemes/user"}],
    }


def _channel(event: Event) -> dict[str, Any]:
    return {
        "address": f"{event.type}.{{region}}",
        "description": "A routing key of the exchange; an integrator's queue is bound to those of its region.",
        "messages": {"event": {"$ref": f"#/components/messages/{event.type}"}},
        "parameters": {"region": {"description": "The region's number, two digits.", "examples": ["05", "38"]}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"},
                "bindingVersion": BINDING,
            }
        },
    }


def _operation(event: Event) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{event.type}"},
        "summary": summary_of(event.schema),
        "messages": [{"$ref": f"#/channels/{event.type}/messages/event"}],
        "bindings": {"amqp": {"deliveryMode": 2, "timestamp": True, "bindingVersion": BINDING}},
    }


def _message(event: Event) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": name_of(event.schema()),
        "summary": summary_of(event.schema),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{name_of(event.schema())}"},
        "correlationId": {"location": "$message.header#/correlation-id"},
        "bindings": {"amqp": {"contentEncoding": "utf-8", "messageType": event.type, "bindingVersion": BINDING}},
        "examples": [_example(event)],
    }


def _example(event: Event) -> dict[str, Any]:
    """The newest golden message, as it is on the wire."""
    kept = files("contracts").joinpath("golden", event.type)
    newest = max((path for path in kept.iterdir() if path.name.endswith(".json")), key=lambda path: path.name)
    golden = json.loads(newest.read_text(encoding="utf-8"))
    headers = {
        "ce-id": golden["event_id"],
        "ce-type": golden["type"],
        "ce-source": f"/{event.producer}",
        "ce-time": golden["occurred_at"],
        "ce-subject": golden["subject"],
        "ce-specversion": "1.0",
        "version": golden["version"],
        "position": 1,
        "region": golden["region_code"],
    }
    return {"headers": headers, "payload": golden["data"]}
