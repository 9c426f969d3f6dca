"""Runs the shop's migrations."""

from shop.models import Base

from chassis.migrations import run_environment

run_environment(Base.metadata)
