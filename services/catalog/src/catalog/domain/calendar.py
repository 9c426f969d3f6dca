"""School years and the days on which the country rests."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_PUBLIC_HOLIDAYS = (
    *((1, day) for day in range(1, 9)),
    (2, 23),
    (3, 8),
    (5, 1),
    (5, 9),
    (6, 12),
    (11, 4),
)
_SEPTEMBER = 9


@dataclass(frozen=True)
class SchoolYear:
    """The days from 1 September to 31 August, both included."""

    starts_on: date
    ends_on: date

    @property
    def lessons_end_on(self) -> date:
        """The last day of an ordinary year of lessons, 31 May."""
        return date(self.ends_on.year, 5, 31)


def school_year(on: date) -> SchoolYear:
    """The school year that holds `on`; June, July and August belong to the year that began in the last September."""
    begins = on.year if on.month >= _SEPTEMBER else on.year - 1
    return SchoolYear(date(begins, 9, 1), date(begins + 1, 8, 31))


def public_holidays(first_on: date, last_on: date) -> frozenset[date]:
    """Non-working holidays of Russia in the range, by article 112 of the Labour Code.

    Days off that the government moves from one date to another each year are working days of clubs and are not here.
    """
    years = range(first_on.year, last_on.year + 1)
    days = (date(year, month, day) for year in years for month, day in _PUBLIC_HOLIDAYS)
    return frozenset(day for day in days if first_on <= day <= last_on)


def each_day(first_on: date, last_on: date) -> Iterator[date]:
    """All days of the range, both ends included."""
    for offset in range((last_on - first_on).days + 1):
        yield first_on + timedelta(days=offset)
