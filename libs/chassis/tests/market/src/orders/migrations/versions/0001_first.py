"""The first orders."""

from alembic import op
from orders.models import Base

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables()
    Base.metadata.create_all(op.get_bind())
