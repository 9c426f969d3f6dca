from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.clubs import Club, Limits
from billing.domain.contract import (
    ACTIVE,
    AWAITING_ACCEPTANCE,
    AWAITING_FUNDS,
    CLOSED,
    EXPIRED,
    FROZEN,
    NOT_ACCEPTED_IN_TIME,
    REFUSED,
    REVOKED,
    VALID,
    Application,
    End,
    Facts,
    Funding,
    Offer,
    Terms,
    certificate_end,
    decide,
    effective_from,
    first_end,
    greatest_parent_share,
    share_out,
)
from billing.domain.coverage import Lesson, Span
from chassis.values import Amount

SUBMITTED = datetime(2026, 10, 5, 2, tzinfo=UTC)
MONDAY = date(2026, 10, 5)
GROUP = Span(date(2026, 9, 7), date(2027, 5, 31))
PERIOD = Span(date(2026, 9, 1), date(2027, 8, 31))
LESSONS = tuple(
    Lesson(f"lesson {number}", number, GROUP.first + timedelta(days=7 * (number - 1))) for number in range(1, 40)
)
TERMS = Terms(GROUP, Amount(900000, "RUB"), Amount(800000, "RUB"), LESSONS)
OFFER = Offer(
    child_id="child",
    group_id="group",
    guardian_id="mother",
    terms_version=3,
    max_parent_share=Amount(100000, "RUB"),
    expires_at=SUBMITTED + timedelta(hours=1),
    used_by=None,
)
APPLICATION = Application("enrolment", "child", "group", "mother", 3, SUBMITTED)
FACTS = Facts(
    application=APPLICATION,
    enrolled_on=MONDAY,
    terms=TERMS,
    period=PERIOD,
    certificate_ends_on=date(2034, 4, 12),
    offer=OFFER,
    funding=Funding(MONDAY, was_queued=False),
    available=Amount(1000000, "RUB"),
)


def test_money_and_a_standing_acceptance_make_the_contract_active() -> None:
    verdict = decide(FACTS)
    assert (verdict.state, verdict.reason, verdict.effective_from) == (ACTIVE, None, MONDAY)
    assert verdict.split.certificate == Amount(716105, "RUB")
    assert verdict.split.parent == Amount(89513, "RUB")
    assert [lesson.number for lesson in verdict.lessons] == list(range(5, 40))


def test_without_money_the_contract_waits_and_shows_what_it_would_be() -> None:
    verdict = decide(replace(FACTS, funding=None))
    assert (verdict.state, verdict.effective_from) == (AWAITING_FUNDS, None)
    assert verdict.split == decide(FACTS).split


def test_a_free_group_needs_no_money() -> None:
    free = replace(TERMS, price=Amount(0, "RUB"), normative=Amount(0, "RUB"))
    verdict = decide(replace(FACTS, terms=free, funding=None, available=Amount(0, "RUB")))
    assert (verdict.state, verdict.split.certificate.minor) == (ACTIVE, 0)


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (None, "offer_missing"),
        (replace(OFFER, child_id="another"), "offer_of_another_child"),
        (replace(OFFER, group_id="another"), "offer_of_another_group"),
        (replace(OFFER, guardian_id="stranger"), "offer_of_another_guardian"),
        (replace(OFFER, used_by="another enrolment"), "offer_already_used"),
        (replace(OFFER, expires_at=SUBMITTED), "offer_expired"),
        (replace(OFFER, terms_version=2), "terms_changed"),
        (replace(OFFER, max_parent_share=Amount(89512, "RUB")), "parent_share_grew"),
        (replace(OFFER, max_parent_share=Amount(89513, "HOUR")), "parent_share_grew"),
    ],
)
def test_an_acceptance_that_does_not_stand_leaves_the_contract_waiting(offer: Offer | None, reason: str) -> None:
    verdict = decide(replace(FACTS, offer=offer))
    assert (verdict.state, verdict.reason, verdict.effective_from) == (AWAITING_ACCEPTANCE, reason, None)


@pytest.mark.parametrize(
    "offer", [replace(OFFER, used_by="enrolment"), replace(OFFER, max_parent_share=Amount(89513, "RUB"))]
)
def test_an_offer_stands_up_to_its_very_limits(offer: Offer) -> None:
    assert decide(replace(FACTS, offer=offer)).state == ACTIVE


def test_the_second_contract_of_a_certificate_asks_again_when_what_is_left_is_short() -> None:
    verdict = decide(replace(FACTS, available=Amount(283895, "RUB")))
    assert (verdict.state, verdict.reason) == (AWAITING_ACCEPTANCE, "parent_share_grew")
    assert verdict.split.certificate == Amount(283895, "RUB")


