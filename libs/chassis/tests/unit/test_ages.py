"""Ages by the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ages import age_on, birthday

BIRTHS = st.dates(date(1990, 1, 1), date(2030, 12, 31))
LEAP = date(2008, 2, 29)


@pytest.mark.parametrize(
    ("born_on", "on", "age"),
    [
        (date(2010, 5, 20), date(2020, 5, 19), 9),
        (date(2010, 5, 20), date(2020, 5, 20), 10),
        (LEAP, date(2019, 2, 28), 10),
        (LEAP, date(2019, 3, 1), 11),
        (LEAP, date(2020, 2, 28), 11),
        (LEAP, date(2020, 2, 29), 12),
    ],
)
def test_age_is_counted_in_full_years(born_on: date, on: date, age: int) -> None:
    assert age_on(born_on, on) == age


def test_one_born_on_29_february_turns_older_on_1_march_of_a_common_year() -> None:
    assert birthday(LEAP, 18) == date(2026, 3, 1)
    assert birthday(LEAP, 16) == date(2024, 2, 29)


@given(BIRTHS, st.integers(0, 30))
def test_age_grows_by_one_on_each_birthday(born_on: date, age: int) -> None:
    day = birthday(born_on, age)
    assert age_on(born_on, day) == age
    assert age_on(born_on, day - timedelta(days=1)) == age - 1


@given(BIRTHS, st.integers(0, 15000))
def test_a_day_adds_at_most_a_year(born_on: date, days: int) -> None:
    on = born_on + timedelta(days=days)
    assert age_on(born_on, on + timedelta(days=1)) - age_on(born_on, on) in (0, 1)
