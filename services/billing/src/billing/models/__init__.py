"""The tables that billing owns. Its guards that are more than constraints are triggers made by the first migration."""

from billing.models.agreements import Acceptance, Charge, Contract, ContractLesson, ContractRefusal, Offer
from billing.models.base import Base
from billing.models.facts import (
    AttendanceMark,
    Certificate,
    CertificateState,
    Enrollment,
    EnrollmentEnd,
    LessonChange,
)
from billing.models.funding import (
    Credit,
    Departure,
    FundingPeriod,
    FundingProgramme,
    FundingRequest,
    FundingRules,
    Pocket,
)
from billing.models.ledger import LedgerChain, LedgerReversal, LedgerRoute, LedgerTransaction, Posting
from billing.models.months import ContractMonth, MonthCharge

__all__ = [
    "Acceptance",
    "AttendanceMark",
    "Base",
    "Certificate",
    "CertificateState",
    "Charge",
    "Contract",
    "ContractLesson",
    "ContractMonth",
    "ContractRefusal",
    "Credit",
    "Departure",
    "Enrollment",
    "EnrollmentEnd",
    "FundingPeriod",
    "FundingProgramme",
    "FundingRequest",
    "FundingRules",
    "LedgerChain",
    "LedgerReversal",
    "LedgerRoute",
    "LedgerTransaction",
    "LessonChange",
    "MonthCharge",
    "Offer",
    "Pocket",
    "Posting",
]
