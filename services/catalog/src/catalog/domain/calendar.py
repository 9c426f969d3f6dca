"""School years and their days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

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

    def day(self, written: str) -> date:
        """The day of this year that is written as month and day, 12-25."""
        month, day = map(int, written.split("-"))
        return date(self.starts_on.year if month >= _SEPTEMBER else self.ends_on.year, month, day)


def school_year(on: date) -> SchoolYear:
    """The school year that holds `on`; June, July and August belong to the year that began in the last September."""
    begins = on.year if on.month >= _SEPTEMBER else on.year - 1
    return SchoolYear(date(begins, 9, 1), date(begins + 1, 8, 31))


def each_day(first_on: date, last_on: date) -> Iterator[date]:
    """All days of the range, both ends included."""
    for offset in range((last_on - first_on).days + 1):
        yield first_on + timedelta(days=offset)
