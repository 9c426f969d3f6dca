"""Reads of money: a certificate's account and its operations for its family, budgets for their municipality."""

from billing.queries.accounts import get_certificate_account
from billing.queries.budgets import list_budgets
from billing.queries.contracts import get_contract
from billing.queries.operations import list_operations
from billing.queries.periods import list_funding_programmes, list_periods

__all__ = [
    "get_certificate_account",
    "get_contract",
    "list_budgets",
    "list_funding_programmes",
    "list_operations",
    "list_periods",
]
