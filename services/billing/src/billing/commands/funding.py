"""The one grantor of each funding programme: it serves the programme's queue strictly in order, under its row lock.

Whoever needs money gets a place in the line when the need arrives; then the line is served from its front while the
budget and both caps allow. What is granted here is credited by `settling`, once the certificates are locked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from billing.commands import locks
from billing.domain.queue import Purse, affordable
from billing.models import (
    Certificate,
    Enrollment,
    FundingPeriod,
    FundingProgramme,
    FundingRequest,
)
from billing.models.queue import in_line, is_live, local_day, period_of_enrollment, programme_of_enrollment
from chassis import clock

BATCH = 50
"""Nominals granted in one transaction; whoever is left is served by the next one."""
ACTOR = "billing"


@dataclass(frozen=True)
class Need:
    """A certificate whose child has a live enrolment, and the programme that should pay for it."""

    certificate_id: str
    programme_id: str


@dataclass(frozen=True)
class Grant:
    """A nominal that the programme can pay now to the first in its line."""

    certificate_id: str
    programme: FundingProgramme
    period: FundingPeriod
    was_queued: bool


def unmet_needs(session: Session, region_code: str, child_ids: Collection[str], at: datetime) -> list[Need]:
    """Needs of these children that no programme has on its list yet, the first enrolled first."""
    columns = (Certificate.certificate_id, FundingProgramme.programme_id)
    query = _unlisted(*columns, region_code=region_code, at=at).where(Certificate.child_id.in_(child_ids))
    query = query.group_by(*columns).order_by(func.min(Enrollment.enrolled_at), Certificate.certificate_id)
    return [Need(*row) for row in session.execute(query)]


def unlisted_children(session: Session, region_code: str, at: datetime) -> Sequence[str]:
    """A batch of the region's children with needs that no programme has on its list, the first enrolled first."""
    query = _unlisted(Certificate.child_id, region_code=region_code, at=at)
    query = query.group_by(Certificate.child_id).order_by(func.min(Enrollment.enrolled_at), Certificate.child_id)
    return [child_id for (child_id,) in session.execute(query.limit(BATCH))]


def _unlisted(*columns: Any, region_code: str, at: datetime) -> Select[Any]:
    """SQL: certificates with a live enrolment that a programme should pay for and does not know of."""
    listed = exists().where(
        FundingRequest.region_code == Certificate.region_code,
        FundingRequest.certificate_id == Certificate.certificate_id,
        FundingRequest.programme_id == FundingProgramme.programme_id,
    )
    return (
        select(*columns)
        .select_from(Certificate)
        .join(
            Enrollment,
            (Enrollment.region_code == Certificate.region_code) & (Enrollment.child_id == Certificate.child_id),
        )
        .join(FundingPeriod, period_of_enrollment())
        .join(FundingProgramme, programme_of_enrollment())
        .where(Certificate.region_code == region_code, is_live(at), ~listed)
    )


def admit(session: Session, region_code: str, needs: Sequence[Need], at: datetime) -> list[Grant]:
    """Put the needs at the end of their programmes' lines and serve the lines. Locks the programmes."""
    grants: list[Grant] = []
    for programme in locks.programmes(session, region_code, {need.programme_id for need in needs}):
        arrived = [need.certificate_id for need in needs if need.programme_id == programme.programme_id]
        _queue_up(session, programme, arrived, at)
        grants += serve(session, programme, at)
    return grants


def _queue_up(session: Session, programme: FundingProgramme, certificate_ids: Sequence[str], at: datetime) -> None:
    places = [
        {
            "region_code": programme.region_code,
            "certificate_id": certificate_id,
            "programme_id": programme.programme_id,
            "arrived_at": at,
        }
        for certificate_id in certificate_ids
    ]
    session.execute(upsert(FundingRequest).values(places).on_conflict_do_nothing())


def serve(session: Session, programme: FundingProgramme, at: datetime, batch: int = BATCH) -> list[Grant]:
    """Who of the locked programme's line gets the nominal now: its front, as far as the money reaches."""
    period = session.get_one(FundingPeriod, (programme.region_code, programme.period_id))
    today = clock.local_date(at, period.time_zone)
    count = min(batch, affordable(purse_of(programme)))
    if not count or not period.starts_on <= today <= period.ends_on:
        return []
    front = session.execute(
        select(FundingRequest.certificate_id, FundingRequest.queued)
        .where(
            FundingRequest.region_code == programme.region_code,
            FundingRequest.programme_id == programme.programme_id,
            in_line(at),
        )
        .order_by(FundingRequest.arrival)
        .limit(count)
    )
    return [Grant(certificate_id, programme, period, was_queued) for certificate_id, was_queued in front]


def purse_of(programme: FundingProgramme) -> Purse:
    """The programme's money and caps as they stand."""
    return Purse(
        nominal=programme.nominal_minor,
        available=programme.available_minor,
        certificates_credited=programme.certificates_credited,
        certificates_max=programme.certificates_max,
        credited=programme.credited_minor,
        nominal_sum_max=programme.nominal_sum_max_minor,
    )


def next_programme(session: Session, at: datetime) -> FundingProgramme | None:
    """A programme, locked, that has somebody in line and a nominal to give; none that another process is serving."""
    waiting = exists().where(
        FundingRequest.region_code == FundingProgramme.region_code,
        FundingRequest.programme_id == FundingProgramme.programme_id,
        in_line(at),
    )
    query = (
        select(FundingProgramme)
        .join(
            FundingPeriod,
            (FundingPeriod.region_code == FundingProgramme.region_code)
            & (FundingPeriod.period_id == FundingProgramme.period_id),
        )
        .where(
            FundingProgramme.available_minor >= FundingProgramme.nominal_minor,
            (FundingProgramme.certificates_credited < FundingProgramme.certificates_max).is_not(False),
            (
                FundingProgramme.credited_minor + FundingProgramme.nominal_minor
                <= FundingProgramme.nominal_sum_max_minor
            ).is_not(False),
            local_day(at).between(FundingPeriod.starts_on, FundingPeriod.ends_on),
            waiting,
        )
        .order_by(FundingProgramme.region_code, FundingProgramme.programme_id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True, of=FundingProgramme)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).first()
