"""What the provider decides about an application to its group; the end of an enrolment, by either side."""

from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from chassis.errors import InvalidInput
from contracts import accounts
from contracts import enrollment as contract
from enrollment.commands import leaving
from enrollment.commands.announcing import tell, tell_enrolled
from enrollment.commands.applications import application_of, check_deadline
from enrollment.commands.courses import look_at
from enrollment.commands.entering import enrol as date_enrolment
from enrollment.domain.eligibility import check_lessons_left, check_provider
from enrollment.domain.leaving import check_enrolled, last_day
from enrollment.domain.states import CONFIRMED, ENROLLED, advance
from enrollment.holds import Holds
from enrollment.neighbours import group_terms, known_child

SIDES: dict[str, tuple[str, tuple[str, ...]]] = {
    accounts.GUARDIAN: (leaving.FAMILY, contract.FAMILY_WITHDRAW_REASONS),
    accounts.PROVIDER: (leaving.PROVIDER, contract.PROVIDER_WITHDRAW_REASONS),
}
"""Who withdraws, and the reasons that this side may give, by the caller's role."""


def confirm(session: Session, caller: Actor, application_id: str, holds: Holds) -> None:
    """Take the child, subject to the order of enrolment; from now on its seat is kept without a deadline.

    Raises `Conflict("transition_not_allowed")`; `RuleViolated`: `place_deadline_passed`, `provider_suspended`.
    """
    with application_of(session, caller, application_id, holds) as (seats, application):
        status = advance(application.status, CONFIRMED)
        course = look_at(session, seats)
        check_deadline(application, course)
        check_provider(course.provider_active)
        application.status, application.deadline_at = status, None
        tell(session, application, contract.APPLICATION_CONFIRMED, confirmed_at=course.now)


def enrol(session: Session, caller: Actor, application_id: str, order_number: str, holds: Holds) -> None:
    """Enrol a confirmed child by the provider's order, from today on.

    Raises `Conflict("transition_not_allowed")`; `RuleViolated`: `no_lessons_left`, `provider_suspended`.
    """
    with application_of(session, caller, application_id, holds) as (seats, application):
        status = advance(application.status, ENROLLED)
        course = look_at(session, seats)
        check_lessons_left(course.first_lesson_on(course.now))
        check_provider(course.provider_active)
        application.status, application.order_number = status, order_number
        date_enrolment(course, application)
        payer = known_child(session, application.region_code, application.child_id)["municipality_code"]
        tell_enrolled(session, course, application, payer)


def refuse(session: Session, caller: Actor, application_id: str, reason: str, holds: Holds) -> None:
    """Refuse a child that is not enrolled yet, with or without a seat. Raises `Conflict("transition_not_allowed")`."""
    with application_of(session, caller, application_id, holds) as (seats, application):
        leaving.cancel(session, seats, application, by=leaving.PROVIDER, reason=reason, now=clock.now())


def withdraw(session: Session, caller: Actor, request: dict[str, Any], holds: Holds) -> None:
    """End an enrolment on a local day from today to the group's last one; which reasons count depends on the caller.

    Raises `InvalidInput` for a reason of the other side, `Conflict("transition_not_allowed")`,
    `RuleViolated("withdrawal_date_not_allowed")`.
    """
    with application_of(session, caller, request["application_id"], holds) as (seats, application):
        by, reason = _side(caller, request["reason"])
        check_enrolled(application.status, application.ended_on)
        terms, now = group_terms(session, seats.region_code, seats.group_id), clock.now()
        zone = terms["time_zone"]
        on = last_day(request["effective_on"], clock.local_date(now, zone), terms["ends_on"])
        leaving.withdraw(session, seats, application, on=on, by=by, reason=reason, now=now, time_zone=zone)


def _side(caller: Actor, reason: str) -> tuple[str, str]:
    by, allowed = SIDES[caller.role]
    if reason not in allowed:
        raise InvalidInput("invalid_request", "Not a reason of this side.", reason=f"One of {', '.join(allowed)}.")
    return by, reason
