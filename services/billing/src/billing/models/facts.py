"""What neighbours said, as billing needs it. Facts come in any order; the newer version of each wins."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from billing.domain.contract import CERTIFICATE_STATES, ENDS
from billing.domain.policy import MARKS
from billing.domain.words import DIRECTIONS
from billing.models.base import UNIT, Base, Id, KeyId, Region, Small, Zero, one_of


class Certificate(Base):
    """A child's certificate; whoever touches its money locks this row, several in the order of their ids.

    `version` counts the events about it that billing has recorded, `fact_version` is that of certificates' event.
    """

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("region_code", "child_id"),)
    region_code: Mapped[Region]
    certificate_id: Mapped[KeyId]
    child_id: Mapped[Id]
    payer_municipality_code: Mapped[str]
    valid_until: Mapped[date]
    fact_version: Mapped[int]
    version: Mapped[Zero]


class Enrollment(Base):
    """An enrolment with the snapshot of the terms it was made on; `lessons` is the group's plan on that day.

    Those that were kept by earlier versions have no `direction`.
    """

    __tablename__ = "enrollment"
    __table_args__ = (
        Index("ix_enrollment_child", "region_code", "child_id"),
        Index("ix_enrollment_group", "region_code", "group_id"),
        CheckConstraint(UNIT, "unit_known"),
        CheckConstraint("group_starts_on <= group_ends_on", "group_not_empty"),
        CheckConstraint("price_minor >= 0 AND normative_minor >= 0", "prices_not_negative"),
        CheckConstraint(one_of("direction", tuple(DIRECTIONS)), "direction_known"),
    )
    region_code: Mapped[Region]
    enrollment_id: Mapped[KeyId]
    child_id: Mapped[Id]
    group_id: Mapped[Id]
    provider_id: Mapped[Id]
    direction: Mapped[str | None]
    submitted_at: Mapped[datetime]
    enrolled_at: Mapped[datetime]
    enrolled_on: Mapped[date]
    group_starts_on: Mapped[date]
    group_ends_on: Mapped[date]
    unit: Mapped[str]
    price_minor: Mapped[int]
    normative_minor: Mapped[int]
    terms_version: Mapped[int]
    offer_id: Mapped[Id]
    accepted_by: Mapped[Id]
    lessons: Mapped[list[Any]]
    fact_version: Mapped[int]


class AttendanceMark(Base):
    """The newest mark of an enrolment on a lesson; the page with the greater version wins."""

    __tablename__ = "attendance_mark"
    __table_args__ = (CheckConstraint(one_of("mark", MARKS), "mark_known"),)
    region_code: Mapped[Region]
    enrollment_id: Mapped[KeyId]
    lesson_id: Mapped[KeyId]
    mark: Mapped[str]
    page_version: Mapped[Small]
    marked_at: Mapped[datetime]


class EnrollmentEnd(Base):
    """That an enrolment has ended, and the last local day that counts. It may be known before the enrolment."""

    __tablename__ = "enrollment_end"
    __table_args__ = (CheckConstraint(one_of("kind", ENDS), "kind_known"),)
    region_code: Mapped[Region]
    enrollment_id: Mapped[KeyId]
    kind: Mapped[str]
    effective_on: Mapped[date]
    fact_version: Mapped[int]


class CertificateState(Base):
    """The state of the document since a local day; a certificate without a row is valid."""

    __tablename__ = "certificate_state"
    __table_args__ = (CheckConstraint(one_of("state", CERTIFICATE_STATES), "state_known"),)
    region_code: Mapped[Region]
    certificate_id: Mapped[KeyId]
    state: Mapped[str]
    changed_on: Mapped[date]
    fact_version: Mapped[int]


class LessonChange(Base):
    """A lesson that was cancelled, or is held on another local day than planned."""

    __tablename__ = "lesson_change"
    region_code: Mapped[Region]
    lesson_id: Mapped[KeyId]
    cancelled: Mapped[bool]
    moved_to: Mapped[date | None]
    fact_version: Mapped[int]
