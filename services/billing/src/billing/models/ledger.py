"""The ledger's tables: insert-only, balanced, partitioned by month of recording. Its triggers are in the migration."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import UNIT, Base, Id, KeyId, KeyText, Region, Small

SEQUENCE = Sequence("ledger_sequence", metadata=Base.metadata)


class LedgerTransaction(Base):
    """One movement of money and its cause. `details` is what its sentence to a parent is made of.

    `sequence` grows in the order in which one certificate's movements were recorded. The last three columns are filled
    by a trigger, which checks that the postings balance: they are inserted first.
    """

    __tablename__ = "ledger_transaction"
    __table_args__ = ({"postgresql_partition_by": "RANGE (recorded_at)"},)
    region_code: Mapped[Region]
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    transaction_id: Mapped[KeyId]
    sequence: Mapped[int] = mapped_column(SEQUENCE, server_default=SEQUENCE.next_value())
    kind: Mapped[str]
    cause: Mapped[str]
    details: Mapped[dict[str, Any]]
    rule_version: Mapped[Small]
    actor: Mapped[str]
    occurred_at: Mapped[datetime]
    reverses: Mapped[Id | None]
    chain_id: Mapped[Id]
    chain_number: Mapped[int]
    digest: Mapped[bytes]


class LedgerChain(Base):
    """How far a chain of transactions has come: a certificate's, or, for allocations, a programme's.

    A trigger moves it when a transaction is recorded; each digest covers the one before it.
    """

    __tablename__ = "ledger_chain"
    region_code: Mapped[Region]
    chain_id: Mapped[KeyId]
    number: Mapped[int]
    digest: Mapped[bytes]


class LedgerRoute(Base):
    """On which side of which movement an account may stand: the only ways that money can go."""

    __tablename__ = "ledger_route"
    kind: Mapped[KeyText]
    side: Mapped[KeyText]
    account: Mapped[KeyText]


class Posting(Base):
    """One line of a transaction: a signed amount on an account. Side `from` is negative, side `to` positive.

    It is inserted before its transaction; a trigger checks when the database transaction commits that there is one.
    """

    __tablename__ = "posting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["kind", "side", "account"], ["ledger_route.kind", "ledger_route.side", "ledger_route.account"]
        ),
        CheckConstraint("amount_minor <> 0 AND (side = 'from') = (amount_minor < 0)", "signed_by_side"),
        CheckConstraint(UNIT, "unit_known"),
        CheckConstraint("line >= 1", "numbered"),
        CheckConstraint(
            "CASE account"
            " WHEN 'outside' THEN municipality_code IS NOT NULL"
            " WHEN 'budget' THEN programme_id IS NOT NULL"
            " WHEN 'pocket_available' THEN num_nulls(certificate_id, period_id, municipality_code) = 0"
            " WHEN 'pocket_held' THEN num_nulls(certificate_id, period_id, municipality_code, contract_id) = 0"
            " WHEN 'provider_earned' THEN num_nulls(provider_id, period_id, municipality_code) = 0"
            " WHEN 'carried' THEN num_nulls(certificate_id, period_id, municipality_code) = 0"
            " ELSE false END",
            "account_named",
        ),
        Index(
            "ix_posting_certificate",
            "region_code",
            "certificate_id",
            postgresql_where=text("certificate_id IS NOT NULL"),
        ),
        Index("ix_posting_programme", "region_code", "programme_id", postgresql_where=text("programme_id IS NOT NULL")),
        Index("ix_posting_provider", "region_code", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )
    region_code: Mapped[Region]
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    transaction_id: Mapped[KeyId]
    line: Mapped[Small] = mapped_column(primary_key=True)
    kind: Mapped[str]
    side: Mapped[str]
    account: Mapped[str]
    municipality_code: Mapped[str | None]
    programme_id: Mapped[Id | None]
    certificate_id: Mapped[Id | None]
    period_id: Mapped[Id | None]
    contract_id: Mapped[Id | None]
    provider_id: Mapped[Id | None]
    amount_minor: Mapped[int]
    unit: Mapped[str]


class LedgerReversal(Base):
    """Which transactions were reversed, and by which: each at most once."""

    __tablename__ = "ledger_reversal"
    region_code: Mapped[Region]
    reverses: Mapped[KeyId]
    transaction_id: Mapped[Id]
