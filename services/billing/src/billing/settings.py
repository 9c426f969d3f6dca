"""What billing reads from the environment beside what every service does."""

from dataclasses import dataclass
from datetime import timedelta

import chassis.settings
from chassis.settings import setting


@dataclass(frozen=True)
class Settings(chassis.settings.Settings):
    """How long an offer stands."""

    offer_hours: int = setting("BILLING_OFFER_HOURS", "hours for which an offer stands", parse=int, default=24)

    @property
    def offer_lifetime(self) -> timedelta:
        """How long an offer stands."""
        return timedelta(hours=self.offer_hours)
