from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.calendar import each_day, public_holidays, school_year


@given(st.dates(date(2020, 1, 1), date(2080, 12, 31)))
def test_every_day_lies_in_its_school_year_from_september_to_august(on: date) -> None:
    year = school_year(on)

    assert year.starts_on <= on <= year.ends_on
    assert (year.starts_on.month, year.starts_on.day) == (9, 1)
    assert (year.ends_on.month, year.ends_on.day) == (8, 31)
    assert year.ends_on.year == year.starts_on.year + 1


def test_summer_belongs_to_the_year_that_ends() -> None:
    assert school_year(date(2027, 7, 15)) == school_year(date(2026, 9, 1))
    assert school_year(date(2027, 8, 31)).starts_on == date(2026, 9, 1)
    assert school_year(date(2027, 9, 1)).starts_on == date(2027, 9, 1)


def test_ordinary_lessons_end_on_the_last_of_may() -> None:
    assert school_year(date(2026, 11, 22)).lessons_end_on == date(2027, 5, 31)


def test_public_holidays_are_those_of_the_labour_code() -> None:
    days = public_holidays(date(2026, 9, 1), date(2027, 8, 31))

    assert sorted(days) == [
        date(2026, 11, 4),
        *(date(2027, 1, day) for day in range(1, 9)),
        date(2027, 2, 23),
        date(2027, 3, 8),
        date(2027, 5, 1),
        date(2027, 5, 9),
        date(2027, 6, 12),
    ]


def test_public_holidays_outside_the_range_are_left_out() -> None:
    assert public_holidays(date(2026, 11, 5), date(2026, 12, 31)) == frozenset()


def test_a_range_of_days_holds_both_ends() -> None:
    assert list(each_day(date(2027, 2, 27), date(2027, 3, 1))) == [
        date(2027, 2, 27),
        date(2027, 2, 28),
        date(2027, 3, 1),
    ]
