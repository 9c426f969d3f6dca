"""Opening funding periods and programmes."""

from datetime import date, datetime

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


def open_programme(
    session: Session,
    region_code: str,
    programme_id: str,
    *,
    period_id: str,
    municipality_code: str,
    payer_name: str,
    nominal: Amount,
    budget: Amount,
    policy: Policy,
    basis: str,
) -> bool:
    """Open a municipality's programme for children of 5 to 17 with its first budget; False when it is there already.

    Children who are enrolled already are not in its line yet: see `settle_unlisted`.
    """
    statement = insert(FundingProgramme).values(
        region_code=region_code,
        programme_id=programme_id,
        municipality_code=municipality_code,
        payer_name=payer_name,
        period_id=period_id,
        category=CATEGORY,
        category_name=CATEGORY_NAME,
        unit=nominal.unit,
        nominal_minor=nominal.minor,
        rule_version=RULE_VERSION,
        charge="per_attended_lesson",
        absent_percent=policy.absent_percent,
        ill_percent=policy.ill_percent,
        excused_percent=policy.excused_percent,
        copayment_allowed=policy.copayment_allowed,
        remainder="burn",
    )
    statement = statement.on_conflict_do_nothing(index_elements=["region_code", "programme_id"])
    if session.scalar(statement.returning(FundingProgramme.programme_id)) is None:
        return False
    (programme,) = locks.programmes(session, region_code, [programme_id])
    if budget.minor:
        allocate(session, programme, budget, actor="sample", basis=basis)
    return True
