"""What billing reads from the environment beside what every service does."""

from dataclasses import dataclass
from datetime import timedelta

import chassis.settings
from chassis.settings import at_least, setting

_in_force = {"acceptance_days": 7}


@dataclass(frozen=True)
class Settings(chassis.settings.Settings):
    """How long an offer stands, and how long a contract waits for a new one to be accepted."""

    offer_hours: int = setting("BILLING_OFFER_HOURS", "hours for which an offer stands", parse=int, default=24)
    acceptance_days: int = setting(
        "BILLING_ACCEPTANCE_DAYS",
        "days for which a contract waits for a guardian's acceptance",
        parse=at_least(1),
        default=_in_force["acceptance_days"],
    )

    def __post_init__(self) -> None:
        """Hold from here on in this process, also where no service is at hand."""
        _in_force["acceptance_days"] = self.acceptance_days

    @property
    def offer_lifetime(self) -> timedelta:
        """How long an offer stands."""
        return timedelta(hours=self.offer_hours)


def acceptance_days() -> int:
    """Days for which a contract waits for an acceptance; contracts begin to wait in whatever is settled."""
    return _in_force["acceptance_days"]
