"""May this child apply for this group with this offer? Checks in a fixed order, each with a stable code.

A timetable clash is a warning, not a wall, and is not looked at here; a full group is no refusal either: the
application waits. Money is never checked: the offer told the family, and billing settles it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chassis.ages import age_on
from chassis.errors import Conflict, NotFound, RuleViolated, Unavailable

PUBLISHED = "published"
AGE_MIN, AGE_MAX = 5, 17
"""Full years of the children that personalised financing is for: up to the day before the 18th birthday."""


@dataclass(frozen=True)
class Group:
    """What a group asks of those who want to join."""

    group_id: str
    state: str
    age_min: int
    age_max: int
    opens_at: datetime
    closes_at: datetime
    time_zone: str
    terms_version: int


@dataclass(frozen=True)
class Offer:
    """A price that was offered to one guardian for one child and one group."""

    child_id: str
    group_id: str
    guardian_id: str
    terms_version: int
    expires_at: datetime


def check_admission(
    group: Group,
    *,
    born_on: date,
    first_lesson_on: date | None,
    in_module: bool,
    provider_active: bool,
    now: datetime,
) -> None:
    """Refuse a child whom the group may not take, for the first reason in order.

    `first_lesson_on` is the first lesson the child would attend. Raises `RuleViolated`: `group_closed`,
    `enrolment_not_open`, `enrolment_closed`, `no_lessons_left`, `age_not_fit`, `provider_suspended`; `Conflict`:
    `already_enrolled`, which comes before the last.
    """
    _check_published(group)
    if now < group.opens_at:
        local = group.opens_at.astimezone(ZoneInfo(group.time_zone)).isoformat()
        raise RuleViolated(
            "enrolment_not_open",
            "Enrolment has not begun.",
            opens_at=group.opens_at.isoformat(),
            opens_at_local=local,
        )
    if now >= group.closes_at:
        raise RuleViolated("enrolment_closed", "Enrolment has ended.", closes_at=group.closes_at.isoformat())
    check_child(group, born_on, first_lesson_on)
    if in_module:
        raise Conflict("already_enrolled", "The child already has a place, or waits for one, in this module.")
    check_provider(provider_active)


def check_place(group: Group, *, born_on: date, first_lesson_on: date | None, provider_active: bool) -> None:
    """Refuse a place that was offered to a child: the group may have changed since.

    Raises `RuleViolated`: `group_closed`, `no_lessons_left`, `age_not_fit`, `provider_suspended`. Enrolment may have
    closed: the child applied in time.
    """
    _check_published(group)
    check_child(group, born_on, first_lesson_on)
    check_provider(provider_active)


def check_child(group: Group, born_on: date, first_lesson_on: date | None) -> None:
    """Refuse a child who could attend no lesson, or whose age on the first one's date does not fit.

    Whatever the group says, children are of 5 to 17 full years. Raises `RuleViolated`: `no_lessons_left`,
    `age_not_fit`.
    """
    first_lesson_on = check_lessons_left(first_lesson_on)
    youngest, oldest = max(group.age_min, AGE_MIN), min(group.age_max, AGE_MAX)
    if not youngest <= age_on(born_on, first_lesson_on) <= oldest:
        raise RuleViolated(
            "age_not_fit",
            "The child's age on the day of the first lesson does not fit the group.",
            age_min=str(youngest),
            age_max=str(oldest),
            first_lesson_on=first_lesson_on.isoformat(),
        )


def check_lessons_left(first_lesson_on: date | None) -> date:
    """The first lesson's date; `RuleViolated("no_lessons_left")` where there is none."""
    if first_lesson_on is None:
        raise RuleViolated("no_lessons_left", "The group has no lessons ahead.")
    return first_lesson_on


def check_provider(active: bool) -> None:
    """Refuse a new child to a provider that the region has suspended: `RuleViolated("provider_suspended")`."""
    if not active:
        raise RuleViolated("provider_suspended", "The provider may not take new children at present.")


def _check_published(group: Group) -> None:
    if group.state != PUBLISHED:
        raise RuleViolated("group_closed", "The group takes no children.")


def check_offer(offer: Offer, group: Group, *, guardian_id: str, child_id: str, used: bool, now: datetime) -> None:
    """Refuse an offer that this guardian cannot accept for this child and group now.

    Raises `NotFound("offer_not_found")` for another guardian's offer; `RuleViolated`: `offer_of_another_child`,
    `offer_of_another_group`, `offer_already_used`, `offer_expired`, `terms_changed`; `Unavailable` when the offer
    was priced by terms that are on their way here: trying again with the same key is right.
    """
    if offer.guardian_id != guardian_id:
        raise NotFound("offer_not_found", "There is no such offer.")
    if offer.child_id != child_id:
        raise RuleViolated("offer_of_another_child", "The offer was made for another child.")
    if offer.group_id != group.group_id:
        raise RuleViolated("offer_of_another_group", "The offer was made for another group.")
    if used:
        raise RuleViolated("offer_already_used", "An application was already sent with this offer.")
    if now >= offer.expires_at:
        raise RuleViolated("offer_expired", "The offer has expired.", expires_at=offer.expires_at.isoformat())
    if offer.terms_version < group.terms_version:
        raise RuleViolated("terms_changed", "The group's terms have changed since the offer was made.")
    if offer.terms_version > group.terms_version:
        raise Unavailable("terms_not_known_yet", "The terms of this offer have not arrived yet.")
