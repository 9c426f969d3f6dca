"""What a family does with its application: send a draft, take an offered place, give it up."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict, NotFound, RuleViolated
from chassis.outbox import record_all
from enrollment.commands import announcing, drafts, entering, leaving
from enrollment.commands.courses import Course, look_at
from enrollment.commands.seats import count
from enrollment.commands.waiting import freeing
from enrollment.domain.eligibility import check_place
from enrollment.domain.states import CONFIRMED, DRAFT, ENROLLED, OFFERED, SUBMITTED, WAITLISTED
from enrollment.holds import Holds
from enrollment.models import Application, GroupSeats
from enrollment.neighbours import concerns, known_child


def send_draft(session: Session, caller: Actor, application_id: str, holds: Holds) -> None:
    """Send a draft of the caller's child once enrolment is open; one that was sent by itself meanwhile stays as it is.

    Drafts that were saved earlier go first. Refusals: those of a new one; `Conflict("transition_not_allowed")`.
    """
    with application_of(session, caller, application_id, holds) as (seats, application):
        if application.status in (SUBMITTED, WAITLISTED, CONFIRMED, ENROLLED):
            return
        if application.status != DRAFT:
            raise _not_allowed(application, SUBMITTED)
        course = look_at(session, seats)
        drafts.send_due(session, course, holds, before=application.arrival)
        drafts.send(session, course, application, holds)


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
        record_all(session, announcing.entry(course, application, child["municipality_code"]))


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


def _not_allowed(application: Application, target: str) -> Conflict:
    return Conflict(
        "transition_not_allowed",
        "The application's status does not allow this.",
        status=application.status,
        target=target,
    )
