"""The prober of the fault tests catches what it is there for: planted in a database without its guards."""

import time
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from prober import CHECKS, Prober, violations
from servers import Servers
from sqlalchemy import Connection, text

from chassis import clock
from chassis.testing import engine_of, infra, service_database

REGION, PERIOD, PAYER = "38", str(uuid.uuid4()), "25701000"
CERTIFICATE, PROGRAMME, CONTRACT, PROVIDER = (str(uuid.uuid4()) for _ in range(4))
UNGUARD = """
ALTER TABLE pocket DROP CONSTRAINT ck_pocket_available_not_negative;
ALTER TABLE funding_programme DROP CONSTRAINT ck_funding_programme_never_overdrawn;
ALTER TABLE posting DISABLE TRIGGER USER;
ALTER TABLE ledger_transaction DISABLE TRIGGER USER;
SET session_replication_role = replica
"""
WHERE = {
    "outside": {"municipality_code": PAYER},
    "budget": {"programme_id": PROGRAMME},
    "pocket_available": {"certificate_id": CERTIFICATE, "period_id": PERIOD, "municipality_code": PAYER},
    "pocket_held": {
        "certificate_id": CERTIFICATE, "period_id": PERIOD, "municipality_code": PAYER, "contract_id": CONTRACT,
    },
    "provider_earned": {"provider_id": PROVIDER, "period_id": PERIOD, "municipality_code": PAYER},
}  # fmt: skip
ROUTES = {
    "allocation": ("outside", "budget"),
    "credit": ("budget", "pocket_available"),
    "hold": ("pocket_available", "pocket_held"),
    "debit": ("pocket_held", "provider_earned"),
}


def insert(connection: Connection, table: str, **values: object) -> None:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def move(connection: Connection, kind: str, amount: int, arrived: int | None = None, charged: bool = True) -> None:
    """One movement, postings and guards, as billing makes it; of which `arrived` arrives."""
    now, made = clock.now(), str(uuid.uuid4())
    common = {"region_code": REGION, "recorded_at": now, "transaction_id": made, "kind": kind}
    extra = {"cause": "planted", "details": "{}", "rule_version": 1, "actor": "test", "occurred_at": now}
    extra |= {"chain_id": CERTIFICATE, "chain_number": 1, "digest": b"unsealed"}
    insert(connection, "ledger_transaction", **common, **extra)
    source, target = ROUTES[kind]
    for line, (side, account, signed) in enumerate(
        [("from", source, -amount), ("to", target, amount if arrived is None else arrived)], start=1
    ):
        values = {"line": line, "side": side, "account": account, "amount_minor": signed, "unit": "RUB"}
        insert(connection, "posting", **common, **values, **WHERE[account])
        guard(connection, account, kind, signed)
    if kind == "debit" and charged:
        insert(
            connection, "charge", region_code=REGION, charge_id=made, contract_id=CONTRACT, lesson_id=str(uuid.uuid4()),
            generation=1, mark="present", amount_minor=amount, unit="RUB", charged_at=now,
        )  # fmt: skip


def guard(connection: Connection, account: str, kind: str, signed: int) -> None:
    """What the ledger's trigger would do."""
    if account == "budget":
        credited = -signed if kind == "credit" else 0
        connection.execute(
            text(
                "UPDATE funding_programme SET available_minor = available_minor + :signed,"
                " credited_minor = credited_minor + :credited"
            ),
            {"signed": signed, "credited": credited},
        )
    if account.startswith("pocket_"):
        column = f"{account.removeprefix('pocket_')}_minor"
        connection.execute(text(f"UPDATE pocket SET {column} = {column} + :s"), {"s": signed})


@pytest.fixture(scope="module")
def sound_books(servers: Servers) -> Iterator[tuple[str, Connection]]:
    """Billing's database without its guards, with sound books: 100 allocated, 50 credited, 30 held, 10 spent."""
    with servers.in_use(), service_database("billing") as url:
        parts = urlsplit(infra().database_admin_url)
        admin = engine_of(url.replace("billing:test", f"{parts.username}:{parts.password}"))
        with admin.connect() as connection:
            for statement in UNGUARD.split(";"):
                connection.execute(text(statement))
            insert(
                connection, "funding_programme", region_code=REGION, programme_id=PROGRAMME, municipality_code=PAYER,
                payer_name="Иркутск", period_id=PERIOD, category="children_5_17", category_name="дети", unit="RUB",
            )  # fmt: skip
            insert(
                connection, "funding_rules", region_code=REGION, programme_id=PROGRAMME, rule_version=1,
                valid_from="2026-09-01", valid_until="2027-08-31", nominal_minor=50, nominal_sum_max_minor=1000,
                charge="per_attended_lesson", absent_percent=100, ill_percent=0, excused_percent=0,
                copayment_allowed=True, remainder="burn", set_by="test", set_at=clock.now(),
            )  # fmt: skip
            insert(
                connection, "pocket", region_code=REGION, certificate_id=CERTIFICATE, period_id=PERIOD,
                municipality_code=PAYER, unit="RUB",
            )  # fmt: skip
            for kind, amount in (("allocation", 100), ("credit", 50), ("hold", 30), ("debit", 10)):
                move(connection, kind, amount)
            connection.commit()
            yield url, connection


