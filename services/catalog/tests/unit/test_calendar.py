from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.calendar import each_day, school_year
from catalog.rest_days import rest_days


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


def test_a_written_day_lies_in_the_school_year() -> None:
    year = school_year(date(2026, 11, 22))

    assert year.day("09-15") == date(2026, 9, 15)
    assert year.day("12-25") == date(2026, 12, 25)
    assert year.day("01-14") == date(2027, 1, 14)
    assert year.day("08-31") == date(2027, 8, 31)


def test_the_country_rests_on_holidays_and_on_the_days_off_that_the_government_moved() -> None:
    holidays = {
        date(2026, 11, 4),
        *(date(2027, 1, day) for day in range(1, 9)),
        date(2027, 2, 23),
        date(2027, 3, 8),
        date(2027, 5, 1),
        date(2027, 5, 9),
        date(2027, 6, 12),
    }
    moved = {date(2026, 12, 31), date(2027, 2, 22), date(2027, 5, 3), date(2027, 5, 10), date(2027, 6, 14)}

    assert rest_days(date(2026, 9, 1), date(2027, 8, 31)) == holidays | moved


def test_an_ordinary_saturday_is_no_rest_day_of_a_club() -> None:
    assert rest_days(date(2026, 11, 5), date(2026, 12, 30)) == frozenset()


def test_a_range_of_days_holds_both_ends() -> None:
    assert list(each_day(date(2027, 2, 27), date(2027, 3, 1))) == [
        date(2027, 2, 27),
        date(2027, 2, 28),
        date(2027, 3, 1),
    ]
