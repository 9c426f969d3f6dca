"""Sums, days and times as they are written in Russian."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from chassis.values import Amount

NARROW_SPACE, SPACE, MINUS = "\u202f", "\u00a0", "\u2212"
"""No-break spaces, so that a sum is never torn at the end of a line."""
_MONTHS = (
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
)
_UNITS = {"RUB": "₽", "HOUR": "ак.\u00a0ч"}


def money(amount: Amount) -> str:
    """`Amount(1191750, "RUB")` is `11 917,50 ₽`; hours are academic hours, `72,00 ак. ч`."""
    whole, hundredths = divmod(abs(amount.minor), 100)
    sign = MINUS if amount.minor < 0 else ""
    grouped = f"{whole:,}".replace(",", NARROW_SPACE)
    return f"{sign}{grouped},{hundredths:02d}{SPACE}{_UNITS[amount.unit]}"


def day(on: date) -> str:
    """`22.11.2026`."""
    return f"{on:%d.%m}.{on.year:04d}"


def month(on: date) -> str:
    """`ноябрь 2026 года`."""
    return f"{_MONTHS[on.month - 1]} {on.year:04d} года"


def time(at: datetime, zone: str) -> str:
    """`16:00`, in that time zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def moment(at: datetime, zone: str) -> str:
    """`22.11.2026, 16:00`, in that time zone."""
    return f"{day(at.astimezone(ZoneInfo(zone)).date())}, {time(at, zone)}"
