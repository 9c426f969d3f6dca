"""Issuing certificates: each function keeps a fact and then settles, in the caller's transaction.

Facts come in any order, repeated or not. Everything that concerns one child holds the lock of its `Holder` row, so
two facts that meet are settled one after the other and the second sees the first.
"""

import secrets
import uuid
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from certificates.domain.numbers import SERIALS, number
from certificates.domain.validity import obstacle, validity
from certificates.models import Certificate, Enrollment, Holder
from chassis import clock
from chassis.outbox import Received, record
from contracts.certificates import CERTIFICATE_ISSUED

NUMBER_DRAWS = 20


class NumbersExhausted(Exception):
    """Every drawn number was taken: the payer's million of numbers is nearly used up."""


def keep_child(session: Session, event: Received) -> None:
    """Keep what accounts says of a child, the newer version, and settle."""
    holder = _lock_holder(session, event.region_code, event.data["child_id"])
    if event.version > holder.child_version:
        holder.child_version = event.version
        holder.guardian_ids = event.data["guardian_ids"]
        holder.born_on = event.data["born_on"]
        holder.municipality_code = event.data["municipality_code"]
        holder.payer_code = event.data["payer_code"]
        holder.time_zone = event.data["time_zone"]
    settle(session, holder)


def keep_enrollment(session: Session, event: Received) -> None:
    """Keep that a child is enrolled, and settle."""
    holder = _lock_holder(session, event.region_code, event.data["child_id"])
    fields = ("enrollment_id", "child_id", "enrolled_at")
    lessons_on = [lesson["on"] for lesson in event.data["lessons"]]
    values = {
        "region_code": event.region_code,
        "first_lesson_on": min(lessons_on, default=event.data["enrolled_on"]),
        **{name: event.data[name] for name in fields},
    }
    session.execute(insert(Enrollment).values(values).on_conflict_do_nothing())
    settle(session, holder)


def settle(session: Session, holder: Holder) -> None:
    """Issue the certificate of a known child with an enrolment that allows it, unless it has one.

    Without such an enrolment nothing is issued, and each enrolment says why in `withheld`.
    """
    born_on, time_zone = holder.born_on, holder.time_zone
    if born_on is None or time_zone is None or _has_certificate(session, holder):
        return
    today = clock.today(time_zone)
    enrollments = session.scalars(
        select(Enrollment).filter_by(region_code=holder.region_code, child_id=holder.child_id)
    )
    for enrollment in enrollments.all():
        enrollment.withheld = obstacle(born_on, enrollment.first_lesson_on, today)
        if enrollment.withheld is None:
            _issue(session, holder, born_on, today)
            return


def _issue(session: Session, holder: Holder, born_on: date, today: date) -> None:
    period = validity(born_on, today)
    document: dict[str, Any] = {
        "certificate_id": str(uuid.uuid4()),
        "child_id": holder.child_id,
        "payer_municipality_code": holder.municipality_code,
        "valid_from": period.first,
        "valid_until": period.last,
        "issued_at": clock.now(),
    }
    document["number"] = _insert_with_free_number(session, holder, document)
    record(
        session,
        CERTIFICATE_ISSUED,
        region_code=holder.region_code,
        subject=document["certificate_id"],
        version=1,
        data=document,
    )


def _insert_with_free_number(session: Session, holder: Holder, document: dict[str, Any]) -> str:
    """Insert the certificate with a random number that nobody has; only a taken number leads to another draw."""
    expires_at = clock.end_of_day(document["valid_until"], str(holder.time_zone))
    for _ in range(NUMBER_DRAWS):
        drawn = number(holder.region_code, str(holder.payer_code), secrets.randbelow(SERIALS))
        inserted: str | None = session.scalar(
            insert(Certificate)
            .values(region_code=holder.region_code, number=drawn, version=1, expires_at=expires_at, **document)
            .on_conflict_do_nothing(index_elements=["region_code", "number"])
            .returning(Certificate.number)
        )
        if inserted is not None:
            return inserted
    raise NumbersExhausted(f"region {holder.region_code}, payer {holder.payer_code}")


def _lock_holder(session: Session, region_code: str, child_id: str) -> Holder:
    """The child's row, made if there is none, locked to the end of the transaction."""
    values = {"region_code": region_code, "child_id": child_id}
    query = select(Holder).filter_by(**values).with_for_update().execution_options(populate_existing=True)
    known = session.scalars(query).one_or_none()
    if known is not None:
        return known
    session.execute(insert(Holder).values(**values).on_conflict_do_nothing())
    return session.scalars(query).one()


def _has_certificate(session: Session, holder: Holder) -> bool:
    query = select(Certificate.number).filter_by(region_code=holder.region_code, child_id=holder.child_id)
    return session.scalar(query) is not None
