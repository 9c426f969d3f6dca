"""Periods, budgets and rules, as commands answer with them and queries list them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from billing.domain.periods import state
from billing.models import FundingPeriod, FundingProgramme, FundingRequest, FundingRules
from billing.models.queue import in_line, local_day, rules_on
from chassis import clock
from chassis.context import Actor
from chassis.values import Amount


def of_municipality(caller: Actor) -> ColumnElement[bool]:
    """SQL: the programme belongs to the municipality that the caller works for."""
    return and_(
        FundingProgramme.region_code == caller.region_code,
        FundingProgramme.municipality_code == caller.scope.get("municipality_code", ""),
    )


def budget_views(
    session: Session, at: datetime, visible: ColumnElement[bool], programme_id: str | None = None
) -> list[dict[str, Any]]:
    """The visible programmes with their money, newest period first; one of them if it is named."""
    queued = (
        select(func.count())
        .select_from(FundingRequest)
        .where(
            FundingRequest.region_code == FundingProgramme.region_code,
            FundingRequest.programme_id == FundingProgramme.programme_id,
            in_line(local_day(at)),
        )
        .correlate(FundingProgramme, FundingPeriod)
        .scalar_subquery()
    )
    query = (
        select(FundingProgramme, FundingPeriod, FundingRules, queued.label("queued"))
        .join(
            FundingPeriod,
            (FundingPeriod.region_code == FundingProgramme.region_code)
            & (FundingPeriod.period_id == FundingProgramme.period_id),
        )
        .join(FundingRules, rules_on(local_day(at)))
        .where(visible)
        .order_by(FundingPeriod.starts_on.desc(), FundingProgramme.category, FundingProgramme.programme_id)
        .execution_options(populate_existing=True)
    )
    if programme_id is not None:
        query = query.where(FundingProgramme.programme_id == programme_id)
    return [_view(*row) for row in session.execute(query)]


def _view(programme: FundingProgramme, period: FundingPeriod, rules: FundingRules, queued: int) -> dict[str, Any]:
    unit = programme.unit
    return {
        "funding_programme_id": programme.programme_id,
        "municipality_code": programme.municipality_code,
        "period_starts_on": period.starts_on,
        "period_ends_on": period.ends_on,
        "category": programme.category_name,
        "unit": unit,
        "nominal": Amount(rules.nominal_minor, unit).to_wire(),
        "allocated": Amount(programme.available_minor + programme.credited_minor, unit).to_wire(),
        "available": Amount(programme.available_minor, unit).to_wire(),
        "credited": Amount(programme.credited_minor, unit).to_wire(),
        "certificates_funded": programme.certificates_credited,
        "certificates_queued": queued,
    }


def period_view(period: FundingPeriod, at: datetime) -> dict[str, Any]:
    """A region's period and its state at the instant."""
    today = clock.local_date(at, period.time_zone)
    return {
        "period_id": period.period_id,
        "region_code": period.region_code,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "closes_at": period.closes_at,
        "state": state(period.starts_on, period.ends_on, period.closes_at, today, at),
    }


def rules_view(programme: FundingProgramme, rules: FundingRules) -> dict[str, Any]:
    """A version of a programme's rules."""
    sum_max = rules.nominal_sum_max_minor
    names = ("rule_version", "valid_from", "valid_until", "certificates_max", "charge", "absent_percent", "ill_percent")
    more = ("excused_percent", "copayment_allowed", "remainder", "clubs_at_once_max", "direction_limits")
    return {
        "funding_programme_id": programme.programme_id,
        "municipality_code": programme.municipality_code,
        "period_id": programme.period_id,
        "category": programme.category,
        "nominal": Amount(rules.nominal_minor, programme.unit).to_wire(),
        "nominal_sum_max": None if sum_max is None else Amount(sum_max, programme.unit).to_wire(),
        **{name: getattr(rules, name) for name in (*names, *more)},
    }
