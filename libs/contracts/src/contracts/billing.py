"""Billing: funding programmes and their queue, periods, the ledger, offers, contracts and debits."""

from marshmallow import fields, validate

from contracts.accounts import GUARDIAN, MUNICIPALITY, REGION, ChildId, Nothing, Page
from contracts.base import Event, Method, Strict
from contracts.catalog import GroupTerms
from contracts.enrollment import CONTRACT_STATES, MARKS
from contracts.fields import UNITS, Amount, Code, Id, Instant, Municipality, Region, Text

SERVICE = "billing"
CERTIFICATE_STATES = ("accounting", "queued", "funded")
CATEGORIES = ("children_5_17",)
CHARGES = ("per_attended_lesson", "monthly_share")
REMAINDERS = ("burn", "carry_over")
PERIOD_STATES = ("planned", "open", "closing", "closed")
"""Before `starts_on`; while lessons are held; after `ends_on` until `closes_at`; after it."""
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
    reason = Code(allow_none=True, metadata={"description": "Why it waits for acceptance, was refused or closed."})
    accept_by = Instant(allow_none=True, metadata={"description": "Until when a guardian may accept a new offer."})


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


class MonthDebited(Strict):
    """The prepaid share of a month moved from the certificate's hold to the provider (charge `monthly_share`)."""

    debit_id = Id(required=True)
    contract_id = Id(required=True)
    enrollment_id = Id(required=True)
    certificate_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    month_on = fields.Date(required=True, metadata={"description": "First day of the month."})
    amount = Amount(required=True)
    balance_after = Amount(required=True)
    held_after = Amount(required=True)
    posted_at = Instant(required=True)


OFFER_MADE = Event(SERVICE, "billing.offer.made.v1", OfferMade)
CERTIFICATE_CREDITED = Event(SERVICE, "billing.certificate.credited.v1", CertificateCredited)
FUNDING_QUEUED = Event(SERVICE, "billing.funding.queued.v1", FundingQueued)
CONTRACT_AWAITING_FUNDS = Event(SERVICE, "billing.contract.awaiting_funds.v1", ContractChanged)
CONTRACT_AWAITING_ACCEPTANCE = Event(SERVICE, "billing.contract.awaiting_acceptance.v1", ContractChanged)
CONTRACT_ACTIVATED = Event(SERVICE, "billing.contract.activated.v1", ContractChanged)
CONTRACT_REFUSED = Event(SERVICE, "billing.contract.refused.v1", ContractChanged)
CONTRACT_CLOSED = Event(SERVICE, "billing.contract.closed.v1", ContractChanged)
MONTH_DEBITED = Event(SERVICE, "billing.debit.month_posted.v1", MonthDebited)
DEBIT_POSTED = Event(SERVICE, "billing.debit.posted.v1", DebitPosted)
DEBIT_REVERSED = Event(SERVICE, "billing.debit.reversed.v1", DebitReversed)
EVENTS = (
    OFFER_MADE,
    CERTIFICATE_CREDITED,
    FUNDING_QUEUED,
    CONTRACT_AWAITING_FUNDS,
    CONTRACT_AWAITING_ACCEPTANCE,
    CONTRACT_ACTIVATED,
    CONTRACT_REFUSED,
    CONTRACT_CLOSED,
    MONTH_DEBITED,
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


class ContractAcceptance(Strict):
    """A guardian accepts a new offer for an enrolment whose contract awaits acceptance."""

    enrollment_id = Id(required=True)
    offer_id = Id(required=True)


class EnrollmentId(Strict):
    """One enrolment."""

    enrollment_id = Id(required=True)


class ContractStatus(Strict):
    """A contract as its family sees it."""

    contract_id = Id(required=True)
    enrollment_id = Id(required=True)
    child_id = Id(required=True)
    state = Code(required=True, one_of=CONTRACT_STATES)
    reason = Code(allow_none=True, required=True)
    accept_by = Instant(allow_none=True, required=True)
    effective_from = fields.Date(allow_none=True, required=True)
    price = Amount(required=True)
    certificate_share = Amount(required=True)
    parent_share = Amount(required=True)
    charged = Amount(required=True, metadata={"description": "Debits that stand."})
    uncovered = Amount(required=True, metadata={"description": "Charges that the hold could not pay."})
    lessons_not_covered = fields.Integer(required=True, metadata={"description": "Lessons before the coverage began."})


class FundingPeriodView(Strict):
    """A funding period of a region."""

    period_id = Id(required=True)
    region_code = Region(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, metadata={"description": "Day of the last lesson."})
    closes_at = Instant(required=True, metadata={"description": "End of all postings."})
    state = Code(required=True, one_of=PERIOD_STATES)


class FundingPeriods(Strict):
    """The region's periods, in the order of their dates."""

    items = fields.List(fields.Nested(FundingPeriodView), required=True)


class NewFundingPeriod(Strict):
    """A period that the region sets; periods of a region do not overlap and leave no gap."""

    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    closes_at = Instant(required=True)
    time_zone = Text(
        load_default=None,
        allow_none=True,
        metadata={"description": "IANA name; needed for a region's first period only."},
    )


class FundingRules(Strict):
    """A funding programme's rules; a new version of them counts for what begins on or after `valid_from`."""

    nominal = Amount(required=True)
    certificates_max = fields.Integer(allow_none=True, required=True, validate=validate.Range(min=0))
    nominal_sum_max = Amount(allow_none=True, required=True)
    charge = Code(required=True, one_of=CHARGES)
    absent_percent = fields.Integer(required=True, validate=validate.Range(min=0, max=100))
    ill_percent = fields.Integer(required=True, validate=validate.Range(min=0, max=100))
    excused_percent = fields.Integer(required=True, validate=validate.Range(min=0, max=100))
    copayment_allowed = fields.Boolean(required=True)
    remainder = Code(required=True, one_of=REMAINDERS)


class NewFundingProgramme(FundingRules):
    """The caller's municipality sets its rules for a period, or a new version of them from a date on."""

    period_id = Id(required=True)
    category = Code(load_default="children_5_17", one_of=CATEGORIES)
    valid_from = fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "Absent: as early as it may, the period's start or tomorrow."},
    )


