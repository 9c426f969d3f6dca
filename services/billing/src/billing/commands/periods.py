"""A region sets its funding periods, one after the other."""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.commands import locks
from billing.domain.periods import CLOSED, CLOSING, follows, state
from billing.models import FundingPeriod
from billing.views import period_view
from chassis import clock
from chassis.context import Actor
from chassis.errors import InvalidInput, RuleViolated


def set_period(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """Add a period to the caller's region; it begins on the day after the last one ends.

    Raises `InvalidInput`: `dates_reversed`, `closes_too_early`, `time_zone_needed` (for a region's first period only);
    `RuleViolated("period_not_adjacent")` with the day on which it may begin.
    """
    starts_on, ends_on, closes_at = request["starts_on"], request["ends_on"], request["closes_at"]
    if ends_on < starts_on:
        raise InvalidInput("dates_reversed", "A period ends after it begins.", ends_on="Must not be before starts_on.")
    locks.periods_of_region(session, caller.region_code)
    last = _last(session, caller.region_code)
    if not follows(starts_on, last.ends_on if last else None):
        raise RuleViolated(
            "period_not_adjacent",
            "Periods follow each other without a gap.",
            last_ends_on=last.ends_on.isoformat() if last else "",
        )
    time_zone = last.time_zone if last else request.get("time_zone")
    if time_zone not in available_timezones():
        raise InvalidInput("time_zone_needed", "The region's first period needs its time zone.", time_zone="IANA name.")
    if closes_at < clock.end_of_day(ends_on, time_zone):
        raise InvalidInput("closes_too_early", "A period closes after its last day.", closes_at="Too early.")
    period = FundingPeriod(
        region_code=caller.region_code,
        period_id=str(uuid.uuid4()),
        starts_on=starts_on,
        ends_on=ends_on,
        closes_at=closes_at,
        time_zone=time_zone,
    )
    session.add(period)
    session.flush()
    return period_view(period, clock.now())


def ensure_running(period: FundingPeriod, at: datetime) -> None:
    """Raise `RuleViolated("period_ended")` after the period's last day: no more money is given to it."""
    today = clock.local_date(at, period.time_zone)
    if state(period.starts_on, period.ends_on, period.closes_at, today, at) in (CLOSING, CLOSED):
        raise RuleViolated("period_ended", "The period is over.", ends_on=period.ends_on.isoformat())


def _last(session: Session, region_code: str) -> FundingPeriod | None:
    query = select(FundingPeriod).where(FundingPeriod.region_code == region_code)
    return session.scalars(query.order_by(FundingPeriod.starts_on.desc()).limit(1)).first()