@pytest.mark.parametrize(
    ("funding", "first"),
    [
        (None, MONDAY),
        (Funding(date(2026, 11, 2), was_queued=False), MONDAY),
        (Funding(date(2026, 11, 2), was_queued=True), date(2026, 11, 2)),
        (Funding(date(2026, 9, 20), was_queued=True), MONDAY),
    ],
)
def test_coverage_begins_with_the_enrolment_or_with_the_money_that_was_waited_for(
    funding: Funding | None, first: date
) -> None:
    assert effective_from(MONDAY, funding) == first


def test_only_days_from_the_crediting_are_priced_when_the_certificate_had_to_queue() -> None:
    verdict = decide(replace(FACTS, funding=Funding(date(2027, 5, 25), was_queued=True)))
    assert [lesson.on for lesson in verdict.lessons] == [date(2027, 5, 31)]
    assert verdict.split.price == Amount(-(-900000 * 7 // 267), "RUB")


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, certificate_ends_on=date(2026, 10, 12)),
        replace(FACTS, period=Span(PERIOD.first, date(2026, 10, 12))),
    ],
)
def test_nothing_is_covered_past_the_end_of_the_certificate_or_of_the_period(facts: Facts) -> None:
    verdict = decide(facts)
    assert [lesson.on for lesson in verdict.lessons] == [date(2026, 10, 5), date(2026, 10, 12)]
    assert verdict.split.price == Amount(-(-900000 * 8 // 267), "RUB")


def test_days_without_a_lesson_cost_nothing() -> None:
    shares, lessons = share_out(TERMS, Span(date(2026, 10, 6), date(2026, 10, 11)), Amount(1000000, "RUB"))
    assert (shares.price.minor, lessons) == (0, ())


WITHDRAWN = End(MONDAY, "withdrawn")


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"funding": None}, CLOSED, "withdrawn"),
        ({"funding": Funding(MONDAY + timedelta(days=1), was_queued=False)}, CLOSED, "withdrawn"),
        ({"offer": None}, CLOSED, "withdrawn"),
        ({"enrolled_on": MONDAY + timedelta(days=1)}, CLOSED, "withdrawn"),
        ({}, ACTIVE, None),
        ({"frozen": True}, AWAITING_FUNDS, "certificate_frozen"),
        ({"closed": True}, CLOSED, "withdrawn"),
        ({"frozen": True, "closed": True}, CLOSED, "withdrawn"),
    ],
)
def test_an_end_closes_a_contract_that_covered_nothing_before_it(
    changes: dict[str, object], state: str, reason: str | None
) -> None:
    verdict = decide(replace(FACTS, end=WITHDRAWN, **changes))  # type: ignore[arg-type]
    assert (verdict.state, verdict.reason) == (state, reason)


@pytest.mark.parametrize("closed", [False, True])
def test_a_free_group_that_was_left_opens_so_that_it_can_close(closed: bool) -> None:
    free = replace(TERMS, price=Amount(0, "RUB"), normative=Amount(0, "RUB"))
    assert decide(replace(FACTS, terms=free, funding=None, end=WITHDRAWN, closed=closed)).state == ACTIVE


@pytest.mark.parametrize("changes", [{}, {"end": WITHDRAWN}, {"funding": None}, {"frozen": True}])
def test_what_was_refused_stays_refused(changes: dict[str, object]) -> None:
    verdict = decide(replace(FACTS, refusal=NOT_ACCEPTED_IN_TIME, **changes))  # type: ignore[arg-type]
    assert (verdict.state, verdict.reason) == (REFUSED, NOT_ACCEPTED_IN_TIME)


@pytest.mark.parametrize("funding", [None, FACTS.funding])
def test_a_frozen_certificate_opens_no_contract_that_costs_something(funding: Funding | None) -> None:
    verdict = decide(replace(FACTS, frozen=True, funding=funding))
    assert (verdict.state, verdict.reason) == (AWAITING_FUNDS, "certificate_frozen")
    free = replace(TERMS, price=Amount(0, "RUB"), normative=Amount(0, "RUB"))
    assert decide(replace(FACTS, terms=free, frozen=True, funding=funding)).state == ACTIVE
    assert decide(replace(FACTS, frozen=True, offer=None)).state == AWAITING_ACCEPTANCE


def test_the_first_of_several_ends_counts() -> None:
    later = End(MONDAY + timedelta(days=1), "period_ended")
    assert first_end(None, later, WITHDRAWN) == WITHDRAWN
    assert first_end(None, None) is None


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (VALID, None),
        (FROZEN, None),
        (REVOKED, End(MONDAY, "certificate_revoked")),
        (EXPIRED, End(date(2034, 4, 12), "certificate_expired")),
    ],
)
def test_a_certificate_pays_up_to_its_revocation_or_its_last_valid_day(state: str, end: End | None) -> None:
    assert certificate_end(state, MONDAY, date(2034, 4, 12)) == end
    assert certificate_end(REVOKED, None, MONDAY) is None


