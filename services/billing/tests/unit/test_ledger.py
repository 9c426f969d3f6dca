from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain import ledger
from billing.domain.ledger import Account, Movement, Pocket
from billing.domain.statement import statement
from chassis.values import Amount

POCKET = Pocket("certificate", "period", "25701000")
AVAILABLE, HELD = ledger.available(POCKET), ledger.held(POCKET, "contract")
EARNED, BUDGET = ledger.earned("provider", POCKET), ledger.budget("programme")
OUTSIDE, CARRIED = ledger.outside("25701000"), ledger.carried(POCKET)
BY_KIND = {
    ledger.ALLOCATION: (OUTSIDE, BUDGET),
    ledger.CREDIT: (BUDGET, AVAILABLE),
    ledger.HOLD: (AVAILABLE, HELD),
    ledger.DEBIT: (HELD, EARNED),
    ledger.REVERSAL: (EARNED, HELD),
    ledger.RELEASE: (HELD, AVAILABLE),
    ledger.RETURNED: (AVAILABLE, BUDGET),
    ledger.CARRIED_OUT: (AVAILABLE, CARRIED),
    ledger.CARRIED_IN: (CARRIED, AVAILABLE),
}


def movement(kind: str, source: Account, target: Account, amount: int, **changes: Any) -> Movement:
    at = datetime(2026, 10, 5, tzinfo=UTC)
    return Movement("m", kind, "cause", source, target, Amount(amount, "RUB"), at, "actor", 1, **changes)


@pytest.mark.parametrize("kind", ledger.ROUTES)
def test_each_kind_of_movement_has_its_route(kind: str) -> None:
    source, target = BY_KIND[kind]
    assert movement(kind, source, target, 1).amount.minor == 1


@pytest.mark.parametrize("kind", ledger.ROUTES)
@pytest.mark.parametrize("source", BY_KIND.values())
def test_money_takes_no_other_route(kind: str, source: tuple[Account, Account]) -> None:
    if source == BY_KIND[kind]:
        source = (source[1], source[0])
    with pytest.raises(ValueError, match="does not go"):
        movement(kind, *source, 1)


def test_nothing_leads_from_a_certificate_to_anywhere_but_a_provider_its_budget_or_its_next_period() -> None:
    pocket = {ledger.POCKET_AVAILABLE, ledger.POCKET_HELD}
    exits = {target for source, target in ledger.ROUTES.values() if source in pocket} - pocket
    assert exits == {ledger.PROVIDER_EARNED, ledger.BUDGET, ledger.CARRIED}
    assert {target for source, target in ledger.ROUTES.values() if source == ledger.CARRIED} == {
        ledger.POCKET_AVAILABLE
    }
    assert ledger.OUTSIDE not in {target for _, target in ledger.ROUTES.values()}


@pytest.mark.parametrize("amount", [0, -1])
def test_a_movement_moves_something(amount: int) -> None:
    with pytest.raises(ValueError, match="credit of"):
        movement(ledger.CREDIT, BUDGET, AVAILABLE, amount)


pocket_kinds = st.sampled_from([kind for kind in ledger.ROUTES if kind != ledger.ALLOCATION])


@given(moves=st.lists(st.tuples(pocket_kinds, st.integers(1, 10**6))))
def test_the_pocket_identity_holds_whatever_is_posted(moves: list[tuple[str, int]]) -> None:
    sums: dict[tuple[str, str], int] = {}
    for kind, amount in moves:
        for account, signed in zip(ledger.ROUTES[kind], (-amount, amount), strict=True):
            sums[kind, account] = sums.get((kind, account), 0) + signed
    of_pocket = {key: total for key, total in sums.items() if key[1].startswith("pocket")}
    pocket = statement(of_pocket)
    assert pocket.credited + pocket.carried_in == (
        pocket.balance + pocket.held + pocket.spent + pocket.returned + pocket.carried_out
    )
    assert pocket.spent == sum(total for (_, account), total in sums.items() if account == ledger.PROVIDER_EARNED)
