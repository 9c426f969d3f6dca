"""What is kept for searches alone."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import ID, Base


class OpeningRow(Base):
    """What the open groups of a programme come to: what lists show of it and a search leaves it out by.

    `rub_from_minor` and `hour_from_minor` are the lowest prices in each unit; `weekdays` are all their weekdays as bits
    (Monday is 1). A programme without an open group has no price.
    """

    __tablename__ = "opening"

    region_code: Mapped[str]
    programme_id: Mapped[str] = mapped_column(ID)
    rub_from_minor: Mapped[int | None]
    hour_from_minor: Mapped[int | None]
    weekdays: Mapped[int] = mapped_column(server_default="0")
    places_free: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "programme_id"),
        ForeignKeyConstraint(["region_code", "programme_id"], ["programme.region_code", "programme.programme_id"]),
        CheckConstraint("places_free >= 0", name="places_free"),
        Index("ix_opening_rub_from_minor", "rub_from_minor"),
        Index("ix_opening_hour_from_minor", "hour_from_minor"),
    )


class SearchWordRow(Base):
    """A word that some programme's text has or had, or its Russian stem: what a mistyped word may mean."""

    __tablename__ = "search_word"

    region_code: Mapped[str]
    word: Mapped[str]

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "word"),
        Index("ix_search_word_trigrams", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )
