"""Opening funding periods and programmes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.commands import locks
from billing.commands.budgets import allocate
from billing.domain.policy import Policy
from billing.models import FundingPeriod, FundingProgramme
from billing.models.queue import CATEGORY
from chassis.values import Amount

CATEGORY_NAME = "дети 5–17"
RULE_VERSION = 1
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


def open_programme(session: Session, region_code: str, new: NewProgramme, *, budget: Amount, basis: str) -> bool:
    """Open a programme with its first budget, which the act `basis` allows; False when it is there already.

    Children who are enrolled already are not in its line yet: see `settle_unlisted`.
    """
    statement = insert(FundingProgramme).values(region_code=region_code, **_columns(new))
    statement = statement.on_conflict_do_nothing(index_elements=["region_code", "programme_id"])
    if session.scalar(statement.returning(FundingProgramme.programme_id)) is None:
        return False
    (programme,) = locks.programmes(session, region_code, [new.programme_id])
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
        "category_name": CATEGORY_NAME,
        "unit": new.nominal.unit,
        "nominal_minor": new.nominal.minor,
        "rule_version": RULE_VERSION,
        "charge": "per_attended_lesson",
        "absent_percent": new.policy.absent_percent,
        "ill_percent": new.policy.ill_percent,
        "excused_percent": new.policy.excused_percent,
        "copayment_allowed": new.policy.copayment_allowed,
        "remainder": "burn",
    }
