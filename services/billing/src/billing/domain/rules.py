"""A funding programme's rules over time: from which day a new version may hold, and what it does to the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from billing.domain.coverage import Span

PER_LESSON, MONTHLY = "per_attended_lesson", "monthly_share"
CHARGES = (PER_LESSON, MONTHLY)
BURN, CARRY_OVER = "burn", "carry_over"
REMAINDERS = (BURN, CARRY_OVER)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Version:
    """One version of the rules and the days it holds for."""

    number: int
    days: Span


@dataclass(frozen=True)
class Placement:
    """Where a new version goes: `shortened` then ends the day before it, `superseded` never come to hold."""

    version: Version
    shortened: Version | None
    superseded: tuple[int, ...]


def earliest(period: Span, versions: Iterable[Version], today: date) -> date:
    """The first day that a new version may hold from.

    A programme's first version holds from the period's first day, so that no day is without rules. A later one holds
    from tomorrow at the earliest: what was decided today stays decided by the rules of today.
    """
    return max(period.first, today + DAY) if any(True for _ in versions) else period.first


def place(period: Span, versions: Iterable[Version], valid_from: date, number: int) -> Placement:
    """Put version `number` from `valid_from` to the period's end.

    The version that holds on that day ends the day before; those that begin on it or later are superseded.
    """
    new = Version(number, Span(valid_from, period.last))
    shortened = next((each for each in versions if each.days.first < valid_from <= each.days.last), None)
    if shortened:
        shortened = Version(shortened.number, Span(shortened.days.first, valid_from - DAY))
    superseded = tuple(each.number for each in versions if each.days.first >= valid_from)
    return Placement(new, shortened, superseded)
