"""Amounts, days and counts as people read them in Russian."""

from datetime import date

from chassis.values import Amount

NO_BREAK = "\u00a0"
_MONTHS = (
    *("январь", "февраль", "март", "апрель", "май", "июнь"),
    *("июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
)
_UNITS = {"RUB": "₽", "HOUR": "ч"}


def money(amount: Amount) -> str:
    """Like 12 000,50 ₽, with spaces that do not break."""
    sign = "−" if amount.minor < 0 else ""
    whole, hundredths = divmod(abs(amount.minor), 100)
    grouped = f"{whole:,}".replace(",", NO_BREAK)
    return f"{sign}{grouped},{hundredths:02d}{NO_BREAK}{_UNITS[amount.unit]}"


def day(on: date) -> str:
    """Like 23.11.2026."""
    return f"{on:%d.%m.%Y}"


def month(on: date) -> str:
    """Like октябрь 2026 года."""
    return f"{_MONTHS[on.month - 1]} {on.year} года"


def lessons(count: int) -> str:
    """Like 1 занятие, 2 занятия, 5 занятий."""
    if count % 10 == 1 and count % 100 != 11:
        form = "занятие"
    elif count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        form = "занятия"
    else:
        form = "занятий"
    return f"{count}{NO_BREAK}{form}"
