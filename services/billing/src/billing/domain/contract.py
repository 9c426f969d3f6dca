"""What a contract should be, given all that is known of an enrolment. The same facts always give the same verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.domain.clubs import NO_LIMITS, Club, Limits, Reached, Room, room
from billing.domain.coverage import Lesson, Span, lessons_within
from billing.domain.split import Split, split
from chassis.values import Amount

AWAITING_FUNDS, AWAITING_ACCEPTANCE, ACTIVE = "awaiting_funds", "awaiting_acceptance", "active"
REFUSED, CLOSED = "refused", "closed"
STATES = (AWAITING_FUNDS, AWAITING_ACCEPTANCE, ACTIVE, REFUSED, CLOSED)
WITHDRAWN, COMPLETED = "withdrawn", "completed"
ENDS = (WITHDRAWN, COMPLETED)
"""How an enrolment ends."""
VALID, FROZEN, REVOKED, EXPIRED = "valid", "frozen", "revoked", "expired"
CERTIFICATE_STATES = (VALID, FROZEN, REVOKED, EXPIRED)
REFUSED_BY_FAMILY, NOT_ACCEPTED_IN_TIME = "refused_by_family", "not_accepted_in_time"
REFUSALS = (REFUSED_BY_FAMILY, NOT_ACCEPTED_IN_TIME)


@dataclass(frozen=True)
class Terms:
    """A group's terms: its days, prices for all of them, its planned lessons, and its direction where it is known."""

    group: Span
    price: Amount
    normative: Amount
    lessons: tuple[Lesson, ...]
    direction: str | None = None


@dataclass(frozen=True)
class Offer:
    """What was offered to a guardian, and until when."""

    child_id: str
    group_id: str
    guardian_id: str
    terms_version: int
    max_parent_share: Amount
    expires_at: datetime
    used_by: str | None
    """The enrolment that was made with it."""


@dataclass(frozen=True)
class Application:
    """The guardian's newest acceptance, with the application or later: who accepted which terms for whom, and when."""

    enrollment_id: str
    child_id: str
    group_id: str
    accepted_by: str
    terms_version: int
    accepted_at: datetime


@dataclass(frozen=True)
class Funding:
    """The nominal that reached the certificate: the local day, and whether the certificate had to queue for it."""

    credited_on: date
    was_queued: bool


@dataclass(frozen=True)
class End:
    """The last local day that counts, and why no later one does."""

    on: date
    reason: str


def first_end(*ends: End | None) -> End | None:
    """The end that comes first; of those on one day the one that is named first."""
    return min((end for end in ends if end), key=lambda end: end.on, default=None)


def certificate_end(state: str, changed_on: date | None, valid_until: date) -> End | None:
    """A revoked certificate pays up to the day of the revocation, an expired one up to its last valid day."""
    if state == EXPIRED:
        return End(valid_until, "certificate_expired")
    return End(changed_on, "certificate_revoked") if state == REVOKED and changed_on else None


@dataclass(frozen=True)
class Facts:
    """All that decides about one enrolment's contract in one funding period, until it is opened."""

    application: Application
    enrolled_on: date
    terms: Terms
    period: Span
    certificate_ends_on: date
    offer: Offer | None
    funding: Funding | None
    available: Amount
    """What the certificate has for this contract; while it waits for money, what its nominal would leave."""
    end: End | None = None
    refusal: str | None = None
    frozen: bool = False
    closed: bool = False
    """Whether the period takes no postings any more."""
    limits: Limits = NO_LIMITS
    paid: tuple[Club, ...] = ()
    """The contracts that the certificate pays for already; as many as the limits allow leave nothing for this one."""


@dataclass(frozen=True)
class Verdict:
    """What the contract should be. `reason` says why it waits, was refused or closed; `lessons` are those it covers.

    `days` are those that count where the limits are concerned.
    """

    state: str
    reason: str | None
    effective_from: date | None
    split: Split
    lessons: tuple[Lesson, ...]
    days: Span


def decide(facts: Facts) -> Verdict:
    """The contract that the facts call for.

    Without money it waits for money, though a free group needs none. With money it is active when the guardian's
    acceptance stands and covers the parent's real share, and otherwise waits for an acceptance. Beyond the limits of
    what a certificate pays for at once, that share is the whole price. An end closes it, unless it covers days before
    the end: then it is active first, and its lessons close it (`billing.domain.charges`). Once the period is closed,
    nothing can be covered in it.
    """
    begins = beginning(facts)
    available = Amount(0, facts.available.unit) if begins.reached else facts.available
    shares, lessons = share_out(facts.terms, Span(begins.first, last_day(facts)), available)
    state, reason = _state(facts, begins, shares.parent)
    return Verdict(
        state=state,
        reason=reason,
        effective_from=begins.first if state == ACTIVE else None,
        split=shares,
        lessons=lessons,
        days=_days(facts, begins.first),
    )


