"""What this service reads from the environment: nothing of its own."""

from dataclasses import dataclass

import chassis.settings


@dataclass(frozen=True)
class Settings(chassis.settings.Settings):
    """The settings that every service has."""
