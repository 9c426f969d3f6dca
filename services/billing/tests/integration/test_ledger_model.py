"""Whatever is posted, the ledger does as a model of sixty lines says, and refuses what the model refuses."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import IntegrityError

from billing.commands import ledger
from billing.domain import ledger as books
from billing.domain.statement import statement
from billing.models import Certificate, FundingPeriod, FundingProgramme, FundingRules, Pocket
from billing.verification import CHECKS
from chassis import clock
from chassis.database import Transactions
from chassis.testing import service_database
from chassis.values import Amount

from .conftest import MORNING
from .world import ZONE, new_id

AMOUNTS = st.integers(1, 500)
WHICH = st.integers(0, 3)
PAYER = "25701000"
REGIONS = count(10)
MODELLED = {name: query for name, query in CHECKS.items() if "charge" not in name and "contract" not in name}
MODELLED.pop("every credit is the nominal of its certificate")


class Model:
    """Budgets by period (0, 1), pockets by (certificate, period), holds by pocket, debits: plain numbers."""

    def __init__(self) -> None:
        self.budget = [0, 0]
        self.available = {(child, period): 0 for child in range(2) for period in range(2)}
        self.held = dict(self.available)
        self.debits: list[tuple[str, tuple[int, int], int]] = []
        self.reversed: set[str] = set()

    def move(self, kind: str, pocket: tuple[int, int], amount: int, debit: str | None = None) -> bool:
        """Do it, or say that it can not be done."""
        before = (list(self.budget), dict(self.available), dict(self.held))
        child, period = pocket
        if kind == books.ALLOCATION:
            self.budget[period] += amount
        elif kind in (books.CREDIT, books.RETURNED):
            signed = amount if kind == books.CREDIT else -amount
            self.budget[period] -= signed
            self.available[pocket] += signed
        elif kind in (books.HOLD, books.RELEASE):
            signed = amount if kind == books.HOLD else -amount
            self.available[pocket] -= signed
            self.held[pocket] += signed
        elif kind == books.DEBIT:
            self.held[pocket] -= amount
        elif kind == books.REVERSAL:
            if debit in self.reversed:
                return False
            self.held[pocket] += amount
        else:
            self.available[pocket] -= amount
            self.available[child, 1] += amount
        if min(*self.budget, *self.available.values(), *self.held.values()) < 0:
            self.budget, self.available, self.held = before
            return False
        return True


class Ledger(RuleBasedStateMachine):
    """The real ledger beside the model. Every step is tried on both; they agree on what is allowed and on the sums."""

    transactions: Transactions

    def __init__(self) -> None:
        super().__init__()
        self.region, self.model = f"{next(REGIONS)}", Model()
        self.periods, self.programmes = [new_id(), new_id()], [new_id(), new_id()]
        self.certificates, self.contract, self.provider = [new_id(), new_id()], new_id(), new_id()
        with self.transactions.writing() as session:
            for table, rows in self._rows():
                session.execute(insert(table), rows)

    def _rows(self) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
        region = {"region_code": self.region}
        days = [(date(2026, 9, 1), date(2027, 8, 31)), (date(2027, 9, 1), date(2028, 8, 31))]
        closes = [datetime(each[1].year, 9, 30, 16, tzinfo=UTC) for each in days]
        both = range(2)
        yield (
            FundingPeriod,
            [
                {**region, "period_id": self.periods[n], "starts_on": days[n][0], "ends_on": days[n][1]}
                | {"closes_at": closes[n], "time_zone": ZONE}
                for n in both
            ],
        )
        yield (
            FundingProgramme,
            [
                {**region, "programme_id": self.programmes[n], "municipality_code": PAYER, "payer_name": "П"}
                | {"period_id": self.periods[n], "category": "c", "category_name": "к", "unit": "RUB"}
                for n in both
            ],
        )
        percents = {f"{name}_percent": 0 for name in ("absent", "ill", "excused")}
        yield (
            FundingRules,
            [
                {**region, "programme_id": self.programmes[n], "rule_version": 1, "valid_from": days[n][0], **percents}
                | {"valid_until": days[n][1], "nominal_minor": 1, "charge": "per_attended_lesson", "remainder": "burn"}
                | {"copayment_allowed": True, "set_by": "test", "set_at": clock.now()}
                for n in both
            ],
        )
        yield (
            Certificate,
            [
                {**region, "certificate_id": each, "child_id": new_id(), "payer_municipality_code": PAYER}
                | {"valid_until": date(2034, 1, 1), "fact_version": 1}
                for each in self.certificates
            ],
        )
        yield (
            Pocket,
            [
                {
                    **region,
                    "certificate_id": each,
                    "period_id": self.periods[n],
                    "municipality_code": PAYER,
                    "unit": "RUB",
                }
                for each in self.certificates
                for n in both
            ],
        )

    def _movements(self, kind: str, which: tuple[int, int], amount: int, debit: str | None) -> list[books.Movement]:
        child, period = which
        pocket = books.Pocket(self.certificates[child], self.periods[period], PAYER)
        following = books.Pocket(self.certificates[child], self.periods[1], PAYER)
        accounts = {
            books.OUTSIDE: books.outside(PAYER),
            books.BUDGET: books.budget(self.programmes[period]),
            books.POCKET_AVAILABLE: books.available(pocket),
            books.POCKET_HELD: books.held(pocket, self.contract),
            books.PROVIDER_EARNED: books.earned(self.provider, pocket),
            books.CARRIED: books.carried(pocket),
        }

        def movement(kind: str, accounts: dict[str, books.Account]) -> books.Movement:
            source, target = (accounts[name] for name in books.ROUTES[kind])
            money, now = Amount(amount, "RUB"), clock.now()
            return books.Movement(new_id(), kind, "test", source, target, money, now, "test", 1, reverses=debit)

        if kind != books.CARRIED_OUT:
            return [movement(kind, accounts)]
        there = accounts | {
            books.POCKET_AVAILABLE: books.available(following),
            books.CARRIED: books.carried(following),
        }
        return [movement(kind, accounts), movement(books.CARRIED_IN, there)]

    def _try(self, kind: str, which: int, amount: int, debit: str | None = None) -> None:
        pocket = (which % 2, 0 if kind in (books.CREDIT, books.CARRIED_OUT) else which // 2)
        movements = self._movements(kind, pocket, amount, debit)
        allowed = self.model.move(kind, pocket, amount, debit)
        try:
            with self.transactions.writing() as session:
                ledger.post(session, self.region, movements, clock.now())
        except IntegrityError:
            assert not allowed, f"the ledger refused {kind} of {amount}"
            return
        assert allowed, f"the ledger allowed {kind} of {amount}"
        if kind == books.DEBIT:
            self.model.debits.append((movements[0].movement_id, pocket, amount))
        if debit:
            self.model.reversed.add(debit)

    @rule(which=WHICH, amount=st.integers(1, 3000))
    def allocate(self, which: int, amount: int) -> None:
        self._try(books.ALLOCATION, which, amount)

    @rule(which=WHICH, amount=AMOUNTS)
    def credit(self, which: int, amount: int) -> None:
        self._try(books.CREDIT, which, amount)

    @rule(which=WHICH, amount=AMOUNTS)
    def hold(self, which: int, amount: int) -> None:
        self._try(books.HOLD, which, amount)

    @rule(which=WHICH, amount=AMOUNTS)
    def release(self, which: int, amount: int) -> None:
        self._try(books.RELEASE, which, amount)

    @rule(which=WHICH, amount=AMOUNTS)
    def debit(self, which: int, amount: int) -> None:
        self._try(books.DEBIT, which, amount)

    @precondition(lambda self: self.model.debits)
    @rule(number=st.integers(0, 50))
    def reverse(self, number: int) -> None:
        debit, (child, period), amount = self.model.debits[number % len(self.model.debits)]
        self._try(books.REVERSAL, child + 2 * period, amount, debit)

    @rule(which=WHICH, amount=AMOUNTS)
    def give_back(self, which: int, amount: int) -> None:
        self._try(books.RETURNED, which, amount)

    @rule(which=WHICH, amount=AMOUNTS)
    def carry_over(self, which: int, amount: int) -> None:
        self._try(books.CARRIED_OUT, which, amount)

    @invariant()
    def the_sums_are_the_model_s(self) -> None:
        with self.transactions.reading() as session:
            region = {"region": self.region}
            pockets = session.execute(
                text("SELECT certificate_id::text, period_id::text, available_minor, held_minor FROM pocket"
                     " WHERE region_code = :region"), region,
            ).all()  # fmt: skip
            query = "SELECT programme_id::text, available_minor FROM funding_programme WHERE region_code = :region"
            budgets = dict(session.execute(text(query), region).tuples().all())
        for certificate_id, period_id, available, held in pockets:
            key = (self.certificates.index(certificate_id), self.periods.index(period_id))
            assert (available, held) == (self.model.available[key], self.model.held[key])
        assert [budgets[each] for each in self.programmes] == self.model.budget

    def teardown(self) -> None:
        """All that was posted verifies, adds up to nothing, and every pocket's identity holds."""
        with self.transactions.reading() as session:
            found = {
                check: row
                for check, query in MODELLED.items()
                if (row := session.execute(text(f"SELECT * FROM ({query}) AS found LIMIT 1")).first())
            }
            total = session.scalar(text("SELECT coalesce(sum(amount_minor), 0) FROM posting"))
            sums = session.execute(
                text("SELECT certificate_id, period_id, kind, account, sum(amount_minor)::bigint FROM posting"
                     " WHERE region_code = :region AND account LIKE 'pocket%' GROUP BY 1, 2, 3, 4"),
                {"region": self.region},
            ).all()  # fmt: skip
        assert (found, total) == ({}, 0)
        for pocket in {row[:2] for row in sums}:
            said = statement({(row[2], row[3]): row[4] for row in sums if row[:2] == pocket})
            outgoing = said.balance + said.held + said.spent + said.returned + said.carried_out
            assert said.credited + said.carried_in == outgoing


@pytest.mark.parametrize(("examples", "steps"), [(5, 25), pytest.param(100, 50, marks=pytest.mark.long)])
def test_the_ledger_does_as_its_model(clock_at: Any, examples: int, steps: int) -> None:
    clock_at(MORNING + timedelta(hours=1))
    with service_database("billing") as url:
        engine = create_engine(url, connect_args={"options": "-c timezone=UTC"})
        Ledger.transactions = Transactions(engine)
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            Ledger,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        engine.dispose()


@pytest.mark.parametrize("kind", [kind for kind in books.ROUTES if kind != books.CARRIED_IN])
def test_the_model_knows_every_movement(kind: str) -> None:
    """Each is possible from a full house and, but for an allocation, not from an empty one."""
    model = Model()
    assert model.move(kind, (0, 0), 1, "d") is (kind in (books.ALLOCATION, books.REVERSAL))
    full = Model()
    full.budget, full.available, full.held = [9, 9], dict.fromkeys(full.held, 9), dict.fromkeys(full.held, 9)
    assert full.move(kind, (0, 0), 9, "d")
