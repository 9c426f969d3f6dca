"""Amounts, days and counts as people read them in Russian."""

from datetime import date

from chassis.values import Amount

NO_BREAK = "\u00a0"
_MONTHS = (
    *("январь", "февраль", "март", "апрель", "май", "июнь"),
    *("июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
)
_UNITS = {"RUB": "₽", "HOUR": "ч"}
DIRECTIONS = {
    "technical": "техническая",
    "natural_science": "естественнонаучная",
    "arts": "художественная",
    "sport": "физкультурно-спортивная",
    "tourism": "туристско-краеведческая",
    "social_humanitarian": "социально-гуманитарная",
}
"""The six directions."""


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
    return _counted(count, "занятие", "занятия", "занятий")


def clubs(count: int) -> str:
    """Like 1 кружок, 2 кружка, 5 кружков."""
    return _counted(count, "кружок", "кружка", "кружков")


def at_most_clubs(count: int) -> str:
    """Like не больше 1 кружка, не больше 2 кружков."""
    return f"не больше {_counted(count, 'кружка', 'кружков', 'кружков')}"


def _counted(count: int, one: str, few: str, many: str) -> str:
    if count % 10 == 1 and count % 100 != 11:
        form = one
    elif count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        form = few
    else:
        form = many
    return f"{count}{NO_BREAK}{form}"
