"""Enrollment's own environment variables: none beyond those of every service."""

from dataclasses import dataclass

import chassis.settings


@dataclass(frozen=True)
class Settings(chassis.settings.Settings):
    """What every service needs, and nothing else."""
