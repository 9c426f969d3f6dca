"""Who is a child: a person under 18 in the region's calendar."""

from datetime import date

from chassis.ages import age_on

AGE_OF_MAJORITY = 18


def is_child(born_on: date, on: date) -> bool:
    """Whether a person is born by that day and not yet 18."""
    return born_on <= on and age_on(born_on, on) < AGE_OF_MAJORITY
