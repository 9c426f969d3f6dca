"""What changes money. Facts are kept and settled; offers are made; budgets are allocated and granted."""

from billing.commands.budgets import allocate_budget
from billing.commands.facts import keep_certificate, keep_enrollment, keep_marks
from billing.commands.ledger import guard_partitions
from billing.commands.offers import make_offer
from billing.commands.settling import grant_waiting

__all__ = [
    "allocate_budget",
    "grant_waiting",
    "guard_partitions",
    "keep_certificate",
    "keep_enrollment",
    "keep_marks",
    "make_offer",
]
