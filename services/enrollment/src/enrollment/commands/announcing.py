"""What the world is told of an application; each event is the application's next version."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.outbox import Announcement, record_all
from contracts import enrollment as contract
from contracts.base import Event
from enrollment.commands.courses import Course
from enrollment.domain.states import ENROLLED, WAITLISTED
from enrollment.models import Application


def tell(session: Session, application: Application, event: Event, **more: Any) -> None:
    """Announce a step of an application that is not an enrolment yet."""
    application.version += 1
    record_all(session, [_next(application, event, application.version, {**_said(application), **more})])


def entry(course: Course, application: Application, payer: str) -> list[Announcement]:
    """What is to be told of that which `entering.place` has decided and counted in the application's version.

    `payer` is the municipality that pays for the child.
    """
    last, said = application.version, _said(application)
    if application.status == WAITLISTED:
        more = {"position": course.seats.waiting}
        return [_next(application, contract.APPLICATION_WAITLISTED, last, {**said, **more})]
    if application.status == ENROLLED:
        return [
            _next(application, contract.APPLICATION_SUBMITTED, last - 1, said),
            _next(application, contract.ENROLLED, last, {**said, **_snapshot(course, application, payer)}),
        ]
    return [_next(application, contract.APPLICATION_SUBMITTED, last, said)]


def tell_enrolled(session: Session, course: Course, application: Application, payer: str) -> None:
    """Announce an enrolment that the provider decided."""
    tell(session, application, contract.ENROLLED, **_snapshot(course, application, payer))


def tell_end(session: Session, application: Application, event: Event, **more: Any) -> None:
    """Announce that an enrolment ends, with its last day."""
    application.version += 1
    names = ("child_id", "group_id", "programme_id", "provider_id")
    said = {name: getattr(application, name) for name in names}
    ids = {"enrollment_id": application.application_id, "effective_on": application.ended_on}
    record_all(session, [_next(application, event, application.version, {**said, **ids, **more})])


def _next(application: Application, event: Event, version: int, data: dict[str, Any]) -> Announcement:
    return Announcement(event, application.region_code, application.application_id, version, data)


def _said(application: Application) -> dict[str, Any]:
    return {
        "application_id": application.application_id,
        "child_id": application.child_id,
        "group_id": application.group_id,
        "programme_id": application.programme_id,
        "provider_id": application.provider_id,
        "submitted_at": application.submitted_at,
    }


def _snapshot(course: Course, application: Application, payer: str) -> dict[str, Any]:
    """The terms that count for money from now on, whatever becomes of the group."""
    terms = course.terms
    return {
        "enrollment_id": application.application_id,
        "module_id": application.module_id,
        "direction": terms["direction"],
        "payer_municipality_code": payer,
        "time_zone": terms["time_zone"],
        "enrolled_at": application.enrolled_at,
        "enrolled_on": application.enrolled_on,
        "group_starts_on": terms["starts_on"],
        "group_ends_on": terms["ends_on"],
        "price": terms["price"],
        "normative_price": terms["normative_price"],
        "terms_version": terms["terms_version"],
        "offer_id": application.offer_id,
        "accepted_by": application.guardian_id,
        "lessons": [
            {"lesson_id": lesson.lesson_id, "number": lesson.number, "on": lesson.lesson_on}
            for lesson in course.lessons
        ],
    }
