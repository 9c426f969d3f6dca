"""What a family does with an application: send it, take an offered place, give it up."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict, NotFound, RuleViolated
from enrollment.commands import drafts, entering, leaving
from enrollment.commands.announcing import tell_entry
from enrollment.commands.courses import Course, look_at
from enrollment.commands.seats import count, held
from enrollment.commands.waiting import freeing
from enrollment.domain.eligibility import check_place
from enrollment.domain.states import CONFIRMED, DRAFT, ENROLLED, OFFERED, SUBMITTED, WAITLISTED
from enrollment.holds import Holds
from enrollment.models import Application, GroupSeats
from enrollment.neighbours import concerns, known_child, own_child


def submit(session: Session, caller: Actor, request: dict[str, Any], holds: Holds) -> str:
    """Apply for the caller's own child, accepting the offer; the application's id.

    The child gets a seat (and is enrolled at once where the group needs no review) or a place in the waiting list; a
    draft for a group that is not open yet is kept. Drafts that are due are sent first. Refusals, in order: `NotFound`
    child, group; those of `check_admission`; `NotFound` offer; those of `check_offer`; `Conflict("draft_exists")`.
    """
    child = own_child(session, caller, request["child_id"])
    with held(session, caller.region_code, request["group_id"]) as seats:
        course = look_at(session, seats)
        drafts.send_due(session, course, holds)
        application = _new(course, caller, request)
        if request["draft"] and not course.is_open:
            _keep(session, course, application, child)
        else:
            _send(session, course, application, child, holds)
        seats.arrivals = application.arrival
    return application.application_id


def send_draft(session: Session, caller: Actor, application_id: str, holds: Holds) -> None:
    """Send a draft of the caller's child once enrolment is open; one that was sent by itself meanwhile stays as it is.

    Drafts that were saved earlier go first. Refusals: those of `submit`; `Conflict("transition_not_allowed")`.
    """
    with application_of(session, caller, application_id, holds) as (seats, application):
        if application.status in (SUBMITTED, WAITLISTED, CONFIRMED, ENROLLED):
            return
        if application.status != DRAFT:
            raise _not_allowed(application, SUBMITTED)
        course = look_at(session, seats)
        drafts.send_due(session, course, holds, before=application.arrival)
        child = own_child(session, caller, application.child_id)
        drafts.send(session, course, application, child, holds)


def accept_place(session: Session, caller: Actor, application_id: str, holds: Holds) -> None:
    """Take the place that was offered: from now on the application goes the way of a new one with a seat.

    Raises `Conflict("transition_not_allowed")`, `RuleViolated("place_deadline_passed")`, the refusals of `check_place`.
    """
    with application_of(session, caller, application_id, holds) as (seats, application):
        if application.status != OFFERED:
            raise _not_allowed(application, SUBMITTED)
        course = look_at(session, seats)
        check_deadline(application, course)
        child = known_child(session, application.region_code, application.child_id)
        check_place(
            course.group,
            born_on=child["born_on"],
            first_lesson_on=course.first_lesson_on(course.now),
            provider_active=course.provider_active,
        )
        entering.place(course, application, holds)
        count(seats, OFFERED, application.status)
        tell_entry(session, course, application, child["municipality_code"])


def cancel(session: Session, caller: Actor, application_id: str, reason: str, holds: Holds) -> None:
    """Give up an application before the enrolment. Raises `Conflict("transition_not_allowed")` once it is too late."""
    with application_of(session, caller, application_id, holds) as (seats, application):
        leaving.cancel(session, seats, application, by=leaving.FAMILY, reason=reason, now=clock.now())


@contextmanager
def application_of(
    session: Session, caller: Actor, application_id: str, holds: Holds
) -> Iterator[tuple[GroupSeats, Application]]:
    """An application that concerns the caller, and the seats of its group, locked; free seats go to those who wait.

    Raises `NotFound("application_not_found")`.
    """
    key = (caller.region_code, application_id)
    of_caller = (Application.region_code == key[0], Application.application_id == key[1], concerns(caller))
    group_id = session.scalar(select(Application.group_id).where(*of_caller))
    if group_id is None:
        raise NotFound("application_not_found", "There is no such application.")
    with freeing(session, caller.region_code, group_id, holds) as seats:
        yield seats, session.get_one(Application, key, populate_existing=True)


def check_deadline(application: Application, course: Course) -> None:
    """Refuse a decision that comes when the place is kept no more: `RuleViolated("place_deadline_passed")`."""
    if application.deadline_at is not None and course.now >= application.deadline_at:
        raise RuleViolated(
            "place_deadline_passed",
            "The place was kept until then.",
            deadline_at=application.deadline_at.isoformat(),
        )


def _new(course: Course, caller: Actor, request: dict[str, Any]) -> Application:
    return Application(
        region_code=course.seats.region_code,
        application_id=str(uuid.uuid4()),
        child_id=request["child_id"],
        group_id=course.seats.group_id,
        module_id=course.terms["module_id"],
        programme_id=course.terms["programme_id"],
        provider_id=course.terms["provider_id"],
        guardian_id=caller.subject,
        offer_id=request["offer_id"],
        terms_version=course.terms["terms_version"],
        status=DRAFT,
        arrival=course.seats.arrivals + 1,
        submitted_at=course.now,
        version=0,
        sent=False,
    )


def _send(session: Session, course: Course, application: Application, child: dict[str, Any], holds: Holds) -> None:
    entering.check(session, course, application, child, course.now)
    entering.place(course, application, holds)
    if not _added(session, application):
        entering.check(session, course, application, child, course.now)
        raise Conflict("already_enrolled", "Another application for this child was sent at the same moment.")
    count(course.seats, None, application.status)
    tell_entry(session, course, application, child["municipality_code"])


def _keep(session: Session, course: Course, application: Application, child: dict[str, Any]) -> None:
    """Keep a draft that could be sent when enrolment opens, as far as can be seen today."""
    opens_at = course.group.opens_at
    entering.check(session, course, application, child, opens_at)
    if not _added(session, application):
        entering.check(session, course, application, child, opens_at)
        raise Conflict("draft_exists", "A draft for this child and group is kept already.")
    count(course.seats, None, DRAFT)


def _added(session: Session, application: Application) -> bool:
    """Write the row, unless another has used the offer, holds the child's place in the module, or is its draft."""
    names = [column.name for column in Application.__table__.columns]
    columns = {name: getattr(application, name) for name in names}
    statement = insert(Application).values(columns).on_conflict_do_nothing().returning(Application.application_id)
    return session.scalar(statement) is not None


def _not_allowed(application: Application, target: str) -> Conflict:
    return Conflict(
        "transition_not_allowed",
        "The application's status does not allow this.",
        status=application.status,
        target=target,
    )
