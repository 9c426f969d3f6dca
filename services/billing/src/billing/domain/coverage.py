"""Which days and lessons a certificate can pay for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from chassis.ages import birthday

AGE_MIN, AGE_MAX = 5, 17
"""Full years within which a child may be funded; the certificate ends on the 18th birthday."""


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included; empty when `last` is before `first`."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days there are."""
        return max(0, (self.last - self.first).days + 1)

    def within(self, other: "Span") -> "Span":
        """The days that are in both."""
        return Span(max(self.first, other.first), min(self.last, other.last))

    def __contains__(self, on: date) -> bool:
        return self.first <= on <= self.last

    def first_days(self) -> Iterable[date]:
        """Every day, in order."""
        return (self.first + timedelta(days=number) for number in range(self.days))


@dataclass(frozen=True)
class Lesson:
    """A planned lesson; `on` is its local date."""

    lesson_id: str
    number: int
    on: date


def lessons_within(lessons: Iterable[Lesson], span: Span) -> tuple[Lesson, ...]:
    """Those of the lessons that are held within the days, in the order of their dates."""
    return tuple(sorted((one for one in lessons if one.on in span), key=lambda one: (one.on, one.number)))


def coming_of_age(born_on: date) -> date:
    """The 18th birthday, the last day that a certificate is valid."""
    return birthday(born_on, AGE_MAX + 1)
