"""Whoever changes the ledger behind its back is found, and the row that was changed is named."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.orm import Session

from billing import commands
from billing.models import Credit
from billing.verification import CHECKS, Finding, verify
from chassis.cli import main as kruzhok
from chassis.database import Transactions
from chassis.testing import engine_of, infra, service_database
from chassis.values import Amount

from .changes import certificate_is, leftovers
from .test_periods import set_rules
from .world import Child, Group, World, rub

MONDAY = date(2026, 10, 5)
SEALED = "every transaction is as it was sealed"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with service_database("billing") as url:
        yield url


@pytest.fixture(scope="module")
def books(database: str) -> dict[str, str]:
    """Two children of one programme, one with a corrected mark: the names of rows by what they are."""
    return {}


@pytest.fixture
def sound(database: str, books: dict[str, str], clock_at: Any) -> tuple[World, dict[str, str]]:
    world = World(Transactions(engine_of(database)), "38")
    if not books:
        world.open_period()
        world.open_programme()
        child, group, enrollment_id = world.enrol()
        second, _, _ = world.enrol(group, Child())
        world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}, 1))
        world.hear(world.marked(group, MONDAY, {enrollment_id: "ill"}, 2))
        world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}, 3))
        with world.transactions.reading() as session:
            rows = session.execute(
                text(
                    "SELECT kind, chain_number, transaction_id::text, chain_id::text FROM ledger_transaction"
                    " WHERE kind = 'allocation' OR chain_id = :mine ORDER BY sequence"
                ),
                {"mine": child.certificate_id},
            ).all()
            credited = session.scalars(select(Credit.transaction_id).filter_by(certificate_id=second.certificate_id))
            books["credit_of_the_second"] = credited.one()
        books |= {f"{kind}{number}": transaction_id for kind, number, transaction_id, _ in rows}
        books |= {
            "certificate": child.certificate_id,
            "contract": world.contract(enrollment_id).contract_id,
            "period": world.period_id,
            "programme": world.programme_id or "",
        }
    return world, books


@pytest.fixture
def intruder(database: str) -> Iterator[Session]:
    """A superuser who switched all triggers off; nothing it does is kept."""
    server = make_url(infra().database_admin_url).set(drivername="postgresql+psycopg2")
    engine = create_engine(server.set(database=make_url(database).database))
    with Session(engine) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        yield session
        session.rollback()
    engine.dispose()


def findings(session: Session) -> dict[str, Finding]:
    return {each.check: each for each in verify(session)}


def test_a_ledger_that_nobody_touched_is_sound(sound: tuple[World, dict[str, str]]) -> None:
    world, books = sound
    kinds = ("allocation1", "credit1", "hold2", "debit3", "reversal4")
    assert set(kinds) < set(books)
    with world.transactions.reading() as session:
        assert verify(session) == []


TRANSACTION = "UPDATE ledger_transaction SET {} WHERE transaction_id = :{}"
POSTING = "UPDATE posting SET {} WHERE transaction_id = :{} AND line = {}"
EDITS = {
    "an amount and its counterpart": (
        "UPDATE posting SET amount_minor = amount_minor * 2 WHERE transaction_id = :debit3",
        SEALED,
        "debit3",
    ),
    "a provider": (POSTING.format("provider_id = gen_random_uuid()", "debit3", 2), SEALED, "debit3"),
    "a cause": (TRANSACTION.format("cause = 'gift'", "hold2"), SEALED, "hold2"),
    "the words to the parent": (TRANSACTION.format("details = details || '{\"x\": 1}'", "credit1"), SEALED, "credit1"),
    "an actor": (TRANSACTION.format("actor = 'nobody'", "allocation1"), SEALED, "allocation1"),
    "a time": (TRANSACTION.format("occurred_at = occurred_at - interval '1 day'", "debit3"), SEALED, "debit3"),
    "a digest": (TRANSACTION.format("digest = sha256('')", "hold2"), SEALED, "hold2"),
    "one line's amount": (
        POSTING.format("amount_minor = amount_minor + 1", "hold2", 2),
        "debits equal credits",
        "hold2",
    ),
    "a lost transaction": ("DELETE FROM ledger_transaction WHERE transaction_id = :debit3", SEALED, "reversal4"),
    "lost postings": ("DELETE FROM posting WHERE transaction_id = :debit3", SEALED, "debit3"),
    "a lost transaction's postings": (
        "DELETE FROM ledger_transaction WHERE transaction_id = :debit3",
        "every posting has its transaction",
        "debit3",
    ),
    "a cut chain": (
        "DELETE FROM ledger_transaction WHERE chain_id = :certificate AND chain_number >= 3",
        "every chain ends where it ended",
        "certificate",
    ),
    "a route": (
        POSTING.format("account = 'outside'", "debit3", 2),
        "money takes its routes",
        "debit3",
    ),
    "a pocket": (
        "UPDATE pocket SET available_minor = available_minor + 1 WHERE certificate_id = :certificate",
        "every pocket is the sum of its postings",
        "certificate",
    ),
    "a budget": (
        "UPDATE funding_programme SET available_minor = available_minor - 1 WHERE programme_id = :programme",
        "every budget is the sum of its postings",
        "programme",
    ),
    "a charge": (
        "UPDATE charge SET amount_minor = 1 WHERE charge_id = :debit3",
        "every debit has its charge",
        "debit3",
    ),
    "a lost charge": ("DELETE FROM charge WHERE charge_id = :debit3", "every debit has its charge", "debit3"),
    "a reversal forgotten": (
        "DELETE FROM ledger_reversal WHERE transaction_id = :reversal4",
        "every reversal takes back one charge, whole and once",
        "reversal4",
    ),
    "a credit": (
        "UPDATE credit SET amount_minor = 1 WHERE certificate_id = :certificate",
        "every credit is the nominal of its certificate",
        "certificate",
    ),
    "a nominal": (
        "UPDATE funding_rules SET nominal_minor = nominal_minor + 1 WHERE programme_id = :programme",
        "every credit is the nominal of its certificate",
        "certificate",
    ),
    "the rules of a nominal": (
        TRANSACTION.format("rule_version = 2", "credit1"),
        "every credit is the nominal of its certificate",
        "certificate",
    ),
    "a cap on certificates": (
        "UPDATE funding_rules SET certificates_max = 1 WHERE programme_id = :programme",
        "no credit passes a cap of its rules",
        "credit_of_the_second",
    ),
    "a cap on nominals": (
        "UPDATE funding_rules SET nominal_sum_max_minor = 1999999 WHERE programme_id = :programme",
        "no credit passes a cap of its rules",
        "credit_of_the_second",
    ),
    "a closed contract": (
        "UPDATE contract SET state = 'closed' WHERE contract_id = :contract",
        "every hold belongs to an open contract",
        "contract",
    ),
    "a share": (
        "UPDATE contract SET certificate_share_minor = 1, price_minor = 1 + parent_share_minor"
        " WHERE contract_id = :contract",
        "every hold belongs to an open contract",
        "contract",
    ),
    "a period": (
        "UPDATE funding_period SET ends_on = '2026-09-30', closes_at = '2026-10-01' WHERE period_id = :period",
        "nothing was posted into a closed period",
        "",
    ),
    "a carry": (
        "UPDATE posting SET account = 'carried' WHERE transaction_id = :credit1 AND line = 2",
        "nothing is left between two periods",
        "certificate",
    ),
    "a pocket's history": (
        "UPDATE posting SET kind = 'returned' WHERE transaction_id = :credit1 AND line = 2",
        "what came into a pocket is there or accounted for",
        "certificate",
    ),
    "a trigger": ("ALTER TABLE ledger_transaction DISABLE TRIGGER sealed", "the database guards the ledger", ""),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_is_found_and_named(sound: tuple[World, dict[str, str]], intruder: Session, edit: str) -> None:
    _, books = sound
    statement, check, named = EDITS[edit]
    parameters = {name: value for name, value in books.items() if f":{name}" in statement}
    if statement.startswith("ALTER"):
        intruder.execute(text("SET LOCAL session_replication_role = origin"))
        intruder.execute(text(statement))
    else:
        assert intruder.execute(text(statement), parameters).rowcount > 0  # type: ignore[attr-defined]
    found = findings(intruder)
    assert check in found
    assert books.get(named, "") in found[check].row


def test_every_check_can_fail() -> None:
    assert {check for _, check, _ in EDITS.values()} == set(CHECKS)


def test_caps_that_are_lowered_later_or_freed_by_a_return_were_not_passed(database: str, clock_at: Any) -> None:
    world = World(Transactions(engine_of(database)), "03")
    world.open_period()
    world.open_programme(certificates_max=3, nominal_sum_max=Amount(2_000_000, "RUB"))
    families = [world.enrol(Group(starts_on=MONDAY + timedelta(weeks=1))) for _ in range(3)]
    world.hear(certificate_is(world, families[0][0], "revoked"))
    leftovers(world)
    with world.transactions.writing() as session:
        assert commands.grant_waiting(session)
    assert [world.account(child)["credited"] for child, *_ in families] == [rub(1_000_000)] * 3
    set_rules(world, certificates_max=1, nominal_sum_max=rub(1), valid_from=date(2026, 10, 6))
    clock_at(datetime(2026, 10, 6, 2, tzinfo=UTC))
    with world.transactions.reading() as session:
        assert verify(session) == []


@pytest.fixture
def installation(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of an installation that has billing."""
    variables = {
        "KRUZHOK_ENV": "test",
        "KRUZHOK_DATABASE_URL": database,
        "KRUZHOK_AMQP_URL": "amqp://nobody:nothing@localhost:1/none",
        "KRUZHOK_TOKEN_PUBLIC_KEY_FILE": str(tmp_path / "key.pem"),
    }
    key = Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    lines = [f"{name}={value}" for name, value in variables.items()]
    (tmp_path / "billing.env").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("KRUZHOK_ENV_DIR", str(tmp_path))


@pytest.mark.usefixtures("installation")
def test_the_command_says_what_it_found_and_fails(
    sound: tuple[World, dict[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    world, books = sound
    assert kruzhok(["ledger", "verify"]) == 0
    assert "sound" in capfd.readouterr().out
    change = text("UPDATE pocket SET available_minor = available_minor + :more WHERE certificate_id = :certificate")
    for more in (1, -1):
        with world.transactions.writing() as session:
            session.execute(change, {"more": more, "certificate": books["certificate"]})
        if more == 1:
            assert kruzhok(["ledger", "verify"]) == 1
            assert books["certificate"] in capfd.readouterr().out


@pytest.mark.usefixtures("installation")
def test_the_command_knows_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    assert kruzhok(["ledger", "mend"]) == 2
    assert "verify" in capfd.readouterr().err
    with pytest.raises(SystemExit):
        kruzhok(["ledgers"])
