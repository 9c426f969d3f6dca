"""What enrollment reads from the environment beside what every service does."""

from dataclasses import dataclass

import chassis.settings
from chassis.settings import at_least, setting
from enrollment.holds import Holds


@dataclass(frozen=True)
class Settings(chassis.settings.Settings):
    """How long a place is kept for a decision."""

    review_working_days: int = setting(
        "ENROLLMENT_REVIEW_WORKING_DAYS",
        "working days in which a provider decides about an application before its place is free again",
        parse=at_least(1),
        default=7,
    )
    offer_days: int = setting(
        "ENROLLMENT_OFFER_DAYS",
        "days for which a place is kept for a child from the waiting list",
        parse=at_least(1),
        default=3,
    )

    @property
    def holds(self) -> Holds:
        """How long a place is kept, and for whom."""
        return Holds(self.review_working_days, self.offer_days)
