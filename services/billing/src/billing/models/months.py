"""Contracts that are paid by the month, whatever the attendance: the plan, and what of it was debited."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Id, KeyId, Region, Small


class ContractMonth(Base):
    """A month of an active contract's frozen plan; `month_on` is its first day."""

    __tablename__ = "contract_month"
    __table_args__ = (
        ForeignKeyConstraint(["region_code", "contract_id"], ["contract.region_code", "contract.contract_id"]),
        CheckConstraint("EXTRACT(day FROM month_on) = 1", "first_day"),
        CheckConstraint("amount_minor >= 0", "amount_not_negative"),
    )
    region_code: Mapped[Region]
    contract_id: Mapped[KeyId]
    month_on: Mapped[date] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]


class MonthCharge(Base):
    """What a month of a contract charged. `charge_id` is the ledger's debit, `reversal_id` what took it back."""

    __tablename__ = "month_charge"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "contract_id", "month_on"],
            ["contract_month.region_code", "contract_month.contract_id", "contract_month.month_on"],
        ),
        UniqueConstraint("region_code", "contract_id", "month_on", "generation"),
        Index(
            "uq_month_charge_standing",
            "region_code",
            "contract_id",
            "month_on",
            unique=True,
            postgresql_where=text("reversal_id IS NULL"),
        ),
        CheckConstraint("amount_minor > 0", "amount_positive"),
    )
    region_code: Mapped[Region]
    charge_id: Mapped[KeyId]
    contract_id: Mapped[Id]
    month_on: Mapped[date]
    generation: Mapped[Small]
    amount_minor: Mapped[int]
    unit: Mapped[str]
    charged_at: Mapped[datetime]
    reversal_id: Mapped[Id | None]
