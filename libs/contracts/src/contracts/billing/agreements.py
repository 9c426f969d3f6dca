"""Contracts of enrolments."""

from marshmallow import fields

from contracts.accounts import GUARDIAN
from contracts.base import Event, Method, Strict
from contracts.billing.codes import SERVICE
from contracts.enrollment import CONTRACT_STATES
from contracts.fields import Amount, Code, Id, Instant


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


CONTRACT_AWAITING_FUNDS = Event(SERVICE, "billing.contract.awaiting_funds.v1", ContractChanged)
CONTRACT_AWAITING_ACCEPTANCE = Event(SERVICE, "billing.contract.awaiting_acceptance.v1", ContractChanged)
CONTRACT_ACTIVATED = Event(SERVICE, "billing.contract.activated.v1", ContractChanged)
CONTRACT_REFUSED = Event(SERVICE, "billing.contract.refused.v1", ContractChanged)
CONTRACT_CLOSED = Event(SERVICE, "billing.contract.closed.v1", ContractChanged)


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


_GUARDIAN = frozenset({GUARDIAN})
GET_CONTRACT = Method(SERVICE, "get_contract", EnrollmentId, ContractStatus, allow=_GUARDIAN)
ACCEPT_CONTRACT = Method(SERVICE, "accept_contract", ContractAcceptance, ContractStatus, allow=_GUARDIAN, command=True)
REFUSE_CONTRACT = Method(SERVICE, "refuse_contract", EnrollmentId, ContractStatus, allow=_GUARDIAN, command=True)
