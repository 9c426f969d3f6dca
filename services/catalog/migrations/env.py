"""Runs the catalogue's migrations."""

from catalog.models import Base
from chassis.migrations import run_environment

run_environment(Base.metadata)
