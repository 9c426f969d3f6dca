"""The Russian working calendar: weekends, holidays, days off and working Saturdays that the government moved.

Years whose moves are not decree yet count with the law's own holidays (Labour Code, article 112).
"""

from datetime import date

import holidays

_RUSSIA = holidays.country_holidays("RU", years=range(2020, 2041))


def after(on: date, count: int) -> date:
    """The `count`-th working day after a date."""
    found: date = _RUSSIA.get_nth_working_day(on, count)
    return found
