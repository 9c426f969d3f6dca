"""All contracts together, who reads which event, and the two methods that every service answers."""

from typing import Any

from marshmallow import fields, validate

from contracts import accounts, billing, catalog, certificates, enrollment, notifications
from contracts.base import Event, Method, Strict
from contracts.fields import Code, Id, Instant, Region, Text

PRODUCERS: tuple[Any, ...] = (accounts, catalog, enrollment, certificates, billing, notifications)
SERVICES: tuple[str, ...] = (*(module.SERVICE for module in PRODUCERS), "gateway")
EVENTS: dict[str, Event] = {event.type: event for module in PRODUCERS for event in module.EVENTS}

READERS: dict[str, tuple[Event, ...]] = {
    "accounts": (
        catalog.REGION_PUBLISHED,
        catalog.MUNICIPALITY_PUBLISHED,
        enrollment.ENROLLED,
        enrollment.APPLICATION_SUBMITTED,
        enrollment.APPLICATION_CANCELLED,
        enrollment.WITHDRAWN,
        enrollment.COMPLETED,
    ),
    "catalog": (enrollment.SEATS_CHANGED,),
    "enrollment": (
        accounts.CHILD_REGISTERED,
        accounts.CHILD_CHANGED,
        catalog.GROUP_PUBLISHED,
        catalog.GROUP_CHANGED,
        catalog.PROVIDER_SUSPENDED,
        catalog.PROVIDER_ACTIVATED,
        billing.OFFER_MADE,
        billing.CONTRACT_AWAITING_FUNDS,
        billing.CONTRACT_AWAITING_ACCEPTANCE,
        billing.CONTRACT_ACTIVATED,
        billing.CONTRACT_REFUSED,
        billing.CONTRACT_CLOSED,
    ),
    "certificates": (accounts.CHILD_REGISTERED, accounts.CHILD_CHANGED, enrollment.ENROLLED),
    "billing": (
        accounts.CHILD_REGISTERED,
        accounts.CHILD_CHANGED,
        certificates.CERTIFICATE_ISSUED,
        certificates.CERTIFICATE_FROZEN,
        certificates.CERTIFICATE_UNFROZEN,
        certificates.CERTIFICATE_REVOKED,
        certificates.CERTIFICATE_EXPIRED,
        enrollment.ENROLLED,
        enrollment.WITHDRAWN,
        enrollment.COMPLETED,
        enrollment.ATTENDANCE_RECORDED,
        enrollment.LESSON_CANCELLED,
        enrollment.LESSON_MOVED,
    ),
    "notifications": (
        accounts.GUARDIAN_REGISTERED,
        accounts.CHILD_REGISTERED,
        accounts.CHILD_CHANGED,
        catalog.GROUP_PUBLISHED,
        catalog.GROUP_CHANGED,
        enrollment.APPLICATION_WAITLISTED,
        enrollment.PLACE_OFFERED,
        enrollment.APPLICATION_CONFIRMED,
        enrollment.APPLICATION_CANCELLED,
        enrollment.ENROLLED,
        enrollment.WITHDRAWN,
        enrollment.COMPLETED,
        enrollment.LESSON_CANCELLED,
        enrollment.LESSON_MOVED,
        certificates.CERTIFICATE_ISSUED,
        certificates.CERTIFICATE_FROZEN,
        certificates.CERTIFICATE_UNFROZEN,
        certificates.CERTIFICATE_REVOKED,
        certificates.CERTIFICATE_EXPIRED,
        billing.CERTIFICATE_CREDITED,
        billing.FUNDING_QUEUED,
        billing.CONTRACT_AWAITING_FUNDS,
        billing.CONTRACT_AWAITING_ACCEPTANCE,
        billing.CONTRACT_ACTIVATED,
        billing.CONTRACT_REFUSED,
        billing.MONTH_DEBITED,
        billing.MONTH_REVERSED,
        billing.DEBIT_POSTED,
        billing.DEBIT_REVERSED,
    ),
}
"""Which service reads which event: queues, bindings and the permission to ask for a log follow from it."""


class LogRequest(Strict):
    """Which part of a service's event log to read; with `subject`, the events of that aggregate only."""

    after = fields.Integer(required=True, validate=validate.Range(min=0))
    types = fields.List(Text(), required=True)
    limit = fields.Integer(required=True, validate=validate.Range(min=1, max=500))
    subject = Text(allow_none=True, load_default=None)
    with_data = fields.Boolean(load_default=True)
    """Without, it is answered what happened and when, not what the events say."""


class LogEntry(Strict):
    """An event as the log keeps it."""

    event_id = Id(required=True)
    type = Text(required=True)
    region_code = Region(required=True)
    subject = Text(required=True)
    version = fields.Integer(required=True)
    position = fields.Integer(allow_none=True, required=True)
    occurred_at = Instant(required=True)
    traceparent = fields.String(allow_none=True, required=True)
    correlation_id = fields.String(allow_none=True, required=True)
    data = fields.Dict(required=True, allow_none=True)


class Log(Strict):
    """A part of the log: every event of the asked types up to and including position `through`."""

    epoch = Id(required=True)
    through = fields.Integer(required=True)
    events = fields.List(fields.Nested(LogEntry), required=True)


class OperationKey(Strict):
    """The idempotency key a command was sent with."""

    key = Text(required=True, longest=200)


class OperationOutcome(Strict):
    """What became of a command: its stored answer or refusal, or `unknown`."""

    status = Code(required=True, one_of=("done", "refused", "in_flight", "unknown"))
    operation = Text(allow_none=True, required=True)
    answer = fields.Dict(allow_none=True, required=True)


def log_method(service: str) -> Method:
    """The log of `service`, for the services that read it."""
    peers = frozenset(reader for reader, events in READERS.items() if any(e.producer == service for e in events))
    return Method(service, "log", LogRequest, Log, peers=peers)


def operation_method(service: str) -> Method:
    """What became of the caller's command with a given key."""
    return Method(service, "find_operation", OperationKey, OperationOutcome, allow=accounts.EVERYONE)


def standard(service: str) -> dict[str, Method]:
    """The two methods that every service with a database answers, by name."""
    return {"log": log_method(service), "find_operation": operation_method(service)}


METHODS: tuple[Method, ...] = tuple(
    method for module in PRODUCERS for method in (*module.METHODS, *standard(module.SERVICE).values())
)
