"""Runs the orders' migrations."""

from orders.models import Base

from chassis.migrations import run_environment

run_environment(Base.metadata)
