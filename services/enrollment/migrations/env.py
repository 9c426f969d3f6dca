"""Runs enrollment's migrations."""

from chassis.migrations import run_environment
from enrollment.models import Base

run_environment(Base.metadata)
