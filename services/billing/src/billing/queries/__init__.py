"""Reads of money: a certificate's account and its operations for its family, budgets for their municipality."""

from billing.queries.accounts import get_certificate_account
from billing.queries.budgets import list_budgets
from billing.queries.operations import list_operations

__all__ = ["get_certificate_account", "list_budgets", "list_operations"]