@pytest.fixture
def books(sound_books: tuple[str, Connection]) -> Iterator[tuple[str, Connection]]:
    """The sound books, for a test to spoil."""
    yield sound_books
    sound_books[1].rollback()


PLANTED = {
    "a pocket is negative": lambda c: move(c, "hold", 21),
    "a budget is overdrawn or past a cap": lambda c: move(c, "credit", 51),
    "a transaction does not balance": lambda c: move(c, "debit", 5, arrived=4),
    "a posting has no transaction, or a transaction no postings": lambda c: c.execute(
        text("DELETE FROM ledger_transaction WHERE kind = 'hold'")
    ),
    "a pocket is not the sum of its postings": lambda c: c.execute(
        text("UPDATE pocket SET held_minor = held_minor + 1")
    ),
    "credited and carried in is not balance, held, spent, returned and carried out": lambda c: c.execute(
        text("DELETE FROM posting WHERE account = 'provider_earned'")
    ),
    "a budget is not the sum of its postings": lambda c: c.execute(
        text("UPDATE funding_programme SET available_minor = available_minor + 1")
    ),
    "a debit has no charge, or a charge no debit": lambda c: move(c, "debit", 5, charged=False),
    "a certificate is credited twice": lambda c: move(c, "credit", 1),
}


def test_sound_books_are_left_alone(books: tuple[str, Connection]) -> None:
    assert violations(books[1]) == []


def test_each_check_has_a_planted_violation() -> None:
    assert set(PLANTED) == set(CHECKS)


@pytest.mark.parametrize("check", PLANTED)
def test_a_planted_violation_is_seen(books: tuple[str, Connection], check: str) -> None:
    PLANTED[check](books[1])
    assert [each for each in violations(books[1]) if each.startswith(check)]


def test_the_thread_sees_what_lasts_for_half_a_second(books: tuple[str, Connection]) -> None:
    url, connection = books
    with Prober(url) as prober:
        time.sleep(0.5)
        assert prober.found == []
        connection.execute(text("UPDATE pocket SET available_minor = available_minor - 1"))
        connection.commit()
        time.sleep(0.5)
        connection.execute(text("UPDATE pocket SET available_minor = available_minor + 1"))
        connection.commit()
        time.sleep(0.3)
    assert prober.failure is None
    assert len(prober.seen_at) >= 4
    assert {each.split(": ")[0].partition(" ")[2] for each in prober.found} == {
        "a pocket is not the sum of its postings",
        "credited and carried in is not balance, held, spent, returned and carried out",
    }


def test_the_thread_says_for_how_long_it_saw_nothing(books: tuple[str, Connection]) -> None:
    url, connection = books
    with Prober(url) as prober:
        time.sleep(0.5)
        connection.execute(text("LOCK TABLE pocket"))
        locked_at = time.monotonic()
        time.sleep(1)
        assert prober.seen(locked_at + 0.1, time.monotonic()) == []
        connection.rollback()
        time.sleep(0.5)
    assert prober.failure is None
    assert prober.seen(locked_at + 1, time.monotonic())
    assert prober.longest_gap(locked_at, time.monotonic()) > 0.8


def test_a_thread_whose_look_failed_has_seen_nothing_since(books: tuple[str, Connection]) -> None:
    url, connection = books
    with Prober(url) as prober:
        for names in (("pocket", "purse"), ("purse", "pocket")):
            time.sleep(0.5)
            connection.execute(text("ALTER TABLE {} RENAME TO {}".format(*names)))
            connection.commit()
        renamed_at = time.monotonic()
        time.sleep(0.5)
    assert 'relation "pocket" does not exist' in str(prober.failure)
    assert prober.seen_at
    assert prober.seen(renamed_at, renamed_at + 0.5) == []
    assert prober.longest_gap(renamed_at, renamed_at + 0.5) == pytest.approx(0.5)


def test_an_uncommitted_change_is_nobody_s_business(books: tuple[str, Connection]) -> None:
    url, connection = books
    move(connection, "hold", 21)
    with engine_of(url).connect() as other:
        assert violations(other) == []
