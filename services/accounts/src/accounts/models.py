"""The tables of accounts. All personal data of the suite is in these; no other service has a copy."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import TYPES, new_metadata

ID = Uuid(as_uuid=False)


class Base(DeclarativeBase):
    """Declarative base of the service."""

    metadata = new_metadata()
    type_annotation_map = TYPES


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


class Child(Base):
    """A child. `identity_index` and `snils_index` are keyed hashes that make a second registration impossible.

    `namesake` counts those children of one name and birth date who are known to be different; `identity_rule` says how
    `identity_index` was made.
    """

    __tablename__ = "child"
    __table_args__ = (
        UniqueConstraint("region_code", "identity_index", "namesake"),
        UniqueConstraint("region_code", "snils_index"),
        CheckConstraint("(snils_sealed IS NULL) = (snils_index IS NULL)", name="snils_is_indexed"),
        CheckConstraint("namesake >= 0", name="namesake_counts"),
        Index("ix_child_stale", "region_code", postgresql_where="identity_rule < 2"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    family_name: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str | None]
    born_on: Mapped[date]
    municipality_code: Mapped[str]
    snils_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    snils_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity_index: Mapped[bytes] = mapped_column(LargeBinary)
    identity_rule: Mapped[int] = mapped_column(server_default="1")
    namesake: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int]
    registered_at: Mapped[datetime]


class Claim(Base):
    """A second registration of a known child by somebody who is not its guardian: what was sent, and the decision.

    The insurance number is kept sealed until the decision. `separate_child_id` is the child that the decision
    `another_child` brought.
    """

    __tablename__ = "claim"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "child_id"], ["child.region_code", "child.child_id"]),
        ForeignKeyConstraint(["region_code", "separate_child_id"], ["child.region_code", "child.child_id"]),
        ForeignKeyConstraint(["region_code", "claimant_id"], ["account.region_code", "account.user_id"]),
        CheckConstraint("state IN ('open', 'approved', 'rejected', 'another_child')", name="state"),
        CheckConstraint("matched_by IN ('name_and_birth_date', 'snils')", name="matched_by"),
        CheckConstraint(
            "num_nulls(decided_at, decided_by, basis) = CASE state WHEN 'open' THEN 3 ELSE 0 END",
            name="decision_is_whole",
        ),
        CheckConstraint("separate_child_id IS NULL OR state = 'another_child'", name="separate_child"),
        CheckConstraint("snils_sealed IS NULL OR state = 'open'", name="snils_is_forgotten"),
        Index(
            "uq_claim_open",
            "region_code",
            "child_id",
            "claimant_id",
            unique=True,
            postgresql_where="state = 'open'",
        ),
        Index("ix_claim_child", "region_code", "child_id", "state", "claimed_at"),
        Index("ix_claim_claimant", "region_code", "claimant_id", "claimed_at"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID)
    claimant_id: Mapped[str] = mapped_column(ID)
    family_name: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str | None]
    born_on: Mapped[date]
    municipality_code: Mapped[str]
    snils_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    snils_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    identity_index: Mapped[bytes] = mapped_column(LargeBinary)
    matched_by: Mapped[str]
    state: Mapped[str]
    claimed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ID)
    basis: Mapped[str | None]
    separate_child_id: Mapped[str | None] = mapped_column(ID)


class Guardianship(Base):
    """That a guardian may see and act for a child."""

    __tablename__ = "guardianship"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "guardian_id"], ["account.region_code", "account.user_id"]),
        ForeignKeyConstraint(["region_code", "child_id"], ["child.region_code", "child.child_id"]),
        Index(None, "region_code", "child_id"),
    )

    region_code: Mapped[str] = mapped_column(primary_key=True)
    guardian_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    since_at: Mapped[datetime]


class Pupil(Base):
    """That a child is enrolled with a provider, whose staff may therefore read its name."""

    __tablename__ = "pupil"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    enrollment_id: Mapped[str] = mapped_column(ID, primary_key=True)
    enrolled_at: Mapped[datetime]


class Applicant(Base):
    """That a child applied to a provider, whose staff may therefore read its name."""

    __tablename__ = "applicant"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    application_id: Mapped[str] = mapped_column(ID, primary_key=True)
    submitted_at: Mapped[datetime]


class ChildAccess(Base):
    """Who read which child's card, when and what for. Rows are only ever added; partitioned by month."""

    __tablename__ = "child_access"
    __table_args__ = ({"postgresql_partition_by": "RANGE (occurred_at)"},)

    region_code: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(primary_key=True)
    access_id: Mapped[str] = mapped_column(ID, primary_key=True)
    reader_id: Mapped[str] = mapped_column(ID)
    reader_role: Mapped[str]
    session_id: Mapped[str]
    purpose: Mapped[str]
