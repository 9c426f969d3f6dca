"""The stock's settings."""

from dataclasses import dataclass

from chassis import settings
from chassis.settings import setting


@dataclass(frozen=True)
class Settings(settings.Settings):
    """Where attempts are written down, besides what every service needs."""

    journal: str = setting("STOCK_JOURNAL", "A file that gets a line for each attempt to handle an event.")
