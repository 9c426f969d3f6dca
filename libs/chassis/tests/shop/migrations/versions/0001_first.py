"""The shop opens."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the chassis's tables and the shop's."""
    create_chassis_tables()
    op.create_table(
        "shoe",
        sa.Column("shoe_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("left_in_stock", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("left_in_stock >= 0", name=op.f("ck_shoe_stock")),
        sa.PrimaryKeyConstraint("shoe_id", name=op.f("pk_shoe")),
    )
    op.create_index("ix_shoe_sold_out", "shoe", ["name"], postgresql_where=sa.text("left_in_stock = 0"))
    op.create_table(
        "sale",
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sale_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("shoe_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(["shoe_id"], ["shoe.shoe_id"], name=op.f("fk_sale_shoe_id_shoe")),
        sa.PrimaryKeyConstraint("sold_at", "sale_id", name=op.f("pk_sale")),
        postgresql_partition_by="RANGE (sold_at)",
    )
