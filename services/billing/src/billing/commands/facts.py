"""Facts of neighbours: each is kept, the newer version of it, and then its children are settled.

Facts come in any order, late and repeated. What is still missing is no error: whichever fact comes last settles.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.commands import departures, locks
from billing.commands.settling import fund_and_settle, settle
from billing.domain.contract import COMPLETED, EXPIRED, FROZEN, REVOKED, VALID, WITHDRAWN
from billing.models import Certificate, CertificateState, Enrollment, EnrollmentEnd, LessonChange
from chassis import clock
from chassis.outbox import Received
from chassis.values import Amount
from contracts import certificates, enrollment

_ENDS = {enrollment.WITHDRAWN.type: WITHDRAWN, enrollment.COMPLETED.type: COMPLETED}
_STATES = {
    certificates.CERTIFICATE_FROZEN.type: FROZEN,
    certificates.CERTIFICATE_UNFROZEN.type: VALID,
    certificates.CERTIFICATE_REVOKED.type: REVOKED,
    certificates.CERTIFICATE_EXPIRED.type: EXPIRED,
}
_REVIEW_SOONER = text(
    "UPDATE contract c SET review_on = :review_on FROM contract_lesson l"
    " WHERE l.region_code = c.region_code AND l.contract_id = c.contract_id AND l.lesson_id = :lesson_id"
    " AND c.region_code = :region_code AND c.state = 'active'"
    " AND (c.review_on IS NULL OR c.review_on > :review_on) AND c.enrollment_id IN"
    " (SELECT enrollment_id FROM enrollment WHERE region_code = :region_code AND group_id = :group_id)"
)

_Fact = Certificate | Enrollment | CertificateState | EnrollmentEnd


def keep_certificate(session: Session, event: Received) -> None:
    """Keep a child's certificate and who pays for it, and settle."""
    data = event.data
    locks.facts_of_child(session, event.region_code, data["child_id"])
    names = ("certificate_id", "child_id", "payer_municipality_code", "valid_until")
    _keep(session, Certificate, event, {name: data[name] for name in names}, key="certificate_id")
    fund_and_settle(session, event.region_code, [data["child_id"]])


def keep_enrollment(session: Session, event: Received) -> None:
    """Keep an enrolment with its terms, and settle. Raises `ValueError` when the two prices have different units."""
    data = event.data
    price, normative = Amount.from_wire(data["price"]), Amount.from_wire(data["normative_price"])
    if price.unit != normative.unit:
        raise ValueError(f"price in {price.unit}, normative price in {normative.unit}")
    locks.facts_of_child(session, event.region_code, data["child_id"])
    names = (
        *("enrollment_id", "child_id", "group_id", "provider_id", "direction", "submitted_at", "enrolled_at"),
        *("enrolled_on", "group_starts_on", "group_ends_on", "terms_version", "offer_id", "accepted_by"),
    )
    values = {
        **{name: data[name] for name in names},
        "unit": price.unit,
        "price_minor": price.minor,
        "normative_minor": normative.minor,
        "lessons": [{**lesson, "on": lesson["on"].isoformat()} for lesson in data["lessons"]],
    }
    _keep(session, Enrollment, event, values, key="enrollment_id")
    fund_and_settle(session, event.region_code, [data["child_id"]])


def keep_certificate_state(session: Session, event: Received) -> None:
    """Keep the document's state, and settle. What a certificate out of force has left goes back to its payer."""
    data, state = event.data, _STATES[event.type]
    locks.facts_of_child(session, event.region_code, data["child_id"])
    values = {"certificate_id": data["certificate_id"], "state": state, "changed_on": data["changed_on"]}
    _keep(session, CertificateState, event, values, key="certificate_id")
    fund_and_settle(session, event.region_code, [data["child_id"]])
    if state in (REVOKED, EXPIRED):
        departures.leave(session, event.region_code, [data["certificate_id"]], clock.now())


def keep_end(session: Session, event: Received) -> None:
    """Keep that an enrolment has ended, and its last day, and settle."""
    data = event.data
    locks.facts_of_child(session, event.region_code, data["child_id"])
    values = {
        "enrollment_id": data["enrollment_id"],
        "kind": _ENDS[event.type],
        "effective_on": data["effective_on"],
    }
    _keep(session, EnrollmentEnd, event, values, key="enrollment_id")
    fund_and_settle(session, event.region_code, [data["child_id"]])


def keep_lesson_change(session: Session, event: Received) -> None:
    """Keep that a lesson was cancelled or moved, and settle the children of its group.

    A cancelled lesson stays cancelled, whichever change is heard last.
    """
    data, region_code = event.data, event.region_code
    locks.facts_of_region(session, region_code)
    moved_to = data.get("new_lesson_on")
    session.execute(_changing_lesson(event, moved_to).execution_options(synchronize_session=False))
    if moved_to is not None:
        deadline = moved_to + timedelta(days=enrollment.JOURNAL_DAYS + 1)
        names = ("group_id", "lesson_id")
        session.execute(
            _REVIEW_SOONER, {name: data[name] for name in names} | {"region_code": region_code, "review_on": deadline}
        )
    in_group = (Enrollment.region_code == region_code, Enrollment.group_id == data["group_id"])
    settle(session, region_code, set(session.scalars(select(Enrollment.child_id).where(*in_group))))


def _changing_lesson(event: Received, moved_to: date | None) -> Any:
    key = {"region_code": event.region_code, "lesson_id": event.data["lesson_id"]}
    statement = insert(LessonChange).values(
        **key, cancelled=moved_to is None, moved_to=moved_to, fact_version=event.version
    )
    if moved_to is None:
        known = func.greatest(LessonChange.fact_version, event.version)
        return statement.on_conflict_do_update(
            index_elements=list(key), set_={"cancelled": True, "fact_version": known}
        )
    return statement.on_conflict_do_update(
        index_elements=list(key),
        set_={"moved_to": moved_to, "fact_version": event.version},
        where=LessonChange.fact_version < event.version,
    )


def _keep(session: Session, model: type[_Fact], event: Received, values: dict[str, Any], *, key: str) -> None:
    fact = {**values, "fact_version": event.version}
    statement = insert(model).values(region_code=event.region_code, **fact)
    statement = statement.on_conflict_do_update(
        index_elements=["region_code", key], set_=fact, where=model.fact_version < event.version
    )
    session.execute(statement.execution_options(synchronize_session=False))
