"""Reads of certificates."""

from typing import Any

from sqlalchemy import Uuid, and_, any_, literal, select
from sqlalchemy.orm import Session

from certificates.domain import states
from certificates.models import Certificate, Enrollment, Holder
from certificates.reach import not_found, within_reach
from chassis import clock
from chassis.context import Actor
from chassis.errors import NotFound


def get_certificate(session: Session, guardian: Actor, child_id: str) -> dict[str, Any]:
    """The certificate of a child of this guardian.

    `NotFound`: `child_not_found` for any other child, `certificate_not_issued` while there is none; its detail
    `reason` (`under_age`, `over_age`) is there when an enrolment could not bring one.
    """
    row = session.execute(
        select(Holder.child_id, Certificate)
        .select_from(Holder)
        .outerjoin(
            Certificate,
            and_(Certificate.region_code == Holder.region_code, Certificate.child_id == Holder.child_id),
        )
        .where(
            Holder.region_code == guardian.region_code,
            Holder.child_id == child_id,
            literal(guardian.subject, Uuid(as_uuid=False)) == any_(Holder.guardian_ids),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("child_not_found", "There is no such child in your family.")
    if row.Certificate is None:
        raise _not_issued(session, guardian.region_code, child_id)
    return view(row.Certificate)


def find_certificate(session: Session, authority: Actor, number: str) -> dict[str, Any]:
    """The certificate of a number; `NotFound` certificate_not_found for those that the authority does not decide on."""
    certificate = session.scalar(within_reach(authority).where(Certificate.number == number))
    if certificate is None:
        raise not_found()
    return view(certificate)


def view(certificate: Certificate) -> dict[str, Any]:
    """The certificate as it is at this instant."""
    return {
        "certificate_id": certificate.certificate_id,
        "child_id": certificate.child_id,
        "number": certificate.number,
        "state": states.at(certificate.state, certificate.expires_at, clock.now()),
        "valid_from": certificate.valid_from,
        "valid_until": certificate.valid_until,
        "issued_at": certificate.issued_at,
    }


def _not_issued(session: Session, region_code: str, child_id: str) -> NotFound:
    reason = session.scalar(
        select(Enrollment.withheld)
        .filter_by(region_code=region_code, child_id=child_id)
        .where(Enrollment.withheld.is_not(None))
        .order_by(Enrollment.enrolled_at.desc())
        .limit(1)
    )
    details = {"reason": reason} if reason else {}
    return NotFound("certificate_not_issued", "The child has no certificate yet.", **details)
