"""Reads of certificates."""

from datetime import date
from typing import Any

from sqlalchemy import Uuid, and_, any_, literal, select
from sqlalchemy.orm import Session

from certificates.domain.validity import Validity
from certificates.models import Certificate, Enrollment, Holder
from chassis import clock
from chassis.context import Actor
from chassis.errors import NotFound


def get_certificate(session: Session, guardian: Actor, child_id: str) -> dict[str, Any]:
    """The certificate of a child of this guardian.

    `NotFound`: `child_not_found` for any other child, `certificate_not_issued` while there is none; its detail
    `reason` (`under_age`, `over_age`) is there when an enrolment could not bring one.
    """
    row = session.execute(
        select(Certificate, Holder.time_zone)
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
    certificate, time_zone = row
    if certificate is None or time_zone is None:
        raise _not_issued(session, guardian.region_code, child_id)
    return _view(certificate, clock.today(time_zone))


def _view(certificate: Certificate, today: date) -> dict[str, Any]:
    period = Validity(certificate.valid_from, certificate.valid_until)
    return {
        "certificate_id": certificate.certificate_id,
        "child_id": certificate.child_id,
        "number": certificate.number,
        "state": period.state(today),
        "valid_from": period.first,
        "valid_until": period.last,
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
