"""How many clubs a certificate pays for at once. Where a child studies is not asked here, only what is paid."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from billing.domain.coverage import Span
from billing.domain.rules import DAY

CLUBS_LIMIT, DIRECTION_LIMIT = "clubs_limit_reached", "direction_limit_reached"


@dataclass(frozen=True)
class Limits:
    """How many contracts a certificate may pay for on one day: in all, if that is limited, and of single directions."""

    at_once: int | None = None
    by_direction: Mapping[str, int] = field(default_factory=dict)

    def concerning(self, direction: str | None) -> "Limits":
        """Those that a contract of the direction may reach."""
        return Limits(self.at_once, {name: limit for name, limit in self.by_direction.items() if name == direction})


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Club:
    """A contract that the certificate pays for, and the days on which it counts; `ended` once an end of it has come.

    The last day of who leaves does not count: whoever follows may begin on it.
    """

    days: Span
    direction: str | None
    ended: bool = False


@dataclass(frozen=True)
class Reached:
    """A limit that leaves no room for one more contract; `direction` for that of a direction."""

    code: str
    limit: int
    direction: str | None = None


@dataclass(frozen=True)
class Room:
    """The first day that the certificate may pay for; with a limit `reached` it pays for none."""

    first: date
    reached: Reached | None = None


def room(limits: Limits, paid: Iterable[Club], days: Span, direction: str | None) -> Room:
    """What the limits leave of a new contract's days beside the contracts that the certificate `paid` for.

    The certificate pays for all of them or, when one of them has no room, for none. Only what has ended steps aside:
    where nothing else is in the way, the new contract is paid from the day after those on which it counts, so never
    from a day ahead. On no day do more count than a limit allows. `days` are not empty.
    """
    clubs = tuple(paid)
    lasting = _last_full(limits, [each for each in clubs if not each.ended], days, direction)
    if lasting:
        return Room(days.first, lasting[1])
    full = _last_full(limits, clubs, days, direction)
    if full is None:
        return Room(days.first)
    on, reached = full
    return Room(on + DAY) if on < days.last else Room(days.first, reached)


def _last_full(limits: Limits, paid: Sequence[Club], days: Span, direction: str | None) -> tuple[date, Reached] | None:
    """The last of the days on which no contract more may be paid for, and which limit says so."""
    found = (
        (on, reached)
        for reached, counted in _counts(limits, paid, direction)
        for on in _last_days(counted, days)
        if sum(on in each for each in counted) >= reached.limit
    )
    return max(found, key=lambda each: each[0], default=None)


def _counts(limits: Limits, paid: Sequence[Club], direction: str | None) -> Iterator[tuple[Reached, list[Span]]]:
    """The limits that concern a contract of the direction, each with the days of the contracts that it counts."""
    for name, limit in limits.concerning(direction).by_direction.items():
        yield Reached(DIRECTION_LIMIT, limit, name), [each.days for each in paid if each.direction == name]
    if limits.at_once is not None:
        yield Reached(CLUBS_LIMIT, limits.at_once), [each.days for each in paid]


def _last_days(counted: Sequence[Span], days: Span) -> set[date]:
    """The days after which fewer contracts may be counted than on them."""
    return {days.last, *(each.within(days).last for each in counted if each.within(days).days)}
