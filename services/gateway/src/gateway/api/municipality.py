"""A municipality's money."""

from typing import Any

from flask import Response

from contracts import billing
from contracts.accounts import MUNICIPALITY
from gateway import answers
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("municipality", "A municipality's money.")
EXAMPLE = {
    "funding_programme_id": "38000000-0000-4000-8000-000000000301",
    "amount": {"value": "250000.00", "unit": "RUB"},
    "basis": "Постановление № 14 от 20.08.2026",
}


@blp.get("/municipality/budgets")
@allow(MUNICIPALITY)
@blp.answers(200, billing.Budgets)
def list_budgets() -> Response:
    """The funding programmes of the caller's municipality, and where their money is."""
    return answers.ok(ask(billing.LIST_BUDGETS))


@blp.post("/municipality/budgets")
@allow(MUNICIPALITY)
@keyed
@blp.takes(billing.NewAllocation, EXAMPLE)
@blp.answers(201, billing.Budget)
@blp.refuses(400, "amount_not_positive", "unit_mismatch")
@blp.refuses(404, "funding_programme_not_found")
def allocate_budget(fields: dict[str, Any]) -> Response:
    """Give money to a funding programme. Waiting certificates are funded at once, first come first served."""
    return answers.created(ask(billing.ALLOCATE_BUDGET, fields))
