from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.domain.validity import obstacle, validity
from chassis.ages import age_on

births = st.dates(date(1990, 1, 1), date(2030, 12, 31))
LEAP = date(2008, 2, 29)


def test_the_last_day_is_the_18th_birthday() -> None:
    assert validity(date(2016, 4, 12), date(2026, 11, 22)).last == date(2034, 4, 12)


def test_born_on_29_february_turns_18_on_1_march() -> None:
    assert validity(LEAP, date(2025, 9, 1)).last == date(2026, 3, 1)


@given(births)
def test_the_18th_year_never_has_a_29_february_of_its_own(born_on: date) -> None:
    last = validity(born_on, born_on).last
    assert (last.month, last.day) == (
        (3, 1) if (born_on.month, born_on.day) == (2, 29) else (born_on.month, born_on.day)
    )


@pytest.mark.parametrize(
    ("first_lesson_on", "reason"),
    [
        (date(2021, 4, 11), "under_age"),
        (date(2021, 4, 12), None),
        (date(2034, 4, 11), None),
        (date(2034, 4, 12), "over_age"),
    ],
)
def test_certificates_are_for_ages_5_to_17_on_the_day_of_the_first_lesson(
    first_lesson_on: date, reason: str | None
) -> None:
    assert obstacle(date(2016, 4, 12), first_lesson_on, first_lesson_on) == reason


def test_a_certificate_that_would_be_over_when_issued_is_not_issued() -> None:
    born_on, first_lesson_on = date(2008, 11, 20), date(2026, 11, 19)
    assert obstacle(born_on, first_lesson_on, date(2026, 11, 20)) is None
    assert obstacle(born_on, first_lesson_on, date(2026, 11, 21)) == "over_age"


@given(births, st.integers(0, 25 * 366), st.integers(0, 400))
def test_whoever_gets_one_gets_at_least_a_day_of_it(born_on: date, days_old: int, days_late: int) -> None:
    first_lesson_on = born_on + timedelta(days=days_old)
    issued_on = first_lesson_on + timedelta(days=days_late)
    if obstacle(born_on, first_lesson_on, issued_on) is None:
        period = validity(born_on, issued_on)
        assert period.first <= period.last
        assert 5 <= age_on(born_on, first_lesson_on) <= 17
