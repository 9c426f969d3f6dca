"""The ledger's vocabulary: accounts, the only routes that money may take, and movements along them.

Double entry: a movement takes an amount from one account and gives it to another. There is no route from a certificate
to anything but a provider's lesson, back to the budget, or the same certificate's next period.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.values import Amount

OUTSIDE = "outside"
BUDGET = "budget"
POCKET_AVAILABLE = "pocket_available"
POCKET_HELD = "pocket_held"
PROVIDER_EARNED = "provider_earned"
CARRIED = "carried"
ACCOUNTS = (OUTSIDE, BUDGET, POCKET_AVAILABLE, POCKET_HELD, PROVIDER_EARNED, CARRIED)

ALLOCATION, CREDIT, HOLD, RELEASE, DEBIT, REVERSAL = "allocation", "credit", "hold", "release", "debit", "reversal"
RETURNED, CARRIED_OUT, CARRIED_IN = "returned", "carried_out", "carried_in"
ROUTES = {
    ALLOCATION: (OUTSIDE, BUDGET),
    CREDIT: (BUDGET, POCKET_AVAILABLE),
    HOLD: (POCKET_AVAILABLE, POCKET_HELD),
    RELEASE: (POCKET_HELD, POCKET_AVAILABLE),
    DEBIT: (POCKET_HELD, PROVIDER_EARNED),
    REVERSAL: (PROVIDER_EARNED, POCKET_HELD),
    RETURNED: (POCKET_AVAILABLE, BUDGET),
    CARRIED_OUT: (POCKET_AVAILABLE, CARRIED),
    CARRIED_IN: (CARRIED, POCKET_AVAILABLE),
}
"""From which account to which each kind of movement goes. The database knows the same routes and no others."""


@dataclass(frozen=True)
class Account:
    """Where money is: its kind and what it belongs to. A held amount belongs to a pocket and a contract."""

    kind: str
    municipality_code: str | None = None
    programme_id: str | None = None
    certificate_id: str | None = None
    period_id: str | None = None
    contract_id: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True)
class Pocket:
    """The money of one certificate in one period from one payer."""

    certificate_id: str
    period_id: str
    municipality_code: str


def outside(municipality_code: str) -> Account:
    """The municipality's treasury, from which budgets are allocated."""
    return Account(OUTSIDE, municipality_code=municipality_code)


def budget(programme_id: str) -> Account:
    """The budget of a funding programme."""
    return Account(BUDGET, programme_id=programme_id)


def available(pocket: Pocket) -> Account:
    """What a pocket may still spend."""
    return Account(POCKET_AVAILABLE, pocket.municipality_code, None, pocket.certificate_id, pocket.period_id)


def held(pocket: Pocket, contract_id: str) -> Account:
    """What a pocket keeps for a contract."""
    return Account(
        POCKET_HELD, pocket.municipality_code, None, pocket.certificate_id, pocket.period_id, contract_id=contract_id
    )


def earned(provider_id: str, pocket: Pocket) -> Account:
    """What a provider earned from a payer in a period and was not paid yet."""
    return Account(PROVIDER_EARNED, pocket.municipality_code, period_id=pocket.period_id, provider_id=provider_id)


def carried(pocket: Pocket) -> Account:
    """A certificate's money between two periods; empty whenever a database transaction has ended."""
    return Account(CARRIED, pocket.municipality_code, None, pocket.certificate_id, pocket.period_id)


@dataclass(frozen=True)
class Movement:
    """An amount that goes from one account to another, why, on whose word, and what explains it to a parent.

    `occurred_at` is the moment of its cause, which may lie before the moment of its recording. `reverses` names the
    movement that it takes back.
    """

    movement_id: str
    kind: str
    cause: str
    source: Account
    target: Account
    amount: Amount
    occurred_at: datetime
    actor: str
    rule_version: int
    details: dict[str, Any] = field(default_factory=dict)
    reverses: str | None = None

    def __post_init__(self) -> None:
        if (self.source.kind, self.target.kind) != ROUTES[self.kind]:
            raise ValueError(f"{self.kind} does not go from {self.source.kind} to {self.target.kind}")
        if self.amount.minor <= 0:
            raise ValueError(f"{self.kind} of {self.amount.minor}")
