"""People: accounts, their addresses and what was typed for them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models.base import ID, Base


class Account(Base):
    """A person who may sign in: a guardian, or staff limited to one provider or municipality."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("role IN ('guardian', 'teacher', 'provider', 'municipality', 'region')", name="role"),
        CheckConstraint("(role IN ('teacher', 'provider')) = (provider_id IS NOT NULL)", name="provider_scope"),
        CheckConstraint("(role = 'municipality') = (municipality_code IS NOT NULL)", name="municipality_scope"),
        Index(None, "user_id"),
        Index("ix_account_unconfirmed", "created_at", postgresql_where="confirmed_at IS NULL"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ID, primary_key=True)
    role: Mapped[str]
    full_name: Mapped[str]
    password_hash: Mapped[str]
    provider_id: Mapped[str | None] = mapped_column(ID)
    municipality_code: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class Login(Base):
    """Which account an address opens. The one table without a leading region: people sign in without naming theirs."""

    __tablename__ = "login"
    __table_args__ = (
        UniqueConstraint("region_code", "user_id"),
        ForeignKeyConstraint(
            ["region_code", "user_id"], ["account.region_code", "account.user_id"], ondelete="CASCADE"
        ),
    )

    email: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str]
    user_id: Mapped[str] = mapped_column(ID)


class Registration(Base):
    """What somebody typed who says an address is theirs, with the proof of their consent.

    A confirmation link belongs to one registration: what it activates is the password of that form, so a stranger who
    registers the same address meanwhile does not slip in a password of their own.
    """

    __tablename__ = "registration"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "user_id"], ["account.region_code", "account.user_id"], ondelete="CASCADE"
        ),
        Index(None, "region_code", "user_id"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    registration_id: Mapped[str] = mapped_column(ID, primary_key=True)
    user_id: Mapped[str] = mapped_column(ID)
    full_name: Mapped[str]
    password_hash: Mapped[str | None]
    consent_version: Mapped[str]
    consent_text_sha256: Mapped[str]
    consented_at: Mapped[datetime]


class Confirmation(Base):
    """A link that was mailed; only the hash of its token is known here."""

    __tablename__ = "confirmation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "registration_id"],
            ["registration.region_code", "registration.registration_id"],
            ondelete="CASCADE",
        ),
        Index(None, "region_code", "registration_id"),
        Index(None, "expires_at"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    registration_id: Mapped[str] = mapped_column(ID)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
