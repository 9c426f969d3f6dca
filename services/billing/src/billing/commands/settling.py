"""Settle: make the money of some children what the facts say it should be.

It runs after every fact, however it arrived. It reads all that is known, asks the domain what should be, and posts the
difference to what is; when there is none, it changes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.commands import charging, contracting, crediting, departures, funding, locks, monthly
from billing.commands.charging import Charged
from billing.commands.funding import Grant, Need
from billing.commands.lines import Marked
from billing.domain.rules import MONTHLY
from billing.models import FundingPeriod
from chassis import clock
from chassis.context import using


def settle(
    session: Session,
    region_code: str,
    child_ids: Collection[str] = (),
    *,
    grants: Sequence[Grant] = (),
    needs: Sequence[Need] = (),
) -> None:
    """Settle these children, and everybody whom the grantor granted money or told to wait.

    Children without a certificate are left for the day it comes.
    """
    concerned = {grant.certificate_id for grant in grants} | {need.certificate_id for need in needs}
    certificates = locks.certificates(session, region_code, child_ids, concerned)
    if not certificates:
        return
    at = clock.now()
    children = {certificate_id: child_id for certificate_id, child_id, _ in certificates}
    crediting.credit(session, region_code, grants, children, at)
    granted = {(grant.certificate_id, grant.programme.programme_id) for grant in grants}
    queued = [need for need in needs if (need.certificate_id, need.programme_id) not in granted]
    crediting.announce_queued(session, region_code, queued, children, at)
    charged = charging.converge(session, region_code, list(children), at)
    _open(session, region_code, list(children), charged, at)


def settle_marked(session: Session, region_code: str, certificate_ids: Collection[str], marked: Marked) -> None:
    """Settle what new marks ask for, beside all else that these certificates were settled for."""
    locked = [row.certificate_id for row in locks.certificates(session, region_code, (), certificate_ids)]
    at = clock.now()
    charged = charging.converge_marked(session, region_code, locked, marked, at)
    for certificate_id, context in charged.released.items():
        with using(context):
            _open(session, region_code, [certificate_id], charged, at)


def _open(session: Session, region_code: str, certificate_ids: Sequence[str], charged: Charged, at: datetime) -> None:
    """Open what money there is for: what opened contracts released may open others, whose lessons are charged at once.

    Money that may not stay leaves in the end.
    """
    leaving = {*charged.leaving} & {*certificate_ids}
    while opened := contracting.converge(session, region_code, certificate_ids, at):
        if MONTHLY in opened:
            monthly.prepay(session, region_code, certificate_ids, at)
        charged = charging.converge(session, region_code, certificate_ids, at)
        leaving.update(charged.leaving)
        if not charged.released:
            break
    if leaving:
        departures.leave(session, region_code, sorted(leaving), at)


def prepay_due(session: Session, at: datetime) -> bool:
    """Debit the month that has just begun for a batch of certificates; True when there were any.

    The last month of a contract that ends within it closes the contract.
    """
    found = monthly.with_unpaid_month(session, at)
    for region_code in sorted({region_code for region_code, _ in found}):
        certificate_ids = [certificate_id for region, certificate_id in found if region == region_code]
        monthly.prepay(session, region_code, certificate_ids, at)
        charged = charging.converge(session, region_code, certificate_ids, at)
        if charged.released:
            _open(session, region_code, certificate_ids, charged, at)
    return bool(found)


def fund_and_settle(session: Session, region_code: str, child_ids: Collection[str]) -> None:
    """Settle children who may need money that nobody was asked for yet: they get their place in line first."""
    at = clock.now()
    needs = funding.unmet_needs(session, region_code, child_ids, at)
    changes = funding.changed_places(session, region_code, child_ids)
    grants = funding.admit(session, region_code, needs, at, changes) if needs or changes else []
    settle(session, region_code, child_ids, grants=grants, needs=needs)


def grant_waiting(session: Session) -> bool:
    """Grant one batch of nominals to one programme's line, and settle; True when there was somebody to grant to."""
    at = clock.now()
    programme = funding.next_programme(session, at)
    if programme is None:
        return False
    grants = funding.serve(session, programme, at)
    settle(session, programme.region_code, grants=grants)
    return bool(grants)


def settle_forgotten(session: Session) -> bool:
    """Settle a batch of children whom a programme that was opened after their enrolment does not know of yet.

    True when there were any.
    """
    at = clock.now()
    regions = select(FundingPeriod.region_code).where(FundingPeriod.closes_at > at).distinct()
    return any(
        settle_unlisted(session, region_code)
        for region_code in sorted(session.scalars(regions))
        if funding.unlisted_children(session, region_code, at)
    )


def settle_unlisted(session: Session, region_code: str) -> bool:
    """Settle a batch of children who were enrolled before a programme for them was opened; True when there were any.

    They come into its line in the order in which they were enrolled. Facts that are just being kept are waited for.
    """
    locks.facts_of_region(session, region_code)
    children = funding.unlisted_children(session, region_code, clock.now())
    fund_and_settle(session, region_code, children)
    return bool(children)
