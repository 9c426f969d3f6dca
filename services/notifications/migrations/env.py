"""Runs the migrations of notifications."""

from chassis.migrations import run_environment
from notifications.models import Base

run_environment(Base.metadata)
