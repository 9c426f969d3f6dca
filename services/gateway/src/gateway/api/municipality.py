"""A municipality's money and the rules it is given by."""

from typing import Any

from flask import Response

from contracts import billing
from contracts.accounts import MUNICIPALITY
from gateway import answers
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("municipality", "A municipality's money and the rules it is given by.")
ALLOCATION = {
    "funding_programme_id": "38000000-0000-4000-8000-000000000301",
    "amount": {"value": "250000.00", "unit": "RUB"},
    "basis": "Постановление № 14 от 20.08.2026",
}
PROGRAMME = {
    "period_id": "38000000-0000-4000-8000-000000000201",
    "category": "children_5_17",
    "valid_from": "2026-09-01",
    "nominal": {"value": "18000.00", "unit": "RUB"},
    "certificates_max": 1200,
    "nominal_sum_max": {"value": "21600000.00", "unit": "RUB"},
    "charge": "per_attended_lesson",
    "absent_percent": 100,
    "ill_percent": 0,
    "excused_percent": 0,
    "copayment_allowed": True,
    "remainder": "burn",
    "clubs_at_once_max": 2,
    "direction_limits": {"sport": 1, "tourism": 0},
}


@blp.get("/municipality/periods")
@allow(MUNICIPALITY)
@blp.answers(200, billing.FundingPeriods)
def list_municipal_periods() -> Response:
    """The funding periods of the caller's region, in the order of their dates."""
    return answers.ok(ask(billing.LIST_PERIODS))


@blp.get("/municipality/funding-programmes")
@allow(MUNICIPALITY)
@blp.answers(200, billing.FundingProgrammeVersions)
def list_funding_programmes() -> Response:
    """All versions of the rules of the caller's municipality, in the order of period, category and date."""
    return answers.ok(ask(billing.LIST_FUNDING_PROGRAMMES))


@blp.post("/municipality/funding-programmes")
@allow(MUNICIPALITY)
@keyed
@blp.takes(billing.NewFundingProgramme, PROGRAMME)
@blp.answers(201, billing.FundingProgrammeVersion)
@blp.refuses(400, "amount_not_positive", "unit_mismatch", "valid_from_outside_period")
@blp.refuses(404, "funding_period_not_found")
@blp.refuses(422, "period_ended", "valid_from_leaves_gap", "valid_from_too_early")
def set_funding_programme(fields: dict[str, Any]) -> Response:
    """Set the rules for a period and a category of children, or a new version of them from a date on."""
    return answers.created(ask(billing.SET_FUNDING_PROGRAMME, fields))


@blp.get("/municipality/budgets")
@allow(MUNICIPALITY)
@blp.answers(200, billing.Budgets)
def list_budgets() -> Response:
    """The funding programmes of the caller's municipality, and where their money is."""
    return answers.ok(ask(billing.LIST_BUDGETS))


@blp.post("/municipality/budgets")
@allow(MUNICIPALITY)
@keyed
@blp.takes(billing.NewAllocation, ALLOCATION)
@blp.answers(201, billing.Budget)
@blp.refuses(400, "amount_not_positive", "unit_mismatch")
@blp.refuses(404, "funding_programme_not_found")
@blp.refuses(422, "period_ended")
def allocate_budget(fields: dict[str, Any]) -> Response:
    """Give money to a funding programme. Waiting certificates are funded at once, first come first served."""
    return answers.created(ask(billing.ALLOCATE_BUDGET, fields))
