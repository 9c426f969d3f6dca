"""How an application gets a seat or a place in the waiting list: sent for the first time, as a draft, or offered."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session

from enrollment.commands.courses import Course
from enrollment.commands.seats import counted
from enrollment.domain.eligibility import Offer, check_admission, check_offer
from enrollment.domain.states import ENROLLED, LIVE, OFFERED, SEATED, SUBMITTED, advance, path_of
from enrollment.holds import Holds
from enrollment.models import Application
from enrollment.neighbours import Facts

LIVING = select(Application.region_code, Application.child_id, Application.module_id, Application.status).where(
    tuple_(Application.region_code, Application.child_id).in_(bindparam("children", expanding=True)),
    Application.status.in_(LIVE),
)
USED = select(Application.region_code, Application.offer_id, Application.application_id).where(
    tuple_(Application.region_code, Application.offer_id).in_(bindparam("offers", expanding=True))
)


class Taken:
    """Which modules some children are in, how many seats they have, and which of their offers were used."""

    def __init__(self, session: Session, applications: Iterable[tuple[str, str, str]]) -> None:
        """Look for applications of these regions, children and offers."""
        wanted = sorted(set(applications))
        children = sorted({(region_code, child_id) for region_code, child_id, _ in wanted})
        offers = sorted({(region_code, offer_id) for region_code, _, offer_id in wanted})
        self.modules, self.seats = set[tuple[str, str, str]](), Counter[tuple[str, str]]()
        for region_code, child_id, module_id, status in session.execute(LIVING, {"children": children}):
            self._live(region_code, child_id, module_id, status)
        self.offers = {tuple(row[:2]): row[2] for row in session.execute(USED, {"offers": offers})}

    def _live(self, region_code: str, child_id: str, module_id: str, status: str) -> None:
        self.modules.add((region_code, child_id, module_id))
        self.seats[region_code, child_id] += status in SEATED

    def add(self, application: Application) -> None:
        """One more was decided."""
        region_code = application.region_code
        self.offers[region_code, application.offer_id] = application.application_id
        if application.status in LIVE:
            self._live(region_code, application.child_id, application.module_id, application.status)

    def in_module(self, application: Application) -> bool:
        """Whether the child is in the module already."""
        return (application.region_code, application.child_id, application.module_id) in self.modules

    def other_seats(self, application: Application) -> int:
        """How many seats the child has beside that of an application which was added."""
        return self.seats[application.region_code, application.child_id] - (application.status in SEATED)

    def used(self, application: Application) -> bool:
        """Whether another application came with the offer."""
        own = application.application_id
        return self.offers.get((application.region_code, application.offer_id), own) != own


def check(
    course: Course, application: Application, child: dict[str, Any], facts: Facts, taken: Taken, at: datetime
) -> None:
    """Refuse an application that may not be sent at an instant, by `check_admission` and then `check_offer`.

    Raises `NotFound("offer_not_found")` for an offer that nobody made.
    """
    check_admission(
        course.group,
        born_on=child["born_on"],
        first_lesson_on=course.first_lesson_on(at),
        in_module=taken.in_module(application),
        provider_active=course.provider_active,
        now=at,
    )
    offer = facts.offer(application.region_code, application.offer_id)
    check_offer(
        Offer(**{name: offer[name] for name in Offer.__dataclass_fields__}),
        course.group,
        guardian_id=application.guardian_id,
        child_id=application.child_id,
        used=taken.used(application),
        now=at,
    )


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
