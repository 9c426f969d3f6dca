"""How an enrolment ends before its group does."""

from datetime import date

from chassis.errors import Conflict, RuleViolated
from enrollment.domain.states import ENROLLED, WITHDRAWN, advance


def check_enrolled(status: str, ended_on: date | None) -> None:
    """Only a child that is enrolled, and whose leaving is not set yet, can leave; `Conflict` otherwise."""
    advance(status, WITHDRAWN)
    if ended_on is not None:
        raise Conflict(
            "transition_not_allowed",
            "The enrolment's last day is set already.",
            status=ENROLLED,
            target=WITHDRAWN,
        )


def last_day(wanted: date | None, today: date, group_ends_on: date) -> date:
    """The last local day that counts: today unless another is wanted, never in the past, never after the group's end.

    Raises `RuleViolated("withdrawal_date_not_allowed")` with the earliest and the latest day.
    """
    day = wanted or today
    if not today <= day <= group_ends_on:
        raise RuleViolated(
            "withdrawal_date_not_allowed",
            "The last day lies between today and the group's end.",
            earliest_on=today.isoformat(),
            latest_on=group_ends_on.isoformat(),
        )
    return day