@given(
    price=st.integers(0, 2_000_000),
    normative=st.integers(0, 2_000_000),
    available=st.integers(0, 2_000_000),
    later=st.integers(0, 238),
)
def test_the_greatest_share_covers_whatever_day_the_coverage_begins(
    price: int, normative: int, available: int, later: int
) -> None:
    terms = Terms(GROUP, Amount(price, "RUB"), Amount(normative, "RUB"), LESSONS)
    purse = Amount(available, "RUB")
    most = greatest_parent_share(terms, Span(MONDAY, PERIOD.last), purse)
    shares, _ = share_out(terms, Span(MONDAY + timedelta(days=later), PERIOD.last), purse)
    assert shares.parent <= most
    assert most.minor <= price


def test_after_the_last_day_nobody_can_be_asked_for_anything() -> None:
    late = Span(date(2027, 6, 1), PERIOD.last)
    assert greatest_parent_share(TERMS, late, Amount(0, "RUB")) == Amount(0, "RUB")


LIMITED = replace(
    FACTS,
    terms=replace(TERMS, direction="arts"),
    limits=Limits(1, {"sport": 0}),
    paid=(Club(Span(GROUP.first, GROUP.last), "technical"),),
)
AGREED_TO_ALL = replace(OFFER, max_parent_share=Amount(805618, "RUB"))


def test_beyond_a_limit_the_certificate_pays_nothing_and_a_family_that_accepted_that_may_begin() -> None:
    verdict = decide(LIMITED)
    assert (verdict.state, verdict.reason) == (AWAITING_ACCEPTANCE, "clubs_limit_reached")
    assert (verdict.split.certificate.minor, verdict.split.parent.minor) == (0, 805618)
    verdict = decide(replace(LIMITED, offer=AGREED_TO_ALL))
    assert (verdict.state, verdict.effective_from, verdict.split.certificate.minor) == (ACTIVE, MONDAY, 0)
    assert decide(replace(LIMITED, offer=None)).reason == "offer_missing"


def test_a_direction_that_is_not_paid_for_is_named() -> None:
    sport = replace(LIMITED, terms=replace(TERMS, direction="sport"), paid=())
    assert decide(sport).reason == "direction_limit_reached"
    assert decide(replace(sport, terms=TERMS)).state == ACTIVE


def test_a_contract_begins_after_the_last_day_of_one_that_was_in_its_way() -> None:
    left = Club(Span(GROUP.first, MONDAY), "technical", ended=True)
    verdict = decide(replace(LIMITED, paid=(left,)))
    assert (verdict.state, verdict.effective_from) == (ACTIVE, MONDAY + timedelta(days=1))
    assert verdict.days == Span(MONDAY + timedelta(days=1), PERIOD.last)
    assert [lesson.number for lesson in verdict.lessons] == list(range(6, 40))


def test_a_contract_whose_lessons_all_lie_before_that_day_waits() -> None:
    lessons = LESSONS[:-1]
    facts = replace(LIMITED, terms=replace(LIMITED.terms, lessons=lessons))
    left = Club(Span(GROUP.first, lessons[-1].on - timedelta(days=1)), "technical", ended=True)
    assert decide(replace(facts, paid=(left,))).lessons == lessons[-1:]
    verdict = decide(replace(facts, paid=(replace(left, days=Span(GROUP.first, lessons[-1].on)),)))
    assert (verdict.state, verdict.reason) == (AWAITING_ACCEPTANCE, "clubs_limit_reached")
    assert (verdict.split.parent.minor, verdict.lessons[-1]) == (805618, lessons[-1])


def test_only_the_days_up_to_its_own_end_are_counted_for_a_contract() -> None:
    later = Club(Span(MONDAY + timedelta(days=1), GROUP.last), "technical")
    assert decide(replace(LIMITED, paid=(later,))).state == AWAITING_ACCEPTANCE
    assert decide(replace(LIMITED, paid=(later,), end=WITHDRAWN)).state == ACTIVE


@pytest.mark.parametrize("nothing", ["price", "normative", "available"])
def test_what_the_certificate_pays_nothing_for_is_not_limited(nothing: str) -> None:
    zero = Amount(0, "RUB")
    facts = replace(LIMITED, offer=AGREED_TO_ALL, paid=(replace(LIMITED.paid[0], ended=True),))
    if nothing == "available":
        verdict = decide(replace(facts, available=zero))
    else:
        verdict = decide(replace(facts, terms=replace(facts.terms, **{nothing: zero})))
    assert (verdict.state, verdict.effective_from) == (ACTIVE, MONDAY)
