"""Programmes and their modules."""

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import ID, SORT_LETTERS, Base

_LEXEMES = "to_tsvector('russian'::regconfig, {})"


class ProgrammeRow(Base):
    """What is taught; `search_text` is its normalised title, summary and provider's name.

    Titles have lexemes of their own, so that the planner knows how rare a word is in them.
    """

    __tablename__ = "programme"

    region_code: Mapped[str]
    programme_id: Mapped[str] = mapped_column(ID)
    provider_id: Mapped[str] = mapped_column(ID)
    municipality_code: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    direction: Mapped[str]
    age_min: Mapped[int]
    age_max: Mapped[int]
    state: Mapped[str]
    search_title: Mapped[str] = mapped_column(Text(collation="C"))
    search_text: Mapped[str]
    title_lexemes: Mapped[str] = mapped_column(TSVECTOR, Computed(_LEXEMES.format("search_title"), persisted=True))
    search_lexemes: Mapped[str] = mapped_column(TSVECTOR, Computed(_LEXEMES.format("search_text"), persisted=True))

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "programme_id"),
        ForeignKeyConstraint(["region_code", "provider_id"], ["provider.region_code", "provider.provider_id"]),
        ForeignKeyConstraint(
            ["region_code", "municipality_code"], ["municipality.region_code", "municipality.municipality_code"]
        ),
        CheckConstraint("0 <= age_min AND age_min <= age_max", name="ages"),
        CheckConstraint("state IN ('draft', 'published', 'archived')", name="state"),
        Index("ix_programme_programme_id", "programme_id"),
        Index("ix_programme_provider", "region_code", "provider_id"),
        Index("ix_programme_municipality", "municipality_code", "direction"),
        Index("ix_programme_title_lexemes", "title_lexemes", postgresql_using="gin"),
        Index("ix_programme_lexemes", "search_lexemes", postgresql_using="gin"),
        Index("ix_programme_titles", text(f'"left"(search_title, {SORT_LETTERS})'), "programme_id"),
        Index(
            "ix_programme_direction_titles",
            "direction",
            text(f'"left"(search_title, {SORT_LETTERS})'),
            "programme_id",
            "age_min",
            "age_max",
        ),
    )


class ModuleRow(Base):
    """A priced part of a programme; prices in hundredths of `unit`."""

    __tablename__ = "module"

    region_code: Mapped[str]
    module_id: Mapped[str] = mapped_column(ID)
    programme_id: Mapped[str] = mapped_column(ID)
    title: Mapped[str]
    price_minor: Mapped[int]
    normative_price_minor: Mapped[int]
    unit: Mapped[str]

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "module_id"),
        ForeignKeyConstraint(["region_code", "programme_id"], ["programme.region_code", "programme.programme_id"]),
        CheckConstraint("price_minor >= 0 AND normative_price_minor >= 0", name="prices"),
        CheckConstraint("unit IN ('RUB', 'HOUR')", name="unit"),
        Index("ix_module_programme", "region_code", "programme_id"),
    )
