"""The orders' tables."""

from sqlalchemy import ForeignKeyConstraint, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES


class Basket(Base):
    """The aggregate: its version grows with each order."""

    __tablename__ = "basket"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    basket_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]


class Purchase(Base):
    """One effect of one order; nothing in the database keeps an order from having two."""

    __tablename__ = "purchase"
    __table_args__ = (ForeignKeyConstraint(["region_code", "basket_id"], ["basket.region_code", "basket.basket_id"]),)

    region_code: Mapped[str] = mapped_column(primary_key=True)
    purchase_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    basket_id: Mapped[str]
    quantity: Mapped[int]
