from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.clubs import CLUBS_LIMIT, DIRECTION_LIMIT, NO_LIMITS, Club, Limits, Reached, Room, room
from billing.domain.coverage import Span
from billing.domain.words import DIRECTIONS
from contracts import catalog

MONDAY = date(2026, 10, 5)
DAY = timedelta(days=1)
YEAR = Span(MONDAY, date(2027, 5, 31))
ONE = Limits(at_once=1)


def until(last: date, *, ended: bool = False, direction: str | None = "arts") -> Club:
    return Club(Span(date(2026, 9, 7), last), direction, ended)


def test_without_limits_any_number_is_paid_for() -> None:
    assert room(NO_LIMITS, [until(YEAR.last)] * 50, YEAR, "arts") == Room(MONDAY)


def test_one_that_lasts_into_the_new_one_s_days_fills_a_limit_of_one() -> None:
    assert room(ONE, [], YEAR, "arts") == Room(MONDAY)
    assert room(ONE, [until(MONDAY - DAY)], YEAR, "arts") == Room(MONDAY)
    assert room(ONE, [until(MONDAY)], YEAR, "arts") == Room(MONDAY, Reached(CLUBS_LIMIT, 1))


def test_one_that_begins_within_the_new_one_s_days_fills_it_too() -> None:
    spring = Club(Span(date(2027, 3, 1), date(2027, 8, 31)), "arts")
    assert room(ONE, [spring], YEAR, "arts") == Room(MONDAY, Reached(CLUBS_LIMIT, 1))
    assert room(ONE, [spring], Span(MONDAY, date(2027, 2, 28)), "arts") == Room(MONDAY)


def test_those_that_follow_each_other_count_as_one() -> None:
    autumn, winter = until(MONDAY + 30 * DAY), Club(Span(MONDAY + 31 * DAY, YEAR.last), "arts")
    assert room(Limits(at_once=2), [autumn, winter], YEAR, "arts") == Room(MONDAY)


def test_what_has_ended_makes_room_from_the_day_after_its_last_on() -> None:
    left = until(MONDAY + DAY, ended=True)
    assert room(ONE, [left], YEAR, "arts") == Room(MONDAY + 2 * DAY)
    assert room(ONE, [left], Span(MONDAY, MONDAY + DAY), "arts") == Room(MONDAY, Reached(CLUBS_LIMIT, 1))
    assert room(ONE, [left, until(YEAR.last)], YEAR, "arts") == Room(MONDAY, Reached(CLUBS_LIMIT, 1))
    assert room(Limits(at_once=2), [left, until(YEAR.last)], YEAR, "arts") == Room(MONDAY + 2 * DAY)


@pytest.mark.parametrize(
    ("limit", "direction", "reached"),
    [
        (0, "arts", Reached(DIRECTION_LIMIT, 0, "arts")),
        (1, "arts", Reached(DIRECTION_LIMIT, 1, "arts")),
        (2, "arts", None),
        (0, "sport", None),
        (0, None, None),
    ],
)
def test_a_direction_s_limit_counts_contracts_of_that_direction(
    limit: int, direction: str | None, reached: Reached | None
) -> None:
    paid = [until(YEAR.last), until(YEAR.last, direction="sport"), until(YEAR.last, direction=None)]
    assert room(Limits(by_direction={"arts": limit}), paid, YEAR, direction) == Room(MONDAY, reached)


def test_contracts_of_an_unknown_direction_count_in_all() -> None:
    limits = Limits(at_once=1, by_direction={"arts": 1})
    assert room(limits, [until(YEAR.last, direction=None)], YEAR, "arts").reached == Reached(CLUBS_LIMIT, 1)
    assert room(limits, [until(YEAR.last)], YEAR, None).reached == Reached(CLUBS_LIMIT, 1)


def test_the_direction_is_named_where_both_limits_are_reached() -> None:
    limits = Limits(at_once=1, by_direction={"arts": 1})
    assert room(limits, [until(YEAR.last)], YEAR, "arts").reached == Reached(DIRECTION_LIMIT, 1, "arts")


def test_only_limits_that_concern_the_direction_are_told() -> None:
    limits = Limits(3, {"arts": 1, "sport": 0})
    assert limits.concerning("arts") == Limits(3, {"arts": 1})
    assert limits.concerning(None) == Limits(3)


def test_the_directions_are_the_catalogue_s() -> None:
    assert tuple(DIRECTIONS) == catalog.DIRECTIONS


DAYS = st.integers(0, 20).map(lambda number: MONDAY + number * DAY)
SPANS = st.tuples(DAYS, DAYS).map(lambda ends: Span(min(ends), max(ends)))
KINDS = st.sampled_from(["arts", "sport", None])
CLUBS = st.builds(Club, SPANS, KINDS, st.booleans())
LIMITS = st.builds(
    Limits,
    st.none() | st.integers(1, 3),
    st.dictionaries(st.sampled_from(["arts", "sport"]), st.integers(0, 3), max_size=2),
)


def passed(limits: Limits, paid: Iterable[Club], on: date, direction: str | None) -> bool:
    """Whether one contract more of the direction would be one too many on the day, counted one by one."""
    that_day = [each for each in paid if each.days.first <= on <= each.days.last]
    same = [each for each in that_day if each.direction == direction]
    too_many = limits.at_once is not None and len(that_day) + 1 > limits.at_once
    return too_many or (direction in limits.by_direction and len(same) + 1 > limits.by_direction[direction])


@given(limits=LIMITS, paid=st.lists(CLUBS, max_size=6), days=SPANS, direction=KINDS)
def test_on_no_day_is_more_paid_for_than_the_limits_allow(
    limits: Limits, paid: list[Club], days: Span, direction: str | None
) -> None:
    found = room(limits, paid, days, direction)
    taken = [on for on in days.first_days() if on >= found.first and found.reached is None]
    assert not any(passed(limits, paid, on, direction) for on in taken)


@given(limits=LIMITS, paid=st.lists(CLUBS, max_size=6), days=SPANS, direction=KINDS)
def test_what_is_paid_for_never_begins_later_than_the_day_after_an_end_that_has_come(
    limits: Limits, paid: list[Club], days: Span, direction: str | None
) -> None:
    ends = [each.days.last + DAY for each in paid if each.ended]
    assert room(limits, paid, days, direction).first <= max([days.first, *ends])


@given(limits=LIMITS, paid=st.lists(CLUBS, max_size=6), days=SPANS, direction=KINDS)
def test_nothing_is_kept_from_a_family_that_the_limits_allow(
    limits: Limits, paid: list[Club], days: Span, direction: str | None
) -> None:
    found = room(limits, paid, days, direction)
    lasting = [each for each in paid if not each.ended]
    if found.reached:
        on_its_last_day = passed(limits, paid, days.last, direction)
        assert on_its_last_day or any(passed(limits, lasting, on, direction) for on in days.first_days())
    elif found.first > days.first:
        assert passed(limits, paid, found.first - DAY, direction)
