"""Ages by the calendar: a year is full on the birthday itself, on 1 March for those born on 29 February."""

from datetime import date


def age_on(born_on: date, on: date) -> int:
    """Full years on a day."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def birthday(born_on: date, age: int) -> date:
    """The day on which somebody turns `age`."""
    try:
        return born_on.replace(year=born_on.year + age)
    except ValueError:
        return date(born_on.year + age, 3, 1)
