"""Settle: make the money of some children what the facts say it should be.

It runs after every fact, however it arrived. It reads all that is known, asks the domain what should be, and posts the
difference to what is; when there is none, it changes nothing.
"""

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from billing.commands import charging, contracting, funding, locks
from billing.commands.funding import Grant, Need
from chassis import clock


def settle(session: Session, region_code: str, child_ids: Collection[str]) -> None:
    """Settle these children: needs get their place in line, the line is served, contracts and charges follow.

    Children without a certificate are left for the day it comes.
    """
    at = clock.now()
    needs = funding.unmet_needs(session, region_code, child_ids, at)
    grants = funding.admit(session, region_code, needs, at) if needs else []
    settle_granted(session, region_code, grants, child_ids=child_ids, needs=needs)


def settle_granted(
    session: Session,
    region_code: str,
    grants: Sequence[Grant],
    *,
    child_ids: Collection[str] = (),
    needs: Sequence[Need] = (),
) -> None:
    """Credit what the grantor granted, tell the others of `needs` that they wait, and settle everybody concerned."""
    concerned = {grant.certificate_id for grant in grants} | {need.certificate_id for need in needs}
    certificates = locks.certificates(session, region_code, child_ids, concerned)
    if not certificates:
        return
    at = clock.now()
    children = {certificate_id: child_id for certificate_id, child_id, _ in certificates}
    funding.credit(session, region_code, grants, children, at)
    funding.announce_queued(session, region_code, needs, children, at)
    contracting.converge(session, region_code, list(children), at)
    charging.converge(session, region_code, list(children), at)


def grant_waiting(session: Session) -> bool:
    """Grant one batch of nominals to one programme's line, and settle; True when there was somebody to grant to."""
    at = clock.now()
    programme = funding.next_programme(session, at)
    if programme is None:
        return False
    grants = funding.serve(session, programme, at)
    settle_granted(session, programme.region_code, grants)
    return bool(grants)


def settle_unlisted(session: Session, region_code: str) -> bool:
    """Settle a batch of children who were enrolled before a programme for them was opened; True when there were any.

    They come into its line in the order in which they were enrolled.
    """
    children = funding.unlisted_children(session, region_code, clock.now())
    for child_id in children:
        settle(session, region_code, [child_id])
    return bool(children)
