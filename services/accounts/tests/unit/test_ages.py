"""Who is a child on which day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.ages import age_on, is_child

BIRTH_DATES = st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 12, 31))


@pytest.mark.parametrize(
    ("born_on", "on", "age"),
    [
        (date(2010, 5, 20), date(2020, 5, 19), 9),
        (date(2010, 5, 20), date(2020, 5, 20), 10),
        (date(2008, 2, 29), date(2019, 2, 28), 10),
        (date(2008, 2, 29), date(2019, 3, 1), 11),
        (date(2008, 2, 29), date(2020, 2, 29), 12),
    ],
)
def test_age_is_counted_in_full_years(born_on: date, on: date, age: int) -> None:
    assert age_on(born_on, on) == age


def test_a_person_is_a_child_from_birth_to_the_day_before_turning_18() -> None:
    assert is_child(date(2020, 9, 1), date(2020, 9, 1))
    assert not is_child(date(2020, 9, 2), date(2020, 9, 1))
    assert is_child(date(2002, 9, 2), date(2020, 9, 1))
    assert not is_child(date(2002, 9, 1), date(2020, 9, 1))


@given(BIRTH_DATES, st.integers(min_value=0, max_value=15000))
def test_a_day_adds_at_most_a_year(born_on: date, days: int) -> None:
    on = born_on + timedelta(days=days)
    assert age_on(born_on, on + timedelta(days=1)) - age_on(born_on, on) in (0, 1)
