"""The one grantor of each funding programme: it serves the programme's queue strictly in order, under its row lock.

Whoever needs money gets a place in the line when the need arrives; then the line is served from its front while the
budget and both caps allow. What is granted here is credited by `settling`, once the certificates are locked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from billing.commands import locks
from billing.commands.planning import join_as_written
from billing.commands.programmes import rules_at
from billing.domain.queue import Purse, affordable
from billing.models import (
    Certificate,
    CertificateState,
    Enrollment,
    EnrollmentEnd,
    FundingPeriod,
    FundingProgramme,
    FundingRequest,
    FundingRules,
)
from billing.models.queue import (
    AT,
    end_of_enrollment,
    in_line,
    last_live_day,
    local_day,
    out_of_force,
    period_of_enrollment,
    programme_of_enrollment,
    rules_on,
)
from chassis import clock

BATCH = 50
"""Nominals granted in one transaction; whoever is left is served by the next one."""


@dataclass(frozen=True)
class Need:
    """A certificate whose child has a live enrolment until a day, and the programme that should pay for it."""

    certificate_id: str
    programme_id: str
    live_until: date


@dataclass(frozen=True)
class Change:
    """A place in line whose child's last live day is another one now; None when it has no live enrolment at all."""

    certificate_id: str
    programme_id: str
    live_until: date | None


@dataclass(frozen=True)
class Grant:
    """A nominal that the programme can pay now, by the rules of today, to the first in its line."""

    certificate_id: str
    programme: FundingProgramme
    period: FundingPeriod
    rules: FundingRules
    was_queued: bool


def unmet_needs(session: Session, region_code: str, child_ids: Collection[str], at: datetime) -> list[Need]:
    """Needs of these children that no programme has on its list yet, the first enrolled first."""
    join_as_written(session)
    asked = {"region_code": region_code, "child_ids": list(child_ids), "at": at}
    return [Need(*row) for row in session.execute(_UNMET, asked)]


def unlisted_children(session: Session, region_code: str, at: datetime) -> Sequence[str]:
    """A batch of the region's children with needs that no programme has on its list, the first enrolled first."""
    return [child_id for (child_id,) in session.execute(_UNLISTED, {"region_code": region_code, "at": at})]


def changed_places(session: Session, region_code: str, child_ids: Collection[str]) -> list[Change]:
    """Places of these children in lines that no longer say until when they have a live enrolment."""
    asked = {"region_code": region_code, "child_ids": list(child_ids)}
    return [Change(*row) for row in session.execute(_CHANGED, asked)]


def _enrolled(*columns: Any) -> Select[Any]:
    """SQL: a region's certificates, their children's enrolments and the programmes that should pay for them."""
    return (
        select(*columns)
        .select_from(Certificate)
        .join(
            Enrollment,
            (Enrollment.region_code == Certificate.region_code) & (Enrollment.child_id == Certificate.child_id),
        )
        .join(FundingPeriod, period_of_enrollment())
        .join(FundingProgramme, programme_of_enrollment())
        .outerjoin(EnrollmentEnd, end_of_enrollment())
        .outerjoin(CertificateState, out_of_force())
        .where(Certificate.region_code == bindparam("region_code"), CertificateState.certificate_id.is_(None))
    )


def _unlisted(*columns: Any) -> Select[Any]:
    """SQL: certificates in force with a live enrolment that a programme should pay for and does not know of."""
    listed = exists().where(
        FundingRequest.region_code == Certificate.region_code,
        FundingRequest.certificate_id == Certificate.certificate_id,
        FundingRequest.programme_id == FundingProgramme.programme_id,
    )
    return _enrolled(*columns).where(last_live_day() >= local_day(AT), ~listed)


def _unmet() -> Select[Any]:
    columns = (Certificate.certificate_id, FundingProgramme.programme_id)
    query = _unlisted(*columns, func.max(last_live_day())).where(_OF_CHILDREN).group_by(*columns)
    return query.order_by(func.min(Enrollment.enrolled_at), Certificate.certificate_id)


def _unlisted_children() -> Select[Any]:
    query = _unlisted(Certificate.child_id).group_by(Certificate.child_id)
    return query.order_by(func.min(Enrollment.enrolled_at), Certificate.child_id).limit(BATCH)


def _changed() -> Select[Any]:
    live = (
        _enrolled(FundingProgramme.programme_id, Certificate.certificate_id, func.max(last_live_day()).label("until"))
        .where(_OF_CHILDREN)
        .group_by(FundingProgramme.programme_id, Certificate.certificate_id)
        .subquery()
    )
    return (
        select(FundingRequest.certificate_id, FundingRequest.programme_id, live.c.until)
        .select_from(Certificate)
        .join(
            FundingRequest,
            (FundingRequest.region_code == Certificate.region_code)
            & (FundingRequest.certificate_id == Certificate.certificate_id),
        )
        .outerjoin(
            live,
            and_(
                live.c.programme_id == FundingRequest.programme_id,
                live.c.certificate_id == FundingRequest.certificate_id,
            ),
        )
        .where(
            Certificate.region_code == bindparam("region_code"),
            _OF_CHILDREN,
            FundingRequest.granted_at.is_(None),
            FundingRequest.live_until.is_distinct_from(live.c.until),
        )
    )