def beginning(facts: Facts) -> Room:
    """The first day that the contract covers, and the limit that leaves the certificate nothing to pay of it."""
    return room_for(facts.terms, _days(facts), facts.available, facts.limits, facts.paid)


def last_day(facts: Facts) -> date:
    """The last day that the certificate may pay for in the period."""
    return min(facts.period.last, facts.certificate_ends_on)


def _days(facts: Facts, first: date | None = None) -> Span:
    ends_on = min(last_day(facts), facts.end.on) if facts.end else last_day(facts)
    return Span(first or effective_from(facts.enrolled_on, facts.funding), ends_on)


def room_for(terms: Terms, allowed: Span, available: Amount, limits: Limits, paid: Sequence[Club]) -> Room:
    """From which of the allowed days on the limits let the certificate pay for the group.

    They do not concern what it pays nothing for: a free group, or any when it has nothing left. Where no lesson would
    be left, what has ended does not step aside.
    """
    days = terms.group.within(allowed)
    if not min(terms.price.minor, terms.normative.minor, available.minor) or not days.days:
        return Room(allowed.first)
    found = room(limits, paid, days, terms.direction)
    if found.first > days.first and not lessons_within(terms.lessons, Span(found.first, days.last)):
        found = room(limits, [replace(each, ended=False) for each in paid], days, terms.direction)
    return found if found.first > days.first else Room(allowed.first, found.reached)


def _state(facts: Facts, begins: Room, parent_share: Amount) -> tuple[str, str | None]:
    if facts.refusal:
        return REFUSED, facts.refusal
    if facts.end and _too_late(facts, begins.first, facts.end.on):
        return CLOSED, facts.end.reason
    priced = facts.terms.price.minor > 0
    reason = unaccepted(facts.offer, facts.application, parent_share, begins.reached)
    if priced and facts.funding is None:
        return AWAITING_FUNDS, "certificate_frozen" if facts.frozen else None
    if reason:
        return (CLOSED, facts.end.reason) if facts.end else (AWAITING_ACCEPTANCE, reason)
    if priced and facts.frozen:
        return AWAITING_FUNDS, "certificate_frozen"
    return ACTIVE, None


def _too_late(facts: Facts, starts_on: date, ended_on: date) -> bool:
    """Whether the enrolment, or its period, was over before anything could be covered."""
    paid_in_time = facts.funding is not None and facts.funding.credited_on <= ended_on and not facts.closed
    return ended_on < starts_on or (facts.terms.price.minor > 0 and not paid_in_time)


def effective_from(enrolled_on: date, funding: Funding | None) -> date:
    """The first day covered: the enrolment's, or that of the crediting if the certificate had to queue for it."""
    if funding is None or not funding.was_queued:
        return enrolled_on
    return max(enrolled_on, funding.credited_on)


def share_out(terms: Terms, allowed: Span, available: Amount) -> tuple[Split, tuple[Lesson, ...]]:
    """The split for the group's days that are allowed, and their lessons. Days without a lesson cost nothing."""
    days = terms.group.within(allowed)
    lessons = lessons_within(terms.lessons, days)
    return _split(terms, days, available, any_lesson=bool(lessons)), lessons


def _split(terms: Terms, days: Span, available: Amount, *, any_lesson: bool) -> Split:
    return split(terms.price, terms.normative, available, days.days if any_lesson else 0, terms.group.days)


def greatest_parent_share(terms: Terms, allowed: Span, available: Amount) -> Amount:
    """The most that the parent could be asked for, on whichever of the allowed days the coverage begins."""
    days = terms.group.within(allowed)
    last_lesson_on = max((lesson.on for lesson in terms.lessons if lesson.on in days), default=date.min)
    starts: Sequence[date] = [*days.first_days()] or [allowed.first]
    return max(
        _split(terms, Span(first, days.last), available, any_lesson=first <= last_lesson_on).parent for first in starts
    )


def unaccepted(
    offer: Offer | None, application: Application, parent_share: Amount, reached: Reached | None = None
) -> str | None:
    """Why the guardian's acceptance does not stand, or None when it does; a share may have grown by a limit."""
    if offer is None:
        return "offer_missing"
    checks = {
        "offer_of_another_child": offer.child_id == application.child_id,
        "offer_of_another_group": offer.group_id == application.group_id,
        "offer_of_another_guardian": offer.guardian_id == application.accepted_by,
        "offer_already_used": offer.used_by in (None, application.enrollment_id),
        "offer_expired": application.accepted_at < offer.expires_at,
        "terms_changed": offer.terms_version == application.terms_version,
        reached.code if reached else "parent_share_grew": parent_share.unit == offer.max_parent_share.unit
        and parent_share <= offer.max_parent_share,
    }
    return next((reason for reason, stands in checks.items() if not stands), None)
