"""Funding periods as a region sets them, and rules as a municipality sets them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import FundingPeriod, FundingProgramme, FundingRules
from billing.views import of_municipality, period_view, rules_view
from chassis import clock
from chassis.context import Actor


def list_periods(session: Session, caller: Actor) -> dict[str, Any]:
    """The periods of the caller's region, in the order of their dates."""
    query = select(FundingPeriod).where(FundingPeriod.region_code == caller.region_code)
    at = clock.now()
    return {"items": [period_view(each, at) for each in session.scalars(query.order_by(FundingPeriod.starts_on))]}


def list_funding_programmes(session: Session, caller: Actor) -> dict[str, Any]:
    """The versions of the rules of the caller's municipality that held, hold or will hold, and no others."""
    query = (
        select(FundingProgramme, FundingRules)
        .join(
            FundingPeriod,
            (FundingPeriod.region_code == FundingProgramme.region_code)
            & (FundingPeriod.period_id == FundingProgramme.period_id),
        )
        .join(
            FundingRules,
            (FundingRules.region_code == FundingProgramme.region_code)
            & (FundingRules.programme_id == FundingProgramme.programme_id),
        )
        .where(of_municipality(caller), FundingRules.superseded_at.is_(None))
        .order_by(FundingPeriod.starts_on, FundingProgramme.category, FundingRules.valid_from)
    )
    return {"items": [rules_view(*row) for row in session.execute(query)]}
