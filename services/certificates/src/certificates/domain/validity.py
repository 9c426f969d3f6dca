"""Who gets a certificate and how long it is valid.

A certificate is given to children from 5 to 17 years inclusive and ends on the 18th birthday (rules of personalised
financing of the regions, 2020 onwards). It is valid to the end of that day: in Russian law an age is reached when the
birthday has passed, at midnight of the next day (Civil Code, articles 191 and 192; plenum of the Supreme Court No 1 of
01.02.2011, point 5), and a right that ends on a day may be used until 24:00 (Civil Code, article 194).

Born on 29 February: in a year without that day the birthday is 1 March. A term that would end on a missing day ends
with the month (Civil Code, article 192, point 3), so 1 March is the first day of the new age under either reading, and
the child never gets less than anybody else.
"""

from dataclasses import dataclass
from datetime import date

from chassis.ages import age_on, birthday

YOUNGEST, GROWN_UP = 5, 18
UNDER_AGE, OVER_AGE = "under_age", "over_age"


@dataclass(frozen=True)
class Validity:
    """The first and the last local day of a certificate, both included."""

    first: date
    last: date


def obstacle(born_on: date, first_lesson_on: date, issued_on: date) -> str | None:
    """Why an enrolment brings no certificate if it were issued on `issued_on`: `under_age`, `over_age`, or nothing.

    What counts is the age at the first lesson, as for enrolment and offers; but a certificate that would be over when
    issued is not issued.
    """
    age = age_on(born_on, first_lesson_on)
    if age < YOUNGEST:
        return UNDER_AGE
    if age >= GROWN_UP or issued_on > birthday(born_on, GROWN_UP):
        return OVER_AGE
    return None


def validity(born_on: date, issued_on: date) -> Validity:
    """From the local day of issue to the 18th birthday."""
    return Validity(issued_on, birthday(born_on, GROWN_UP))
