"""The money of a certificate and its movements."""

from marshmallow import fields, validate

from contracts.accounts import GUARDIAN, ChildId, Page
from contracts.base import Event, Method, Strict
from contracts.billing.codes import CERTIFICATE_STATES, OPERATION_KINDS, SERVICE
from contracts.fields import UNITS, Amount, Code, Id, Instant, Text


class CertificateCredited(Strict):
    """The nominal moved from the municipal budget to the certificate."""

    certificate_id = Id(required=True)
    child_id = Id(required=True)
    funding_programme_id = Id(required=True)
    amount = Amount(required=True)
    balance_after = Amount(required=True)
    credited_at = Instant(required=True)


class FundingQueued(Strict):
    """The municipal budget is short; the certificate waits in the queue."""

    certificate_id = Id(required=True)
    child_id = Id(required=True)
    funding_programme_id = Id(required=True)
    position = fields.Integer(required=True, validate=validate.Range(min=1))


CERTIFICATE_CREDITED = Event(SERVICE, "billing.certificate.credited.v1", CertificateCredited)
FUNDING_QUEUED = Event(SERVICE, "billing.funding.queued.v1", FundingQueued)


class CertificateAccount(Strict):
    """The money side of a certificate, for the current funding period.

    credited + carried_in = balance + held + spent + returned + carried_out, to the kopeck.
    """

    child_id = Id(required=True)
    certificate_id = Id(required=True)
    state = Code(required=True, one_of=CERTIFICATE_STATES)
    queue_position = fields.Integer(allow_none=True, required=True)
    period_starts_on = fields.Date(allow_none=True, required=True)
    period_ends_on = fields.Date(allow_none=True, required=True)
    unit = Code(required=True, one_of=UNITS)
    nominal = Amount(required=True)
    credited = Amount(required=True)
    carried_in = Amount(required=True)
    balance = Amount(required=True)
    held = Amount(required=True)
    spent = Amount(required=True)
    returned = Amount(required=True)
    carried_out = Amount(required=True)


class Operation(Strict):
    """One movement of a certificate's money and why it happened."""

    operation_id = Id(required=True)
    kind = Code(required=True, one_of=OPERATION_KINDS)
    amount = Amount(required=True)
    cause = Code(required=True, metadata={"example": "lesson_attended"})
    explanation = Text(required=True, longest=1000, metadata={"description": "One sentence in Russian."})
    occurred_at = Instant(required=True)
    balance_after = Amount(required=True)


class Operations(Strict):
    """Movements, newest first."""

    items = fields.List(fields.Nested(Operation), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class ChildPage(Page):
    """A page of something that belongs to a child."""

    child_id = Id(required=True)


_GUARDIAN = frozenset({GUARDIAN})
GET_CERTIFICATE_ACCOUNT = Method(SERVICE, "get_certificate_account", ChildId, CertificateAccount, allow=_GUARDIAN)
LIST_OPERATIONS = Method(SERVICE, "list_operations", ChildPage, Operations, allow=_GUARDIAN)
