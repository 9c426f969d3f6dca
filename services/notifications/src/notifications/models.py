"""The tables of notifications. Ids, texts without names, and times; no contact and no token."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata

PENDING, SENT, FAILED = "pending", "sent", "failed"
NOTICE, EMAIL_CONFIRMATION = "notice", "email_confirmation"


class Base(DeclarativeBase):
    """All tables of the service."""

    metadata = new_metadata()
    type_annotation_map = TYPES


class WaitingNotice(Base):
    """An event about a child whose family or group is not known yet; it becomes messages, and this row goes."""

    __tablename__ = "waiting_notice"
    __table_args__ = (
        Index(None, "region_code", "child_id"),
        Index(None, "region_code", "group_id"),
        Index(None, "look_again_at"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    child_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    kind: Mapped[str]
    group_id: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    facts: Mapped[dict[str, Any]]
    look_again_at: Mapped[datetime]


class Enrolment(Base):
    """A child in a group, for news that concern the whole group. One whose end came first has no `enrolled_at` yet."""

    __tablename__ = "enrolment"
    __table_args__ = (Index(None, "region_code", "group_id"),)

    region_code: Mapped[str] = mapped_column(primary_key=True)
    enrollment_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    child_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    group_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    enrolled_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]


class LessonChange(Base):
    """A cancelled or moved lesson (`first_on`: its earlier date), for children whose enrolment is heard of later."""

    __tablename__ = "lesson_change"
    __table_args__ = (Index(None, "region_code", "group_id"),)

    region_code: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    group_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    kind: Mapped[str]
    first_on: Mapped[date]
    changed_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]


class Message(Base):
    """A message in a person's inbox."""

    __tablename__ = "message"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    user_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    child_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    kind: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    def view(self) -> dict[str, Any]:
        """The message as its reader sees it."""
        names = ("message_id", "child_id", "kind", "subject", "text", "created_at", "read_at")
        return {name: getattr(self, name) for name in names}


Index(None, Message.region_code, Message.user_id, Message.created_at.desc(), Message.message_id.desc())


class Delivery(Base):
    """A mail to a person: of a message, or to confirm an address. A claimed one is leased until `leased_until`."""

    __tablename__ = "delivery"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "message_id"], ["message.region_code", "message.message_id"]),
        CheckConstraint("purpose IN ('notice', 'email_confirmation')", name="purpose_is_known"),
        CheckConstraint("(purpose = 'notice') = (message_id IS NOT NULL)", name="notice_has_message"),
        CheckConstraint("state IN ('pending', 'sent', 'failed')", name="state_is_known"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name="failed_has_reason"),
        Index("ix_delivery_due_at", "due_at", postgresql_where=text("state = 'pending'")),
        Index("ix_delivery_failed", "created_at", postgresql_where=text("state = 'failed'")),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    purpose: Mapped[str]
    user_id: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    message_id: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    state: Mapped[str] = mapped_column(server_default=PENDING)
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
