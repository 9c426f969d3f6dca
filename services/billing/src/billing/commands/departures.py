"""Which pockets have to be emptied: those of a closed period, and those of certificates that are out of force."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from billing.domain.contract import EXPIRED, REVOKED
from billing.models import Certificate, CertificateState, Departure, FundingPeriod, Pocket
from billing.models.queue import out_of_force

GONE = (REVOKED, EXPIRED)
KEY = ("region_code", "certificate_id", "period_id", "municipality_code")
_COLUMNS = tuple(getattr(Pocket, name) for name in KEY)


def same(left: Any, right: Any, *names: str) -> Any:
    """SQL: the same region and the same named columns."""
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("region_code", *names)))


def end_period(session: Session, at: datetime) -> bool:
    """Send all that is left in one period that has closed on its way; True when there was such a period."""
    due = select(FundingPeriod).where(FundingPeriod.closes_at <= at, FundingPeriod.ended_at.is_(None))
    due = due.order_by(FundingPeriod.closes_at).limit(1).with_for_update(key_share=True, skip_locked=True)
    period = session.scalars(due).first()
    if period is None:
        return False
    left = select(*_COLUMNS).where(
        Pocket.region_code == period.region_code,
        Pocket.period_id == period.period_id,
        or_(Pocket.available_minor > 0, Pocket.held_minor > 0),
    )
    session.execute(upsert(Departure).from_select(list(KEY), left).on_conflict_do_nothing())
    own = (FundingPeriod.region_code == period.region_code, FundingPeriod.period_id == period.period_id)
    session.execute(update(FundingPeriod).where(*own).values(ended_at=at))
    return True


def leave(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> None:
    """Send what these certificates have in closed periods, or all of it if they are out of force, on its way."""
    left = (
        select(*_COLUMNS)
        .join(Certificate, same(Certificate, Pocket, "certificate_id"))
        .join(FundingPeriod, same(FundingPeriod, Pocket, "period_id"))
        .outerjoin(CertificateState, out_of_force())
        .where(
            Pocket.region_code == region_code,
            Pocket.certificate_id.in_(certificate_ids),
            Pocket.available_minor > 0,
            or_(FundingPeriod.closes_at <= at, CertificateState.state.in_(GONE)),
        )
    )
    session.execute(upsert(Departure).from_select(list(KEY), left).on_conflict_do_nothing())
