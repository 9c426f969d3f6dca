"""The tables that enrollment owns: seats, applications, families, contracts' states, lessons and marks.

An enrolment keeps its application's id: `application.application_id` is the `enrollment_id` of everything else.
Two rules live in triggers made by the first migration: `taken` never grows past `capacity` (it may stand above it
after the capacity was lowered), and rows of `attendance_change` are never changed or removed.
"""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    Uuid,
    and_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata
from enrollment.domain.attendance import MARKS
from enrollment.domain.states import ENROLLED, LIVE, NEXT, WAITLISTED

Id = Annotated[str, mapped_column(Uuid(as_uuid=False))]
KeyId = Annotated[str, mapped_column(Uuid(as_uuid=False), primary_key=True)]
Region = Annotated[str, mapped_column(primary_key=True)]
Count = Annotated[int, mapped_column(Integer, server_default="0")]


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Base(DeclarativeBase):
    """The declarative base of enrollment's tables."""

    metadata = new_metadata()
    type_annotation_map = TYPES


class GroupSeats(Base):
    """How full a group is; the row that everybody who wants a seat of the group locks first.

    `arrivals` numbers the group's applications in the order in which they came.
    """

    __tablename__ = "group_seats"
    __table_args__ = (
        CheckConstraint("capacity >= 0", "capacity_not_negative"),
        CheckConstraint("taken >= 0", "taken_not_negative"),
        CheckConstraint("waiting >= 0", "waiting_not_negative"),
    )
    region_code: Mapped[Region]
    group_id: Mapped[KeyId]
    capacity: Mapped[int] = mapped_column(Integer)
    taken: Mapped[Count]
    waiting: Mapped[Count]
    arrivals: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="0")


class Application(Base):
    """An application and, later in its life, the enrolment; the module and provider are those of the day it came."""

    __tablename__ = "application"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "group_id"], ["group_seats.region_code", "group_seats.group_id"]),
        UniqueConstraint("region_code", "offer_id", name="uq_application_offer"),
        UniqueConstraint("region_code", "group_id", "arrival", name="uq_application_arrival"),
        Index(
            "uq_application_live",
            "region_code",
            "child_id",
            "module_id",
            unique=True,
            postgresql_where=text(_one_of("status", LIVE)),
        ),
        Index(
            "ix_application_waiting",
            "region_code",
            "group_id",
            "arrival",
            postgresql_where=text(_one_of("status", (WAITLISTED,))),
        ),
        Index("ix_application_child", "region_code", "child_id", "submitted_at", "application_id"),
        CheckConstraint(_one_of("status", tuple(NEXT)), "status_known"),
        CheckConstraint("(enrolled_at IS NULL) = (enrolled_on IS NULL)", "enrolled_whole"),
        CheckConstraint(
            "enrolled_at IS NOT NULL OR status NOT IN ('enrolled', 'paused', 'completed', 'withdrawn')",
            "enrolled_dated",
        ),
    )
    region_code: Mapped[Region]
    application_id: Mapped[KeyId]
    child_id: Mapped[Id]
    group_id: Mapped[Id]
    module_id: Mapped[Id]
    programme_id: Mapped[Id]
    provider_id: Mapped[Id]
    guardian_id: Mapped[Id]
    offer_id: Mapped[Id]
    terms_version: Mapped[int]
    status: Mapped[str]
    arrival: Mapped[int]
    submitted_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    enrolled_on: Mapped[date | None]
    version: Mapped[int]

    @classmethod
    def attending(cls, lesson_on: date) -> ColumnElement[bool]:
        """SQL: the child is expected at the group's lessons of that local date."""
        return and_(cls.status == ENROLLED, cls.enrolled_on <= lesson_on)


class ChildGuardian(Base):
    """Whose child it is, as accounts last said; who may see a child's applications follows from it."""

    __tablename__ = "child_guardian"
    __table_args__ = (Index("ix_child_guardian_child", "region_code", "child_id"),)
    region_code: Mapped[Region]
    guardian_id: Mapped[KeyId]
    child_id: Mapped[KeyId]


class Contract(Base):
    """What billing last said of an enrolment's contract. It may be known before the enrolment is looked at."""

    __tablename__ = "contract"
    __table_args__ = (Index("ix_contract_enrollment", "region_code", "enrollment_id"),)
    region_code: Mapped[Region]
    contract_id: Mapped[KeyId]
    enrollment_id: Mapped[Id]
    version: Mapped[int]
    state: Mapped[str]
    certificate_share_minor: Mapped[int]
    certificate_share_unit: Mapped[str]
    parent_share_minor: Mapped[int]
    parent_share_unit: Mapped[str]
    effective_from: Mapped[date | None]
    occurred_at: Mapped[datetime]


class Lesson(Base):
    """A lesson of a group and its page in the journal; `page_version` 0 means that nobody has marked it."""

    __tablename__ = "lesson"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "group_id"], ["group_seats.region_code", "group_seats.group_id"]),
        Index("ix_lesson_group", "region_code", "group_id", "lesson_on"),
        CheckConstraint("starts_at < ends_at", "starts_before_end"),
    )
    region_code: Mapped[Region]
    lesson_id: Mapped[KeyId]
    group_id: Mapped[Id]
    number: Mapped[int] = mapped_column(Integer)
    lesson_on: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    page_version: Mapped[Count]


class Attendance(Base):
    """The mark that stands for one enrolment on one lesson; partitioned by month of the lesson's local date."""

    __tablename__ = "attendance"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "lesson_id"], ["lesson.region_code", "lesson.lesson_id"]),
        ForeignKeyConstraint(
            ["region_code", "enrollment_id"], ["application.region_code", "application.application_id"]
        ),
        CheckConstraint(_one_of("mark", MARKS), "mark_known"),
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
    """Every mark that was ever set and what it replaced, with who and when; append-only."""

    __tablename__ = "attendance_change"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "lesson_id"], ["lesson.region_code", "lesson.lesson_id"]),
        CheckConstraint(_one_of("mark", MARKS), "mark_known"),
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
