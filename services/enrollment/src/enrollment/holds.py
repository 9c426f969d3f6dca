"""How long a seat is kept for those who have to decide."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis import clock
from enrollment import working_days


@dataclass(frozen=True)
class Holds:
    """The provider has working days, of which the day of the application is none; the family has days of 24 hours."""

    review_working_days: int
    offer_days: int

    def review_until(self, now: datetime, time_zone: str) -> datetime:
        """The end of the last local day on which the provider may decide."""
        today = clock.local_date(now, time_zone)
        return clock.end_of_day(working_days.after(today, self.review_working_days), time_zone)

    def offer_until(self, now: datetime) -> datetime:
        """The instant at which an offered place goes to the next in line."""
        return now + timedelta(days=self.offer_days)
