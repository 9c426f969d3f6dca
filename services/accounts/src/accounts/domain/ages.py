"""Who is a child: a person under 18 in the region's calendar."""

from datetime import date

AGE_OF_MAJORITY = 18


def age_on(born_on: date, on: date) -> int:
    """Full years on a day. Someone born on 29 February grows older on 1 March of a common year."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def is_child(born_on: date, on: date) -> bool:
    """Whether a person is born by that day and not yet 18."""
    return born_on <= on and age_on(born_on, on) < AGE_OF_MAJORITY
