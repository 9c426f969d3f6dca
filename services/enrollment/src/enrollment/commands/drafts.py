"""Drafts are sent when enrolment opens, in the order in which they were saved, before anybody who comes later."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Refusal
from chassis.outbox import record_all
from enrollment.commands import announcing, entering
from enrollment.commands.courses import Course
from enrollment.commands.leaving import SYSTEM, cancel
from enrollment.commands.seats import count
from enrollment.domain.states import DRAFT
from enrollment.holds import Holds
from enrollment.models import Application
from enrollment.neighbours import CHILD, OFFER, Facts, own_child

ONE_PLACE = "uq_application_live"


def send_due(
    session: Session, course: Course, holds: Holds, *, before: int | None = None, limit: int | None = None
) -> None:
    """Send the group's drafts if enrolment is open: all, those saved `before` an arrival, or no more than `limit`.

    One that may not be sent any more is cancelled by the system, which its family is told.
    """
    if not are_due(course):
        return
    for application in _saved(session, course, before, limit):
        try:
            send(session, course, application, holds)
        except Refusal:
            reason = "no_longer_eligible"
            cancel(session, course.seats, application, by=SYSTEM, reason=reason, now=course.now)


def are_due(course: Course) -> bool:
    """Whether drafts wait although enrolment is open."""
    return course.seats.drafts > 0 and course.is_open


def send(session: Session, course: Course, application: Application, holds: Holds) -> None:
    """Send one draft. Raises `NotFound("child_not_found")`, the refusals of `entering.check`."""
    region_code, child_id, offer_id = application.region_code, application.child_id, application.offer_id
    facts = Facts(session, [(CHILD, region_code, child_id), (OFFER, region_code, offer_id)])
    child = own_child(facts, region_code, application.guardian_id, child_id)
    taken = entering.Taken(session, [(region_code, child_id, offer_id)])
    entering.check(course, application, child, facts, taken, course.now)
    try:
        with session.begin_nested():
            application.submitted_at = course.now
            entering.place(course, application, holds)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != ONE_PLACE:
            raise
        session.refresh(application)
        raise Conflict("already_enrolled", "Another application for this child was sent at the same moment.") from None
    count(course.seats, DRAFT, application.status)
    record_all(session, announcing.entry(course, application, child["municipality_code"]))


def _saved(session: Session, course: Course, before: int | None, limit: int | None) -> list[Application]:
    statement = (
        select(Application)
        .where(
            Application.region_code == course.seats.region_code,
            Application.group_id == course.seats.group_id,
            Application.status == DRAFT,
        )
        .order_by(Application.arrival)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement if before is None else statement.where(Application.arrival < before)))
