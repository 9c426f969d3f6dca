"""The tables that billing owns. Its guards that are more than constraints are triggers made by the first migration."""

from billing.models.agreements import Charge, Contract, ContractLesson, Offer
from billing.models.base import Base
from billing.models.facts import AttendanceMark, Certificate, Enrollment
from billing.models.funding import Credit, FundingPeriod, FundingProgramme, FundingRequest, Pocket
from billing.models.ledger import LedgerReversal, LedgerRoute, LedgerTransaction, Posting

__all__ = [
    "AttendanceMark",
    "Base",
    "Certificate",
    "Charge",
    "Contract",
    "ContractLesson",
    "Credit",
    "Enrollment",
    "FundingPeriod",
    "FundingProgramme",
    "FundingRequest",
    "LedgerReversal",
    "LedgerRoute",
    "LedgerTransaction",
    "Offer",
    "Pocket",
    "Posting",
]
