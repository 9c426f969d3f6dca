"""What the regional operator decides: funding periods and providers."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import billing, catalog
from contracts.accounts import REGION
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("region", "What the regional operator decides: funding periods and providers.")
PERIOD = {"starts_on": "2027-01-01", "ends_on": "2027-12-31", "closes_at": "2028-01-20T16:00:00Z"}
DECISION = {"state": "suspended", "reason": "licence_lapsed"}


@blp.get("/region/periods")
@allow(REGION)
@blp.answers(200, billing.FundingPeriods)
def list_periods() -> Response:
    """The region's funding periods, in the order of their dates."""
    return answers.ok(ask(billing.LIST_PERIODS))


@blp.post("/region/periods")
@allow(REGION)
@keyed
@blp.takes(billing.NewFundingPeriod, PERIOD)
@blp.answers(201, billing.FundingPeriodView)
@blp.refuses(400, "closes_too_early", "dates_reversed", "time_zone_needed")
@blp.refuses(422, "period_not_adjacent")
def set_period(fields: dict[str, Any]) -> Response:
    """Set the next funding period. Periods of a region neither overlap nor leave a gap."""
    return answers.created(ask(billing.SET_PERIOD, fields))


@blp.get("/region/providers")
@allow(REGION)
@blp.filters(catalog.ProviderFilter)
@blp.answers(200, catalog.Providers)
def list_providers(fields: dict[str, Any]) -> Response:
    """The region's providers, by name."""
    return answers.ok(ask(catalog.LIST_PROVIDERS, fields))


@blp.post("/region/providers/<uuid:provider_id>/decision")
@allow(REGION)
@keyed
@blp.takes(schemas.ProviderDecision, DECISION)
@blp.answers(200, catalog.ProviderView)
@blp.refuses(404, "provider_not_found")
@blp.refuses(422, "decision_reason_wrong")
def decide_provider(fields: dict[str, Any], provider_id: UUID) -> Response:
    """Suspend a provider, or admit it again. A suspended one takes no new children; those enrolled go on."""
    return answers.ok(ask(catalog.DECIDE_PROVIDER, {**fields, "provider_id": str(provider_id)}))
