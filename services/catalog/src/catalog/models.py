"""The tables that the catalogue owns."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata

_ID = Uuid(as_uuid=False)
_LEXEMES = "to_tsvector('russian'::regconfig, {})"
SORT_LETTERS = 24
"""How many letters of a name lists are sorted by; a cursor carries them."""


class Base(DeclarativeBase):
    """Base of the catalogue's tables."""

    metadata = new_metadata()
    type_annotation_map = TYPES


class RegionRow(Base):
    """A region; the aggregate of `catalog.region.published`."""

    __tablename__ = "region"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    financing_term: Mapped[str]
    certificate_term: Mapped[str]
    hosts: Mapped[list[Any]]
    contacts: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (CheckConstraint(r"region_code ~ '^\d{2}$'", name="code"),)


class MunicipalityRow(Base):
    """A municipality; the aggregate of `catalog.municipality.published`."""

    __tablename__ = "municipality"

    region_code: Mapped[str]
    municipality_code: Mapped[str]
    payer_code: Mapped[str]
    name: Mapped[str] = mapped_column(Text(collation="C"))
    version: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "municipality_code"),
        UniqueConstraint("region_code", "payer_code"),
        ForeignKeyConstraint(["region_code"], ["region.region_code"]),
        CheckConstraint(r"municipality_code ~ '^\d{8}$'", name="code"),
        CheckConstraint(r"payer_code ~ '^\d{2}$'", name="payer_code"),
    )


class ProviderRow(Base):
    """Who teaches; the aggregate of `catalog.provider.suspended` and `catalog.provider.activated`.

    Version 0 means that nothing was decided yet: it is active.
    """

    __tablename__ = "provider"

    region_code: Mapped[str]
    provider_id: Mapped[str] = mapped_column(_ID)
    kind: Mapped[str]
    name: Mapped[str]
    municipality_code: Mapped[str]
    inn: Mapped[str]
    ogrn: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="active")
    decision_reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(_ID)
    version: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "provider_id"),
        ForeignKeyConstraint(
            ["region_code", "municipality_code"], ["municipality.region_code", "municipality.municipality_code"]
        ),
        CheckConstraint(r"inn ~ '^\d{10}(\d{2})?$'", name="inn"),
        CheckConstraint(r"ogrn ~ '^\d{13}(\d{2})?$'", name="ogrn"),
        CheckConstraint("kind IN ('school', 'club', 'sport_school', 'entrepreneur')", name="kind"),
        CheckConstraint("state IN ('active', 'suspended')", name="state"),
    )


class TeacherRow(Base):
    """A teacher of a provider; the name is public."""

    __tablename__ = "teacher"

    region_code: Mapped[str]
    teacher_id: Mapped[str] = mapped_column(_ID)
    provider_id: Mapped[str] = mapped_column(_ID)
    display_name: Mapped[str]

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "teacher_id"),
        ForeignKeyConstraint(["region_code", "provider_id"], ["provider.region_code", "provider.provider_id"]),
    )


class ProgrammeRow(Base):
    """What is taught; `search_text` is its normalised title, summary and provider's name.

    Titles have lexemes of their own, so that the planner knows how rare a word is in them.
    """

    __tablename__ = "programme"

    region_code: Mapped[str]
    programme_id: Mapped[str] = mapped_column(_ID)
    provider_id: Mapped[str] = mapped_column(_ID)
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


class OpeningRow(Base):
    """What the open groups of a programme come to: what lists show of it and a search leaves it out by.

    `price_from_minor` is the lowest price, in `unit`; `weekdays` are all their weekdays as bits (Monday is 1). A
    programme without an open group has no price.
    """

    __tablename__ = "opening"

    region_code: Mapped[str]
    programme_id: Mapped[str] = mapped_column(_ID)
    price_from_minor: Mapped[int | None]
    unit: Mapped[str | None]
    weekdays: Mapped[int] = mapped_column(server_default="0")
    places_free: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "programme_id"),
        ForeignKeyConstraint(["region_code", "programme_id"], ["programme.region_code", "programme.programme_id"]),
        CheckConstraint("(price_from_minor IS NULL) = (unit IS NULL)", name="price"),
        CheckConstraint("places_free >= 0", name="places_free"),
    )


class SearchWordRow(Base):
    """A word (its Russian stem) that some programme's text has or had: what a mistyped word may mean."""

    __tablename__ = "search_word"

    region_code: Mapped[str]
    word: Mapped[str]

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "word"),
        Index("ix_search_word_trigrams", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )


class ModuleRow(Base):
    """A priced part of a programme; prices in hundredths of `unit`."""

    __tablename__ = "module"

    region_code: Mapped[str]
    module_id: Mapped[str] = mapped_column(_ID)
    programme_id: Mapped[str] = mapped_column(_ID)
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


class GroupRow(Base):
    """A group of a module; the aggregate of `catalog.group.published` and `catalog.group.changed`.

    `announced` is what the last of these events said (without the terms' version); version 0 means none yet: a draft.
    `price_minor` is the group's own price, in its module's unit; `weekdays` are the timetable's as bits.
    """

    __tablename__ = "study_group"

    region_code: Mapped[str]
    group_id: Mapped[str] = mapped_column(_ID)
    module_id: Mapped[str] = mapped_column(_ID)
    address: Mapped[str]
    age_min: Mapped[int]
    age_max: Mapped[int]
    capacity: Mapped[int]
    admission: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    timetable: Mapped[list[Any]]
    weekdays: Mapped[int]
    meets_on_holidays: Mapped[bool]
    skipped_on: Mapped[list[Any]] = mapped_column(server_default="[]")
    extra_lessons: Mapped[list[Any]] = mapped_column(server_default="[]")
    price_minor: Mapped[int | None]
    state: Mapped[str]
    announced: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    version: Mapped[int] = mapped_column(server_default="0")
    terms_version: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "group_id"),
        ForeignKeyConstraint(["region_code", "module_id"], ["module.region_code", "module.module_id"]),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("0 <= age_min AND age_min <= age_max", name="ages"),
        CheckConstraint("starts_on <= ends_on AND opens_at < closes_at", name="dates"),
        CheckConstraint("admission IN ('instant', 'review')", name="admission"),
        CheckConstraint("state IN ('draft', 'published', 'closed')", name="state"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("state <> 'draft' OR version = 0", name="draft_unannounced"),
        Index("ix_study_group_group_id", "group_id"),
        Index("ix_study_group_module", "region_code", "module_id"),
    )


class GroupTeacherRow(Base):
    """A teacher of a group; `place` is the order in which the names are shown."""

    __tablename__ = "group_teacher"

    region_code: Mapped[str]
    group_id: Mapped[str] = mapped_column(_ID)
    teacher_id: Mapped[str] = mapped_column(_ID)
    place: Mapped[int]

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "group_id", "teacher_id"),
        ForeignKeyConstraint(["region_code", "group_id"], ["study_group.region_code", "study_group.group_id"]),
        ForeignKeyConstraint(["region_code", "teacher_id"], ["teacher.region_code", "teacher.teacher_id"]),
    )


class SeatsRow(Base):
    """How full a group is, as enrollment said last; it may be heard before the group is known here."""

    __tablename__ = "seats"

    region_code: Mapped[str]
    group_id: Mapped[str] = mapped_column(_ID)
    version: Mapped[int]
    capacity: Mapped[int]
    taken: Mapped[int]
    waiting: Mapped[int]

    __table_args__ = (PrimaryKeyConstraint("region_code", "group_id"),)
