"""What a contract should be, given all that is known of an enrolment. The same facts always give the same verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing.domain.coverage import Lesson, Span, lessons_within
from billing.domain.split import Split, split
from chassis.values import Amount

AWAITING_FUNDS, AWAITING_ACCEPTANCE, ACTIVE = "awaiting_funds", "awaiting_acceptance", "active"
STATES = (AWAITING_FUNDS, AWAITING_ACCEPTANCE, ACTIVE)


@dataclass(frozen=True)
class Terms:
    """A group's terms: its days, prices for all of them, and its planned lessons."""

    group: Span
    price: Amount
    normative: Amount
    lessons: tuple[Lesson, ...]


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
    """The guardian's acceptance: who accepted which terms for whom, and when."""

    enrollment_id: str
    child_id: str
    group_id: str
    accepted_by: str
    terms_version: int
    submitted_at: datetime


@dataclass(frozen=True)
class Funding:
    """The nominal that reached the certificate: the local day, and whether the certificate had to queue for it."""

    credited_on: date
    was_queued: bool


@dataclass(frozen=True)
class Facts:
    """All that decides about one enrolment's contract in one funding period."""

    application: Application
    enrolled_on: date
    terms: Terms
    period: Span
    certificate_ends_on: date
    offer: Offer | None
    funding: Funding | None
    available: Amount
    """What the certificate has for this contract; while it waits for money, what its nominal would leave."""


@dataclass(frozen=True)
class Verdict:
    """What the contract should be. `reason` says why the acceptance does not stand; `lessons` are those it covers."""

    state: str
    reason: str | None
    effective_from: date | None
    split: Split
    lessons: tuple[Lesson, ...]


def decide(facts: Facts) -> Verdict:
    """The contract that the facts call for.

    Without money it waits for money, though a free group needs none. With money it is active when the guardian's
    acceptance stands and covers the parent's real share, and otherwise waits for an acceptance.
    """
    starts_on = effective_from(facts.enrolled_on, facts.funding)
    allowed = Span(starts_on, min(facts.period.last, facts.certificate_ends_on))
    shares, lessons = share_out(facts.terms, allowed, facts.available)
    if facts.funding is None and facts.terms.price.minor:
        return Verdict(AWAITING_FUNDS, None, None, shares, lessons)
    reason = unaccepted(facts.offer, facts.application, shares.parent)
    if reason:
        return Verdict(AWAITING_ACCEPTANCE, reason, None, shares, lessons)
    return Verdict(ACTIVE, None, starts_on, shares, lessons)


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


def unaccepted(offer: Offer | None, application: Application, parent_share: Amount) -> str | None:
    """Why the guardian's acceptance does not stand, or None when it does."""
    if offer is None:
        return "offer_missing"
    checks = {
        "offer_of_another_child": offer.child_id == application.child_id,
        "offer_of_another_group": offer.group_id == application.group_id,
        "offer_of_another_guardian": offer.guardian_id == application.accepted_by,
        "offer_already_used": offer.used_by in (None, application.enrollment_id),
        "offer_expired": application.submitted_at < offer.expires_at,
        "terms_changed": offer.terms_version == application.terms_version,
        "parent_share_grew": parent_share.unit == offer.max_parent_share.unit
        and parent_share <= offer.max_parent_share,
    }
    return next((reason for reason, stands in checks.items() if not stands), None)
