"""What changes money. Facts are kept and settled; offers are made; budgets are allocated and granted."""

from billing.commands.accepting import accept_contract, refuse_contract
from billing.commands.budgets import allocate_budget
from billing.commands.deadlines import lapse_acceptances, review_contracts
from billing.commands.departures import end_period
from billing.commands.facts import (
    keep_certificate,
    keep_certificate_state,
    keep_end,
    keep_enrollment,
    keep_lesson_change,
)
from billing.commands.leaving import empty_pockets
from billing.commands.ledger import guard_partitions
from billing.commands.marking import keep_pages
from billing.commands.offers import make_offer
from billing.commands.periods import set_period
from billing.commands.programmes import set_funding_programme
from billing.commands.settling import grant_waiting, prepay_due, settle_forgotten

__all__ = [
    "accept_contract",
    "allocate_budget",
    "empty_pockets",
    "end_period",
    "grant_waiting",
    "guard_partitions",
    "keep_certificate",
    "keep_certificate_state",
    "keep_end",
    "keep_enrollment",
    "keep_lesson_change",
    "keep_pages",
    "lapse_acceptances",
    "make_offer",
    "prepay_due",
    "refuse_contract",
    "review_contracts",
    "set_funding_programme",
    "set_period",
    "settle_forgotten",
]
