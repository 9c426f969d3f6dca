"""The stock's tables."""

from sqlalchemy import Index, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = TYPES


class Effect(Base):
    """One effect of one event or call; nothing in the database keeps an event from having two."""

    __tablename__ = "effect"
    __table_args__ = (Index(None, "mark"),)

    region_code: Mapped[str] = mapped_column(primary_key=True)
    effect_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    mark: Mapped[str]
    event_id: Mapped[str]
