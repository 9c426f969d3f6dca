"""Lessons, their pages and the marks on them; the tables of changes are append-only, by triggers."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from enrollment.domain.attendance import MARKS
from enrollment.domain.lessons import CANCELLED, MOVED, PLANNED
from enrollment.models.base import Base, Count, Id, KeyId, Region, one_of


class Lesson(Base):
    """A lesson of a group and its page in the journal; `page_version` 0 means that nobody has marked it.

    `version` is that of the lesson's newest event, of whatever type. A lesson that its provider has `moved` or
    cancelled follows the group's plan no more.
    """

    __tablename__ = "lesson"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "group_id"], ["group_seats.region_code", "group_seats.group_id"]),
        Index("ix_lesson_group", "region_code", "group_id", "lesson_on"),
        CheckConstraint("starts_at < ends_at", "starts_before_end"),
        CheckConstraint(one_of("state", (PLANNED, CANCELLED)), "state_known"),
    )
    region_code: Mapped[Region]
    lesson_id: Mapped[KeyId]
    group_id: Mapped[Id]
    number: Mapped[int] = mapped_column(Integer)
    lesson_on: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    page_version: Mapped[Count]
    state: Mapped[str] = mapped_column(server_default=PLANNED)
    moved: Mapped[bool] = mapped_column(server_default="false")
    version: Mapped[int] = mapped_column(server_default="0")


class LessonChange(Base):
    """A lesson that was cancelled or moved: when it was to be held before, with who, when and why; append-only."""

    __tablename__ = "lesson_change"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "lesson_id"], ["lesson.region_code", "lesson.lesson_id"]),
        CheckConstraint(one_of("change", (CANCELLED, MOVED)), "change_known"),
    )
    region_code: Mapped[Region]
    lesson_id: Mapped[KeyId]
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    change: Mapped[str]
    reason: Mapped[str]
    was_on: Mapped[date]
    was_starts_at: Mapped[datetime]
    was_ends_at: Mapped[datetime]
    changed_by: Mapped[Id]
    changed_at: Mapped[datetime]


class Attendance(Base):
    """The mark that stands for one enrolment on one lesson, none on a cancelled one.

    Partitioned by month of the lesson's local date.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "lesson_id"], ["lesson.region_code", "lesson.lesson_id"]),
        ForeignKeyConstraint(
            ["region_code", "enrollment_id"], ["application.region_code", "application.application_id"]
        ),
        CheckConstraint(one_of("mark", MARKS), "mark_known"),
        {"postgresql_partition_by": "RANGE (lesson_on)"},
    )
    region_code: Mapped[Region]
    lesson_id: Mapped[KeyId]
    enrollment_id: Mapped[KeyId]
    lesson_on: Mapped[date] = mapped_column(primary_key=True)
    mark: Mapped[str]
    page_version: Mapped[int] = mapped_column(Integer)
    marked_by: Mapped[Id]
    marked_at: Mapped[datetime]


class AttendanceChange(Base):
    """Every mark that was ever set and what it replaced, with who, when and, for a correction, why; append-only."""

    __tablename__ = "attendance_change"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "lesson_id"], ["lesson.region_code", "lesson.lesson_id"]),
        CheckConstraint(one_of("mark", MARKS), "mark_known"),
        {"postgresql_partition_by": "RANGE (lesson_on)"},
    )
    region_code: Mapped[Region]
    lesson_id: Mapped[KeyId]
    enrollment_id: Mapped[KeyId]
    page_version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    lesson_on: Mapped[date] = mapped_column(primary_key=True)
    mark: Mapped[str]
    previous: Mapped[str | None]
    marked_by: Mapped[Id]
    marked_at: Mapped[datetime]
    reason: Mapped[str | None]
