"""Signing in and staying signed in."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models.base import ID, Base


class SignInAttempts(Base):
    """Passwords tried for an address, known or not, in the present window; the address only as a keyed hash."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "opened_at"),)

    email_index: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    count: Mapped[int]
    opened_at: Mapped[datetime]


class SignedIn(Base):
    """A session: the family of refresh tokens that follow from one sign-in."""

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "user_id"], ["account.region_code", "account.user_id"], ondelete="CASCADE"
        ),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="end_has_a_reason"),
        Index(None, "region_code", "user_id"),
        Index(None, "expires_at"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ID, primary_key=True)
    user_id: Mapped[str] = mapped_column(ID)
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]


class RefreshToken(Base):
    """A refresh token, by its hash. A used one stays, so that a second use is noticed.

    `replaced_by` is the token it was exchanged for; `repeated_at` is when its exchange was carried out once more, since
    the first answer was lost.
    """

    __tablename__ = "refresh_token"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "session_id"], ["session.region_code", "session.session_id"], ondelete="CASCADE"
        ),
        Index(None, "region_code", "session_id"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[str] = mapped_column(ID)
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    replaced_by: Mapped[bytes | None] = mapped_column(LargeBinary)
    repeated_at: Mapped[datetime | None]
