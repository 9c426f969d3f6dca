"""How alembic runs the migrations of accounts."""

from accounts.models import Base
from chassis.migrations import run_environment

run_environment(Base.metadata)
