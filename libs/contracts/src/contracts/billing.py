"""Billing: funding programmes and their queue, periods, the ledger, offers, contracts and debits."""

from marshmallow import fields, validate

from contracts.accounts import GUARDIAN, MUNICIPALITY, ChildId, Nothing, Page
from contracts.base import Event, Method, Strict
from contracts.catalog import GroupTerms
from contracts.enrollment import MARKS
from contracts.fields import UNITS, Amount, Code, Id, Instant, Municipality, Text

SERVICE = "billing"
CERTIFICATE_STATES = ("accounting", "queued", "funded")
OPERATION_KINDS = (
    "credit",
    "hold",
    "release",
    "debit",
    "reversal",
    "returned",
    "carried_in",
    "carried_out",
)


class OfferMade(Strict):
    """A price was offered for a child and a group until `expires_at`."""

    offer_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    guardian_id = Id(required=True)
    terms_version = fields.Integer(required=True)
    max_parent_share = Amount(required=True)
    expires_at = Instant(required=True)


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


class ContractChanged(Strict):
    """The contract of an enrolment reached the state that the event's type names."""

    contract_id = Id(required=True)
    enrollment_id = Id(required=True)
    certificate_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    certificate_share = Amount(required=True)
    parent_share = Amount(required=True)
    effective_from = fields.Date(allow_none=True, required=True)


class DebitPosted(Strict):
    """Money moved from the certificate's hold to the provider for one lesson."""

    debit_id = Id(required=True)
    contract_id = Id(required=True)
    enrollment_id = Id(required=True)
    certificate_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    lesson_id = Id(required=True)
    lesson_on = fields.Date(required=True)
    mark = Code(required=True, one_of=MARKS)
    amount = Amount(required=True)
    balance_after = Amount(required=True)
    held_after = Amount(required=True)
    posted_at = Instant(required=True)


class DebitReversed(DebitPosted):
    """The debit `debit_id` was undone, since the mark was corrected to `mark`."""


OFFER_MADE = Event(SERVICE, "billing.offer.made.v1", OfferMade)
CERTIFICATE_CREDITED = Event(SERVICE, "billing.certificate.credited.v1", CertificateCredited)
FUNDING_QUEUED = Event(SERVICE, "billing.funding.queued.v1", FundingQueued)
CONTRACT_AWAITING_FUNDS = Event(SERVICE, "billing.contract.awaiting_funds.v1", ContractChanged)
CONTRACT_AWAITING_ACCEPTANCE = Event(SERVICE, "billing.contract.awaiting_acceptance.v1", ContractChanged)
CONTRACT_ACTIVATED = Event(SERVICE, "billing.contract.activated.v1", ContractChanged)
DEBIT_POSTED = Event(SERVICE, "billing.debit.posted.v1", DebitPosted)
DEBIT_REVERSED = Event(SERVICE, "billing.debit.reversed.v1", DebitReversed)
EVENTS = (
    OFFER_MADE,
    CERTIFICATE_CREDITED,
    FUNDING_QUEUED,
    CONTRACT_AWAITING_FUNDS,
    CONTRACT_AWAITING_ACCEPTANCE,
    CONTRACT_ACTIVATED,
    DEBIT_POSTED,
    DEBIT_REVERSED,
)


class OfferRequest(Strict):
    """A child, and the terms of the group it might join (read from catalog by the gateway)."""

    child_id = Id(required=True)
    terms = fields.Nested(GroupTerms, required=True)


class Offer(Strict):
    """What the certificate would pay and what the family, and the most the family could be asked for."""

    offer_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    price = Amount(required=True)
    certificate_share = Amount(required=True)
    parent_share = Amount(required=True)
    max_parent_share = Amount(required=True)
    per_lesson = Amount(required=True)
    lesson_count = fields.Integer(required=True)
    queue_position = fields.Integer(allow_none=True, required=True)
    terms = Text(required=True, longest=4000, metadata={"description": "What the guardian accepts, in Russian."})
    terms_version = fields.Integer(required=True)
    expires_at = Instant(required=True)


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


class NewAllocation(Strict):
    """Money that the municipality gives to a funding programme."""

    funding_programme_id = Id(required=True)
    amount = Amount(required=True)
    basis = Text(required=True, longest=300, metadata={"example": "Постановление № 14 от 20.08.2026"})


class Budget(Strict):
    """A funding programme of a municipality and where its money is."""

    funding_programme_id = Id(required=True)
    municipality_code = Municipality(required=True)
    period_starts_on = fields.Date(required=True)
    period_ends_on = fields.Date(required=True)
    category = Text(required=True)
    unit = Code(required=True, one_of=UNITS)
    nominal = Amount(required=True)
    allocated = Amount(required=True)
    available = Amount(required=True)
    credited = Amount(required=True)
    certificates_funded = fields.Integer(required=True)
    certificates_queued = fields.Integer(required=True)


class Budgets(Strict):
    """The budgets of the caller's municipality."""

    items = fields.List(fields.Nested(Budget), required=True)


_GUARDIAN, _MUNICIPALITY = frozenset({GUARDIAN}), frozenset({MUNICIPALITY})
MAKE_OFFER = Method(
    SERVICE,
    "make_offer",
    OfferRequest,
    Offer,
    allow=_GUARDIAN,
    command=True,
    hashed=("child_id", "terms.group_id"),
)
GET_CERTIFICATE_ACCOUNT = Method(SERVICE, "get_certificate_account", ChildId, CertificateAccount, allow=_GUARDIAN)
LIST_OPERATIONS = Method(SERVICE, "list_operations", ChildPage, Operations, allow=_GUARDIAN)
LIST_BUDGETS = Method(SERVICE, "list_budgets", Nothing, Budgets, allow=_MUNICIPALITY)
ALLOCATE_BUDGET = Method(SERVICE, "allocate_budget", NewAllocation, Budget, allow=_MUNICIPALITY, command=True)
METHODS = (MAKE_OFFER, GET_CERTIFICATE_ACCOUNT, LIST_OPERATIONS, LIST_BUDGETS, ALLOCATE_BUDGET)
