"""Opening funding periods and programmes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.commands import locks
from billing.commands.budgets import allocate
from billing.commands.programmes import CATEGORY_NAMES, add_version
from billing.domain.coverage import Span
from billing.domain.policy import Policy
from billing.domain.rules import BURN, PER_LESSON, Version
from billing.models import FundingPeriod, FundingProgramme
from billing.models.queue import CATEGORY
from chassis import clock
from chassis.values import Amount

FIRST_VERSION = 1
ACTOR = "sample"


def open_period(
    session: Session,
    region_code: str,
    period_id: str,
    *,
    starts_on: date,
    ends_on: date,
    closes_at: datetime,
    time_zone: str,
) -> None:
    """Open a region's period; nothing happens when it has one with this id."""
    statement = insert(FundingPeriod).values(
        region_code=region_code,
        period_id=period_id,
        starts_on=starts_on,
        ends_on=ends_on,
        closes_at=closes_at,
        time_zone=time_zone,
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=["region_code", "period_id"]))


@dataclass(frozen=True)
class NewProgramme:
    """A municipality's programme for children of 5 to 17 in a period."""

    programme_id: str
    period_id: str
    municipality_code: str
    payer_name: str
    nominal: Amount
    policy: Policy
    charge: str = PER_LESSON
    remainder: str = BURN
    certificates_max: int | None = None
    nominal_sum_max: Amount | None = None
    clubs_at_once_max: int | None = None
    direction_limits: dict[str, int] = field(default_factory=dict)


def open_programme(session: Session, region_code: str, new: NewProgramme, *, budget: Amount, basis: str) -> bool:
    """Open a programme with its first budget, which the act `basis` allows; False when it is there already.

    Children who are enrolled already come into its line soon: see `settle_forgotten`.
    """
    statement = insert(FundingProgramme).values(region_code=region_code, **_columns(new))
    statement = statement.on_conflict_do_nothing(index_elements=["region_code", "programme_id"])
    if session.scalar(statement.returning(FundingProgramme.programme_id)) is None:
        return False
    period = session.get_one(FundingPeriod, (region_code, new.period_id))
    (programme,) = locks.programmes(session, region_code, [new.programme_id])
    first = Version(FIRST_VERSION, Span(period.starts_on, period.ends_on))
    add_version(session, programme, first, new.nominal, _rules(new), by=ACTOR, at=clock.now())
    if budget.minor:
        allocate(session, programme, budget, actor=ACTOR, basis=basis)
    return True


def _columns(new: NewProgramme) -> dict[str, Any]:
    return {
        "programme_id": new.programme_id,
        "period_id": new.period_id,
        "municipality_code": new.municipality_code,
        "payer_name": new.payer_name,
        "category": CATEGORY,
        "category_name": CATEGORY_NAMES[CATEGORY],
        "unit": new.nominal.unit,
    }


def _rules(new: NewProgramme) -> dict[str, Any]:
    return {
        "certificates_max": new.certificates_max,
        "nominal_sum_max_minor": new.nominal_sum_max.minor if new.nominal_sum_max else None,
        "charge": new.charge,
        "absent_percent": new.policy.absent_percent,
        "ill_percent": new.policy.ill_percent,
        "excused_percent": new.policy.excused_percent,
        "copayment_allowed": new.policy.copayment_allowed,
        "remainder": new.remainder,
        "clubs_at_once_max": new.clubs_at_once_max,
        "direction_limits": new.direction_limits,
    }