_OF_CHILDREN = Certificate.child_id.in_(bindparam("child_ids", expanding=True))
_UNMET, _UNLISTED, _CHANGED = _unmet(), _unlisted_children(), _changed()


def admit(
    session: Session, region_code: str, needs: Sequence[Need], at: datetime, changes: Sequence[Change] = ()
) -> list[Grant]:
    """Put the needs at the end of their programmes' lines, correct the changed places, and serve the lines.

    Locks the programmes.
    """
    grants: list[Grant] = []
    concerned = {need.programme_id for need in needs} | {change.programme_id for change in changes}
    for programme in locks.programmes(session, region_code, concerned):
        for change in changes:
            if change.programme_id == programme.programme_id:
                _correct(session, region_code, change)
        arrived = [need for need in needs if need.programme_id == programme.programme_id]
        if arrived:
            _queue_up(session, programme, arrived, at)
        grants += serve(session, programme, at)
    return grants


def _correct(session: Session, region_code: str, change: Change) -> None:
    session.execute(
        update(FundingRequest)
        .where(
            FundingRequest.region_code == region_code,
            FundingRequest.certificate_id == change.certificate_id,
            FundingRequest.programme_id == change.programme_id,
        )
        .values(live_until=change.live_until)
        .execution_options(synchronize_session=False)
    )


def _queue_up(session: Session, programme: FundingProgramme, needs: Sequence[Need], at: datetime) -> None:
    places = [
        {
            "region_code": programme.region_code,
            "certificate_id": need.certificate_id,
            "programme_id": programme.programme_id,
            "arrived_at": at,
            "live_until": need.live_until,
        }
        for need in needs
    ]
    session.execute(upsert(FundingRequest).values(places).on_conflict_do_nothing())


def serve(session: Session, programme: FundingProgramme, at: datetime, batch: int = BATCH) -> list[Grant]:
    """Who of the locked programme's line gets the nominal now: its front, as far as the money reaches."""
    period = session.get_one(FundingPeriod, (programme.region_code, programme.period_id))
    today = clock.local_date(at, period.time_zone)
    if not period.starts_on <= today <= period.ends_on:
        return []
    rules = rules_at(session, programme, today)
    count = min(batch, affordable(purse_of(programme, rules)))
    if not count:
        return []
    front = session.execute(
        select(FundingRequest.certificate_id, FundingRequest.queued)
        .where(
            FundingRequest.region_code == programme.region_code,
            FundingRequest.programme_id == programme.programme_id,
            FundingRequest.granted_at.is_(None),
            FundingRequest.live_until >= today,
        )
        .order_by(FundingRequest.arrival)
        .limit(count)
    )
    return [Grant(certificate_id, programme, period, rules, was_queued) for certificate_id, was_queued in front]


def purse_of(programme: FundingProgramme, rules: FundingRules) -> Purse:
    """The programme's money as it stands, and what the rules allow."""
    return Purse(
        nominal=rules.nominal_minor,
        available=programme.available_minor,
        certificates_credited=programme.certificates_credited,
        certificates_max=rules.certificates_max,
        credited=programme.credited_minor,
        nominal_sum_max=rules.nominal_sum_max_minor,
    )


def next_programme(session: Session, at: datetime) -> FundingProgramme | None:
    """A programme, locked, that has somebody in line and a nominal to give; none that another process is serving."""
    today = local_day(at)
    first_in_line = (
        select(FundingRequest.arrival)
        .where(
            FundingRequest.region_code == FundingProgramme.region_code,
            FundingRequest.programme_id == FundingProgramme.programme_id,
            in_line(today),
        )
        .order_by(FundingRequest.arrival)
        .limit(1)
        .correlate(FundingProgramme, FundingPeriod)
        .scalar_subquery()
    )
    query = (
        select(FundingProgramme)
        .join(
            FundingPeriod,
            (FundingPeriod.region_code == FundingProgramme.region_code)
            & (FundingPeriod.period_id == FundingProgramme.period_id),
        )
        .join(FundingRules, rules_on(today))
        .where(
            FundingProgramme.available_minor >= FundingRules.nominal_minor,
            (FundingProgramme.certificates_credited < FundingRules.certificates_max).is_not(False),
            (FundingProgramme.credited_minor + FundingRules.nominal_minor <= FundingRules.nominal_sum_max_minor).is_not(
                False
            ),
            today.between(FundingPeriod.starts_on, FundingPeriod.ends_on),
            first_in_line.is_not(None),
        )
        .order_by(FundingProgramme.region_code, FundingProgramme.programme_id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True, of=FundingProgramme)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).first()
