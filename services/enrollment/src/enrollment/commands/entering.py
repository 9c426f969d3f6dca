"""How an application gets a seat or a place in the waiting list: sent for the first time, as a draft, or offered."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, true
from sqlalchemy.orm import Session

from enrollment.commands.courses import Course
from enrollment.commands.seats import counted
from enrollment.domain.eligibility import Offer, check_admission, check_offer
from enrollment.domain.states import ENROLLED, LIVE, OFFERED, SUBMITTED, advance, path_of
from enrollment.holds import Holds
from enrollment.models import Application
from enrollment.neighbours import offer_made


def check(session: Session, course: Course, application: Application, child: dict[str, Any], at: datetime) -> None:
    """Refuse an application that may not be sent at an instant, by `check_admission` and then `check_offer`.

    Raises `NotFound("offer_not_found")` for an offer that nobody made.
    """
    in_module, used = _taken(session, application)
    check_admission(
        course.group,
        born_on=child["born_on"],
        first_lesson_on=course.first_lesson_on(at),
        in_module=in_module,
        provider_active=course.provider_active,
        now=at,
    )
    offer = offer_made(session, application.region_code, application.offer_id)
    check_offer(
        Offer(**{name: offer[name] for name in Offer.__dataclass_fields__}),
        course.group,
        guardian_id=application.guardian_id,
        child_id=application.child_id,
        used=used,
        now=at,
    )


def _taken(session: Session, application: Application) -> tuple[bool, bool]:
    """Whether the child is in the module already, and whether another application came with the offer."""
    of_region = Application.region_code == application.region_code
    in_module = and_(
        of_region,
        Application.child_id == application.child_id,
        Application.module_id == application.module_id,
        Application.status.in_(LIVE),
    )
    used = and_(
        of_region,
        Application.offer_id == application.offer_id,
        Application.application_id != application.application_id,
    )
    row = session.execute(select(*(select(true()).where(taken).exists() for taken in (in_module, used)))).one()
    return row[0], row[1]


def place(course: Course, application: Application, holds: Holds) -> None:
    """Give the application the status that admission and free seats allow, and count its events in its version.

    A child whom a place was offered has its seat already. The caller writes, counts the seats and tells.
    """
    has_room = application.status == OFFERED or counted(course.seats).has_room
    application.status = advance(application.status, *path_of(course.terms["admission"], has_room))
    application.sent, enrolled = True, application.status == ENROLLED
    waits_for_provider = application.status == SUBMITTED
    application.deadline_at = holds.review_until(course.now, course.time_zone) if waits_for_provider else None
    application.version += 2 if enrolled else 1
    if enrolled:
        enrol(course, application)


def enrol(course: Course, application: Application) -> None:
    """Set the instant and the local day of the enrolment."""
    application.enrolled_at, application.enrolled_on = course.now, course.today
