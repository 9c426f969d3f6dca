"""A certificate's share divided into months, for contracts that are prepaid by the month."""

from dataclasses import dataclass
from datetime import date

from billing.domain.coverage import Span


@dataclass(frozen=True)
class Month:
    """What one calendar month of a contract costs, in hundredths; `on` is the month's first day."""

    on: date
    amount: int


def monthly(share: int, days: Span) -> tuple[Month, ...]:
    """The months of a contract's days and what each costs; together exactly the share.

    Each month but the first costs floor(days after the first month / days * share / (months - 1)); the first takes
    the rest. No days, no months.
    """
    firsts = _firsts(days)
    if not firsts:
        return ()
    if len(firsts) == 1:
        return (Month(firsts[0], share),)
    later_days = Span(firsts[1], days.last).days
    others = later_days * share // (days.days * (len(firsts) - 1))
    return (Month(firsts[0], share - others * (len(firsts) - 1)), *(Month(on, others) for on in firsts[1:]))


def _firsts(days: Span) -> list[date]:
    if not days.days:
        return []
    months = range(_number(days.first), _number(days.last) + 1)
    return [date(number // 12, number % 12 + 1, 1) for number in months]


def _number(on: date) -> int:
    return on.year * 12 + on.month - 1


def due(month: Month, today: date, ended_on: date | None) -> bool:
    """Whether the month is to be paid: it has begun, and the contract had not ended before it.

    The first month, whose first day may lie before the contract's, is due with the contract itself: an end on or after
    the month's first day leaves it paid.
    """
    return month.on <= today and (ended_on is None or month.on <= ended_on)
