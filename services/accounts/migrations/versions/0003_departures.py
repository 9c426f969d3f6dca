"""Ends of applications and enrolments, after which a provider no longer reads the child's name.

Those that ended before are learned too: enrollment's log is read once more from its beginning.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "departure",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("region_code", "application_id", name=op.f("pk_departure")),
    )
    op.execute("UPDATE event_cursor SET position = 0 WHERE producer = 'enrollment'")
