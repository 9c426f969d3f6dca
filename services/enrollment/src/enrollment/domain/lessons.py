"""When a lesson's page is open, and what a provider may do to a lesson: cancel it or hold it at another time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chassis.errors import InvalidInput, RuleViolated

PLANNED, CANCELLED, MOVED = "planned", "cancelled", "moved"
JOURNAL_DAYS = 14
"""The page takes marks until the end of this many local days after the lesson's date."""


@dataclass(frozen=True)
class Slot:
    """When a lesson is held: `on` is the local date of `starts_at`."""

    on: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Page:
    """A lesson as its journal stands; `marked` once any mark was set on it."""

    slot: Slot
    state: str
    marked: bool


def slot_of(on: date, starts: time, ends: time, zone: str) -> Slot:
    """The slot of local hours on a local date. Raises `InvalidInput` when it would not end after its start."""
    if ends <= starts:
        raise InvalidInput("invalid_request", "A lesson ends after it starts.", ends_at="Not after starts_at.")
    begin, end = (datetime.combine(on, hour, ZoneInfo(zone)).astimezone(UTC) for hour in (starts, ends))
    return Slot(on, begin, end)


def check_markable(page: Page, today: date) -> None:
    """Marks are taken on the lesson's local day and JOURNAL_DAYS after it, unless the lesson is cancelled.

    Raises `RuleViolated`: `lesson_cancelled`, `lesson_in_future`, `journal_closed`.
    """
    check_changeable(page, today)
    if page.slot.on > today:
        raise RuleViolated(
            "lesson_in_future", "A lesson cannot be marked before its day.", lesson_on=page.slot.on.isoformat()
        )


def check_changeable(page: Page, today: date) -> None:
    """A lesson can be cancelled until its journal closes, marked or not.

    Raises `RuleViolated`: `lesson_cancelled`, `journal_closed`.
    """
    if page.state == CANCELLED:
        raise RuleViolated("lesson_cancelled", "The lesson is cancelled.", lesson_on=page.slot.on.isoformat())
    last = page.slot.on + timedelta(days=JOURNAL_DAYS)
    if today > last:
        raise RuleViolated(
            "journal_closed",
            "The lesson's page is closed.",
            lesson_on=page.slot.on.isoformat(),
            closed_after=last.isoformat(),
        )


def check_move(page: Page, target: Slot, group_days: tuple[date, date], now: datetime, today: date) -> None:
    """An unmarked lesson may be held later, at an hour that is still ahead, within the group's first and last day.

    Raises `RuleViolated`: those of `check_changeable`, `lesson_marked`, `lesson_time_passed`, `outside_group_dates`.
    """
    check_changeable(page, today)
    if page.marked:
        raise RuleViolated(
            "lesson_marked", "A lesson whose page is marked was held.", lesson_on=page.slot.on.isoformat()
        )
    if target.starts_at <= now:
        raise RuleViolated("lesson_time_passed", "The new time has passed.", starts_at=target.starts_at.isoformat())
    first, last = group_days
    if not first <= target.on <= last:
        raise RuleViolated(
            "outside_group_dates",
            "The new date is outside the group's dates.",
            starts_on=first.isoformat(),
            ends_on=last.isoformat(),
        )
