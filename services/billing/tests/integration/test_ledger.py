"""What the database itself refuses, whoever asks."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from billing.commands import guard_partitions, ledger
from billing.domain import ledger as books
from billing.domain.ledger import Movement, Pocket
from billing.models import Contract, FundingProgramme, FundingRules, LedgerRoute, LedgerTransaction, Posting
from billing.models import Pocket as PocketRow
from chassis import clock
from chassis.database import Transactions
from chassis.migrations import ensure_partitions
from chassis.values import Amount

from .world import Child, World, new_id

MONDAY = date(2026, 10, 5)


@pytest.fixture
def funded(world: World) -> tuple[World, Child, Pocket, str]:
    """A world with one active contract: available 2838.95, held 7161.05, budget 990000.00."""
    world.open_programme()
    child, _, enrollment_id = world.enrol()
    pocket = Pocket(child.certificate_id, world.period_id, world.municipality_code)
    return world, child, pocket, world.contract(enrollment_id).contract_id


def movement(kind: str, pocket: Pocket, contract_id: str, programme_id: str, minor: int, **changes: Any) -> Movement:
    accounts = {
        books.OUTSIDE: books.outside(pocket.municipality_code),
        books.BUDGET: books.budget(programme_id),
        books.POCKET_AVAILABLE: books.available(pocket),
        books.POCKET_HELD: books.held(pocket, contract_id),
        books.PROVIDER_EARNED: books.earned("00000000-0000-4000-8000-000000000009", pocket),
    }
    source, target = books.ROUTES[kind]
    fields: dict[str, Any] = {
        "movement_id": new_id(),
        "kind": kind,
        "cause": "test",
        "source": accounts[source],
        "target": accounts[target],
        "amount": Amount(minor, "RUB"),
        "occurred_at": clock.now(),
        "actor": "test",
        "rule_version": 1,
    }
    return Movement(**fields | changes)


def post(world: World, *movements: Movement) -> None:
    with world.transactions.writing() as session:
        ledger.post(session, world.region_code, movements, clock.now())


def write(world: World, work: Callable[[Session], None]) -> None:
    with world.transactions.writing() as session:
        work(session)


Funded = tuple[World, Child, Pocket, str]


@pytest.mark.parametrize(
    ("kind", "minor"), [(books.HOLD, 283896), (books.DEBIT, 716106), (books.CREDIT, 99000001), (books.REVERSAL, 1)]
)
def test_no_balance_goes_below_nothing(funded: Funded, kind: str, minor: int) -> None:
    world, _, pocket, contract_id = funded
    before = world.balances()
    if kind == books.REVERSAL:
        pocket = Pocket(new_id(), pocket.period_id, pocket.municipality_code)
    with pytest.raises(IntegrityError):
        post(world, movement(kind, pocket, contract_id, world.programme_id, minor))
    assert world.balances() == before


@pytest.mark.parametrize(("kind", "minor"), [(books.HOLD, 283895), (books.DEBIT, 716105), (books.CREDIT, 99000000)])
def test_all_that_there_is_may_be_moved(funded: Funded, kind: str, minor: int) -> None:
    world, _, pocket, contract_id = funded
    post(world, movement(kind, pocket, contract_id, world.programme_id, minor))
    with world.transactions.reading() as session:
        assert ledger.differences(session, world.region_code) == []


def lines_of(session: Session, world: World, movement_id: str) -> list[dict[str, Any]]:
    query = select(Posting.__table__).where(
        Posting.region_code == world.region_code, Posting.transaction_id == movement_id
    )
    return [dict(row) for row in session.execute(query).mappings()]


def post_changed(world: World, lame: Movement, *changes: dict[str, Any]) -> None:
    """Post a movement whose lines were changed, or more of them added, before its transaction is recorded."""

    def write_it(session: Session) -> None:
        at = clock.now()
        both = ledger._lines(world.region_code, lame, at)
        lines = [{**line, **change} for line, change in zip(both, changes[:2], strict=True)]
        extra = [{**lines[-1], "line": 3 + number, **change} for number, change in enumerate(changes[2:])]
        session.execute(insert(Posting.__table__), [*lines, *extra])
        session.execute(insert(LedgerTransaction.__table__), [ledger._transaction(world.region_code, lame, at)])

    write(world, write_it)


def test_a_transaction_that_does_not_balance_is_refused(funded: Funded) -> None:
    world, child, pocket, contract_id = funded
    lame = movement(books.HOLD, pocket, contract_id, world.programme_id, 100)
    with pytest.raises(IntegrityError, match="does not balance"):
        post_changed(world, lame, {}, {}, {"amount_minor": 1})
    with pytest.raises(IntegrityError, match="does not balance"):
        post_changed(world, lame, {"amount_minor": -101}, {})
    assert world.pocket(child) == (283895, 716105)


def test_postings_of_another_kind_than_their_transaction_are_refused(funded: Funded) -> None:
    world, _, pocket, contract_id = funded
    hold = movement(books.HOLD, pocket, contract_id, world.programme_id, 100)
    turned = [{"kind": "release", "side": "to"}, {"kind": "release", "side": "from"}]
    amounts = [{"amount_minor": 100}, {"amount_minor": -100}]
    with pytest.raises(IntegrityError, match="are not of kind"):
        post_changed(world, hold, *(first | second for first, second in zip(turned, amounts, strict=True)))


def test_nothing_is_added_to_a_transaction_that_was_recorded(funded: Funded) -> None:
    world, _, pocket, contract_id = funded
    lame = movement(books.HOLD, pocket, contract_id, world.programme_id, 100)

    def add_a_kopeck(session: Session) -> None:
        ledger.post(session, world.region_code, [lame], clock.now())
        line = {**lines_of(session, world, lame.movement_id)[1], "line": 3, "amount_minor": 1}
        session.execute(insert(Posting.__table__).values(**line))

    with pytest.raises(IntegrityError, match="is sealed"):
        write(world, add_a_kopeck)
    assert world.pocket(funded[1]) == (283895, 716105)


def test_units_do_not_balance_each_other(funded: Funded) -> None:
    world, _, pocket, contract_id = funded
    mixed = movement(books.ALLOCATION, pocket, contract_id, world.programme_id, 100)

    outside = {"account": "outside", "municipality_code": world.municipality_code, "side": "from", "unit": "HOUR"}
    with pytest.raises(IntegrityError, match="does not balance"):
        post_changed(world, mixed, {}, {}, {**outside, "amount_minor": -100})


def test_a_transaction_without_postings_is_refused(world: World) -> None:
    with pytest.raises(IntegrityError, match="does not balance"), world.transactions.writing() as session:
        session.execute(
            insert(LedgerTransaction).values(
                region_code=world.region_code,
                recorded_at=clock.now(),
                transaction_id=new_id(),
                kind="hold",
                cause="test",
                details={},
                rule_version=1,
                actor="test",
                occurred_at=clock.now(),
            )
        )


def test_postings_need_their_transaction(funded: Funded) -> None:
    world, _, pocket, contract_id = funded
    real = movement(books.DEBIT, pocket, contract_id, world.programme_id, 100)
    post(world, real)
    unknown = {"transaction_id": new_id()}

    def copy_lines(session: Session) -> None:
        for line in lines_of(session, world, real.movement_id):
            session.execute(insert(Posting.__table__).values(**{**line, **unknown}))

    with pytest.raises(IntegrityError, match="no ledger transaction"):
        write(world, copy_lines)


@pytest.mark.parametrize("account", ["outside", "provider_earned", "budget", "cash"])
def test_the_database_knows_no_route_out_of_a_pocket_but_to_a_hold(funded: Funded, account: str) -> None:
    world, _, pocket, contract_id = funded

    def pay_out(session: Session) -> None:
        hold = movement(books.HOLD, pocket, contract_id, world.programme_id, 100)
        line = {**ledger._lines(world.region_code, hold, clock.now())[1], "account": account, "amount_minor": 7}
        named = {"programme_id": world.programme_id, "provider_id": new_id()}
        session.execute(insert(Posting.__table__).values(**{**line, **named}))

    with pytest.raises(IntegrityError, match=r"ledger_route|account_named"):
        write(world, pay_out)


def test_the_database_s_routes_are_those_of_the_domain(world: World) -> None:
    expected = {
        (kind, side, account)
        for kind, accounts in books.ROUTES.items()
        for side, account in zip(("from", "to"), accounts, strict=True)
    }
    query = select(LedgerRoute.kind, LedgerRoute.side, LedgerRoute.account)
    with world.transactions.reading() as session:
        assert set(session.execute(query).tuples()) == expected


@pytest.mark.parametrize("table", ["ledger_transaction", "posting", "ledger_reversal", "ledger_route"])
def test_what_was_posted_is_never_changed_removed_or_emptied(
    funded: Funded, administrator: Transactions, table: str
) -> None:
    world, _, pocket, contract_id = funded
    post(world, debit := movement(books.DEBIT, pocket, contract_id, world.programme_id, 1))
    post(world, movement(books.REVERSAL, pocket, contract_id, world.programme_id, 1, reverses=debit.movement_id))
    column = "transaction_id" if table != "ledger_route" else "kind"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        allowed = table == "ledger_route" and statement.startswith("UPDATE")
        refusal = "insert-only" if allowed else "permission denied"
        with pytest.raises(DBAPIError, match=refusal), world.transactions.writing() as session:
            session.execute(text(statement))
        with pytest.raises(DBAPIError, match="insert-only"), administrator.writing() as session:
            session.execute(text(statement))


def test_a_partition_is_guarded_like_the_whole(funded: Funded, administrator: Transactions) -> None:
    world = funded[0]
    with world.transactions.reading() as session:
        partitions = session.scalars(
            text(
                "SELECT inhrelid::regclass::text FROM pg_inherits"
                " WHERE inhparent IN ('posting'::regclass, 'ledger_transaction'::regclass)"
            )
        ).all()
    assert len(partitions) >= 10
    for partition in partitions:
        with pytest.raises(DBAPIError, match="permission denied"), world.transactions.writing() as session:
            session.execute(text(f"TRUNCATE {partition}"))
        with pytest.raises(DBAPIError, match="insert-only"), administrator.writing() as session:
            session.execute(text(f"TRUNCATE {partition}"))
        for statement in ("UPDATE {} SET kind = kind", "DELETE FROM {}"):
            with world.transactions.reading() as session:
                filled = session.scalar(text(f"SELECT count(*) FROM {partition}"))
            if filled:
                with pytest.raises(DBAPIError, match="insert-only"), administrator.writing() as session:
                    session.execute(text(statement.format(partition)))


def test_the_partitions_of_coming_months_are_guarded_too(fresh_transactions: Transactions) -> None:
    with fresh_transactions.writing() as session:
        bounds = "FROM ('2031-01-01') TO ('2031-02-01')"
        session.execute(text(f"CREATE TABLE posting_2031_01 PARTITION OF posting FOR VALUES {bounds}"))
        assert guard_partitions(session) == 1
        assert guard_partitions(session) == 0
    with pytest.raises(DBAPIError, match="permission denied"), fresh_transactions.writing() as session:
        session.execute(text("TRUNCATE posting_2031_01"))


def test_a_debit_is_reversed_once(funded: Funded) -> None:
    world, _, pocket, contract_id = funded
    post(world, debit := movement(books.DEBIT, pocket, contract_id, world.programme_id, 100))
    post(world, movement(books.REVERSAL, pocket, contract_id, world.programme_id, 100, reverses=debit.movement_id))
    with pytest.raises(IntegrityError, match="pk_ledger_reversal"):
        post(world, movement(books.REVERSAL, pocket, contract_id, world.programme_id, 100, reverses=debit.movement_id))


@pytest.mark.parametrize("cap", [{"certificates_max": 1}, {"nominal_sum_max_minor": 1999999}])
def test_no_cap_is_passed(funded: Funded, cap: dict[str, int]) -> None:
    world, _, pocket, contract_id = funded
    with world.transactions.writing() as session:
        session.execute(update(FundingRules).filter_by(region_code=world.region_code).values(**cap))
    with pytest.raises(IntegrityError, match="capped"):
        post(world, movement(books.CREDIT, pocket, contract_id, world.programme_id, 1000000))


def test_balances_thrown_away_are_rebuilt_from_the_postings(funded: Funded) -> None:
    world, child, pocket, contract_id = funded
    post(world, movement(books.DEBIT, pocket, contract_id, world.programme_id, 12345))
    right = (world.pocket(child), world.budget())
    with world.transactions.writing() as session:
        session.execute(delete(PocketRow).where(PocketRow.region_code == world.region_code))
        session.execute(
            update(FundingProgramme)
            .where(FundingProgramme.region_code == world.region_code)
            .values(available_minor=5, credited_minor=0, certificates_credited=77)
        )
        ledger.rebuild(session, world.region_code)
    assert (world.pocket(child), world.budget()) == right
    with world.transactions.reading() as session:
        assert ledger.differences(session, world.region_code) == []


def test_a_balance_that_was_tampered_with_is_found(funded: Funded) -> None:
    world, child, _, _ = funded
    with world.transactions.writing() as session:
        session.execute(
            update(PocketRow).where(PocketRow.region_code == world.region_code).values(available_minor=283894)
        )
        session.execute(
            update(FundingProgramme).where(FundingProgramme.region_code == world.region_code).values(available_minor=1)
        )
    with world.transactions.reading() as session:
        assert ledger.differences(session, world.region_code) == [
            f"budget {world.programme_id}",
            f"pocket {child.certificate_id}",
        ]


def test_one_contract_for_an_enrolment_in_a_period(funded: Funded) -> None:
    world = funded[0]

    def copy_contract(session: Session) -> None:
        row = session.execute(select(Contract.__table__).filter_by(region_code=world.region_code)).mappings().one()
        session.execute(insert(Contract.__table__).values(**{**row, "contract_id": new_id()}))

    with pytest.raises(IntegrityError, match="uq_contract"):
        write(world, copy_contract)


def test_making_the_coming_months_partitions_leaves_the_ledger_as_it_is(funded: Funded) -> None:
    world = funded[0]
    before = world.balances()
    with world.transactions.writing() as session:
        ensure_partitions(session.connection())
    assert world.balances() == before
