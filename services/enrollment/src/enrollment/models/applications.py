"""Seats, applications, families and contracts' states.

An enrolment keeps its application's id: `application.application_id` is the `enrollment_id` of everything else.
`taken` never grows past `capacity`: a trigger made by the first migration refuses it.
"""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from enrollment.domain.states import COMPLETED, DRAFT, ENROLLED, LIVE, NEXT, PAUSED, WAITLISTED, WITHDRAWN
from enrollment.models.base import Base, Count, Id, KeyId, Region, one_of


class GroupSeats(Base):
    """How full a group is; the row that everybody who wants a seat of the group locks first.

    `arrivals` numbers the group's applications in the order in which they came. Drafts are sent at `opens_at`; at
    `completes_at`, when the group's last local day is over, all that is alive in it ends, and the column is emptied.
    """

    __tablename__ = "group_seats"
    __table_args__ = (
        CheckConstraint("capacity >= 0", "capacity_not_negative"),
        CheckConstraint("taken >= 0", "taken_not_negative"),
        CheckConstraint("waiting >= 0", "waiting_not_negative"),
        CheckConstraint("drafts >= 0", "drafts_not_negative"),
        Index("ix_group_seats_opening", "opens_at", postgresql_where=text("drafts > 0")),
        Index("ix_group_seats_ending", "completes_at", postgresql_where=text("completes_at IS NOT NULL")),
        Index(
            "ix_group_seats_refill",
            "region_code",
            "group_id",
            postgresql_where=text("waiting > 0 AND taken < capacity"),
        ),
    )
    region_code: Mapped[Region]
    group_id: Mapped[KeyId]
    capacity: Mapped[int] = mapped_column(Integer)
    taken: Mapped[Count]
    waiting: Mapped[Count]
    arrivals: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="0")
    drafts: Mapped[Count]
    opens_at: Mapped[datetime | None]
    completes_at: Mapped[datetime | None]


class Application(Base):
    """An application and, later in its life, the enrolment; the module and provider are those of the day it came.

    `sent` is False while it is a draft, and if it ended as one: nobody but the family has then seen it.
    `deadline_at`: until when a seat is held for the provider's decision (submitted) or the family's (offered), or the
    end of the last day of an enrolment whose end is set (enrolled). `ended_on` is the last local day that counts.
    """

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
            postgresql_where=text(one_of("status", LIVE)),
        ),
        Index(
            "ix_application_waiting",
            "region_code",
            "group_id",
            "arrival",
            postgresql_where=text(one_of("status", (WAITLISTED,))),
        ),
        Index("ix_application_child", "region_code", "child_id", "submitted_at", "application_id"),
        Index("ix_application_deadline", "deadline_at", postgresql_where=text("deadline_at IS NOT NULL")),
        Index(
            "uq_application_draft",
            "region_code",
            "child_id",
            "group_id",
            unique=True,
            postgresql_where=text(one_of("status", (DRAFT,))),
        ),
        CheckConstraint(one_of("status", tuple(NEXT)), "status_known"),
        CheckConstraint("NOT sent OR status <> 'draft'", "draft_unsent"),
        CheckConstraint("sent OR status IN ('draft', 'cancelled')", "unsent_nowhere"),
        CheckConstraint("deadline_at IS NOT NULL OR status <> 'offered'", "offer_timed"),
        CheckConstraint(
            "status NOT IN ('cancelled', 'withdrawn')"
            " OR (ended_at IS NOT NULL AND ended_by IS NOT NULL AND reason IS NOT NULL)",
            "end_explained",
        ),
        CheckConstraint("status NOT IN ('completed', 'withdrawn') OR ended_on IS NOT NULL", "end_dated"),
        CheckConstraint("ended_on >= enrolled_on", "ended_later"),
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
    sent: Mapped[bool] = mapped_column(server_default="true")
    deadline_at: Mapped[datetime | None]
    order_number: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str | None]

    @classmethod
    def attending(cls, lesson_on: date) -> ColumnElement[bool]:
        """SQL: the child is expected at the group's lessons of that local date."""
        return and_(
            cls.status.in_((ENROLLED, PAUSED, COMPLETED, WITHDRAWN)),
            cls.enrolled_on <= lesson_on,
            or_(cls.ended_on.is_(None), cls.ended_on >= lesson_on),
        )


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
