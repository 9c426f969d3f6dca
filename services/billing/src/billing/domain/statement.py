"""The pocket identity: what went into a certificate's pocket is all still there or accounted for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing.domain import ledger


@dataclass(frozen=True)
class Statement:
    """A pocket in hundredths: credited + carried_in = balance + held + spent + returned + carried_out."""

    credited: int = 0
    carried_in: int = 0
    balance: int = 0
    held: int = 0
    spent: int = 0
    returned: int = 0
    carried_out: int = 0


def statement(sums: Mapping[tuple[str, str], int]) -> Statement:
    """The statement of a pocket from the sums of its postings, keyed by (kind of movement, account)."""
    return Statement(
        credited=sums.get((ledger.CREDIT, ledger.POCKET_AVAILABLE), 0),
        carried_in=sums.get((ledger.CARRIED_IN, ledger.POCKET_AVAILABLE), 0),
        balance=_total(sums, ledger.POCKET_AVAILABLE, ledger.ROUTES),
        held=_total(sums, ledger.POCKET_HELD, ledger.ROUTES),
        spent=-_total(sums, ledger.POCKET_HELD, (ledger.DEBIT, ledger.REVERSAL)),
        returned=-sums.get((ledger.RETURNED, ledger.POCKET_AVAILABLE), 0),
        carried_out=-sums.get((ledger.CARRIED_OUT, ledger.POCKET_AVAILABLE), 0),
    )


def _total(sums: Mapping[tuple[str, str], int], account: str, kinds: Iterable[str]) -> int:
    return sum(sums.get((kind, account), 0) for kind in kinds)
