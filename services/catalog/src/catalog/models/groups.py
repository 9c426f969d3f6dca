"""Groups, who teaches them and how full they are."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import ID, Base


class GroupRow(Base):
    """A group of a module; the aggregate of `catalog.group.published` and `catalog.group.changed`.

    `announced` is what the last of these events said (without the terms' version); version 0 means none yet: a draft.
    `price_minor` is the group's own price, in its module's unit; `weekdays` are the timetable's as bits.
    """

    __tablename__ = "study_group"

    region_code: Mapped[str]
    group_id: Mapped[str] = mapped_column(ID)
    module_id: Mapped[str] = mapped_column(ID)
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
    group_id: Mapped[str] = mapped_column(ID)
    teacher_id: Mapped[str] = mapped_column(ID)
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
    group_id: Mapped[str] = mapped_column(ID)
    version: Mapped[int]
    capacity: Mapped[int]
    taken: Mapped[int]
    waiting: Mapped[int]

    __table_args__ = (PrimaryKeyConstraint("region_code", "group_id"),)
