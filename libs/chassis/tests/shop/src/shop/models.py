"""The shop's tables."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata


class Base(DeclarativeBase):
    """Declarative base of the shop."""

    metadata = new_metadata()
    type_annotation_map = TYPES


class Shoe(Base):
    """A pair on the shelf."""

    __tablename__ = "shoe"
    __table_args__ = (
        CheckConstraint("left_in_stock >= 0", name="stock"),
        Index("ix_shoe_sold_out", "name", postgresql_where="left_in_stock = 0"),
    )

    shoe_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    name: Mapped[str]
    left_in_stock: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int]


class Sale(Base):
    """A pair that left the shop."""

    __tablename__ = "sale"
    __table_args__ = (
        ForeignKeyConstraint(["shoe_id"], ["shoe.shoe_id"]),
        {"postgresql_partition_by": "RANGE (sold_at)"},
    )

    sold_at: Mapped[datetime] = mapped_column(primary_key=True)
    sale_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    shoe_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
