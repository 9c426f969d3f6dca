"""What becomes of an issued certificate: decisions of its authorities, and its expiry.

Each change locks the certificate's row, makes its version grow by one, and leaves a row in the history and an event.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from certificates.domain import states
from certificates.models import Certificate, CertificateAccess, CertificateChange, Holder
from certificates.reach import not_found, within_reach
from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict
from chassis.outbox import record
from contracts import certificates as contract

EXPIRED_AT_ONCE = 100
AGE_REACHED = "age_reached"
EVENTS = {
    states.FREEZE: contract.CERTIFICATE_FROZEN,
    states.UNFREEZE: contract.CERTIFICATE_UNFROZEN,
    states.REVOKE: contract.CERTIFICATE_REVOKED,
    states.EXPIRE: contract.CERTIFICATE_EXPIRED,
}


def decide(session: Session, authority: Actor, act: str, request: dict[str, Any]) -> Certificate:
    """Freeze, unfreeze or revoke a certificate that the authority decides on.

    `NotFound` certificate_not_found for any other, `Conflict` certificate_state with `state` where that does not allow
    it; a certificate whose last day is over has expired, whether that has been told yet or not.
    """
    wanted = within_reach(authority).where(Certificate.certificate_id == request["certificate_id"])
    certificate = session.scalars(wanted.with_for_update()).one_or_none()
    if certificate is None:
        raise not_found()
    now = clock.now()
    state = states.at(certificate.state, certificate.expires_at, now)
    if states.after(act, state) is None:
        raise Conflict("certificate_state", f"A certificate that is {state} does not allow it.", state=state)
    _change(session, certificate, act, now, request["reason"], authority, request["basis"])
    return certificate


def expire_some(session: Session) -> bool:
    """End the longest overdue certificates that nobody else is at work on; True when there may be more."""
    overdue = session.scalars(
        select(Certificate)
        .where(Certificate.state.in_((states.VALID, states.FROZEN)), Certificate.expires_at <= clock.now())
        .order_by(Certificate.expires_at)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for certificate in overdue:
        _change(session, certificate, states.EXPIRE, certificate.expires_at, AGE_REACHED)
    return len(overdue) == EXPIRED_AT_ONCE


def note_access(session: Session, reader: Actor, certificate_id: str, purpose: str) -> None:
    """Record, in the transaction of the reading, who looked at which certificate and what for."""
    session.add(
        CertificateAccess(
            region_code=reader.region_code,
            certificate_id=certificate_id,
            occurred_at=clock.now(),
            access_id=str(uuid.uuid4()),
            reader_id=reader.subject,
            reader_role=reader.role,
            session_id=reader.session_id,
            purpose=purpose,
        )
    )


def _change(
    session: Session,
    certificate: Certificate,
    act: str,
    changed_at: datetime,
    reason: str,
    authority: Actor | None = None,
    basis: str | None = None,
) -> None:
    """Carry out an act that the locked certificate's state allows."""
    change = {
        "certificate_id": certificate.certificate_id,
        "changed_at": changed_at,
        "changed_on": clock.local_date(changed_at, _time_zone(session, certificate)),
        "reason": reason,
    }
    certificate.state = str(states.after(act, certificate.state))
    certificate.version += 1
    session.add(
        CertificateChange(
            **change,
            region_code=certificate.region_code,
            version=certificate.version,
            act=act,
            decided_by=authority.subject if authority else None,
            decided_as=authority.role if authority else None,
            basis=basis,
            recorded_at=clock.now(),
        )
    )
    record(
        session,
        EVENTS[act],
        region_code=certificate.region_code,
        subject=certificate.certificate_id,
        version=certificate.version,
        data=change | {"child_id": certificate.child_id},
    )


def _time_zone(session: Session, certificate: Certificate) -> str:
    holder = session.get_one(Holder, (certificate.region_code, certificate.child_id))
    return str(holder.time_zone)
