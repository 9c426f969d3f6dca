"""Runs the stock' migrations."""

from stock.models import Base

from chassis.migrations import run_environment

run_environment(Base.metadata)