class FundingProgrammeVersion(FundingRules):
    """One version of a funding programme's rules and the dates it holds for."""

    funding_programme_id = Id(required=True)
    rule_version = fields.Integer(required=True)
    municipality_code = Municipality(required=True)
    period_id = Id(required=True)
    category = Code(required=True, one_of=CATEGORIES)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class FundingProgrammeVersions(Strict):
    """All versions of the municipality's programmes, in the order of period, category and date."""

    items = fields.List(fields.Nested(FundingProgrammeVersion), required=True)


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
GET_CONTRACT = Method(SERVICE, "get_contract", EnrollmentId, ContractStatus, allow=_GUARDIAN)
ACCEPT_CONTRACT = Method(SERVICE, "accept_contract", ContractAcceptance, ContractStatus, allow=_GUARDIAN, command=True)
REFUSE_CONTRACT = Method(SERVICE, "refuse_contract", EnrollmentId, ContractStatus, allow=_GUARDIAN, command=True)
LIST_PERIODS = Method(SERVICE, "list_periods", Nothing, FundingPeriods, allow=frozenset({MUNICIPALITY, REGION}))
SET_PERIOD = Method(SERVICE, "set_period", NewFundingPeriod, FundingPeriodView, allow=frozenset({REGION}), command=True)
LIST_FUNDING_PROGRAMMES = Method(
    SERVICE, "list_funding_programmes", Nothing, FundingProgrammeVersions, allow=_MUNICIPALITY
)
SET_FUNDING_PROGRAMME = Method(
    SERVICE,
    "set_funding_programme",
    NewFundingProgramme,
    FundingProgrammeVersion,
    allow=_MUNICIPALITY,
    command=True,
)
METHODS = (
    MAKE_OFFER,
    GET_CERTIFICATE_ACCOUNT,
    LIST_OPERATIONS,
    GET_CONTRACT,
    ACCEPT_CONTRACT,
    REFUSE_CONTRACT,
    LIST_PERIODS,
    SET_PERIOD,
    LIST_FUNDING_PROGRAMMES,
    SET_FUNDING_PROGRAMME,
    LIST_BUDGETS,
    ALLOCATE_BUDGET,
)
