"""Migrations and monthly partitions on a real database."""

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shop.models import Base
from sqlalchemy import Engine, func, select, text

from chassis import migrations, tables
from chassis.clock import FILE_VARIABLE
from chassis.testing import engine_of, service_database, wait_for


@pytest.fixture
def engine() -> Iterator[Engine]:
    with service_database("shop") as url:
        yield engine_of(url)


def _partitions_of(engine: Engine, table: str) -> set[str]:
    query = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:table AS regclass)")
    with engine.connect() as connection:
        return set(connection.scalars(query, {"table": table}))


def _month(offset: int) -> str:
    today = datetime.now(UTC)
    number = today.year * 12 + today.month - 1 + offset
    return f"{number // 12}_{number % 12 + 1:02d}"


def _outbox_row(occurred_at: datetime) -> dict[str, object]:
    return {
        "occurred_at": occurred_at,
        "event_id": str(uuid.uuid4()),
        "region_code": "38",
        "type": "shop.sold.v1",
        "subject": "pair",
        "version": 1,
        "data": {},
    }


def test_a_migrated_database_equals_the_models(engine: Engine) -> None:
    assert migrations.differences(engine, Base.metadata) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("ALTER TABLE shoe DROP CONSTRAINT ck_shoe_stock", "only in the models: constraint shoe.ck_shoe_stock"),
        ("ALTER TABLE shoe ALTER left_in_stock SET DEFAULT 1", "only in the database: column shoe.left_in_stock"),
        ("ALTER TABLE shoe ADD colour text", "only in the database: column shoe.colour text"),
        ("DROP INDEX ix_shoe_sold_out", "only in the models: index CREATE INDEX ix_shoe_sold_out"),
        ("DROP INDEX ix_outbox_subject", "only in the models: index CREATE INDEX ix_outbox_subject"),
        ("CREATE TABLE box (id int)", "only in the database: table box"),
        ("DROP TABLE inbox", "only in the models: table inbox by RANGE (occurred_at)"),
        ("CREATE SEQUENCE shelf", "only in the database: sequence shelf"),
    ],
)
def test_every_kind_of_drift_from_the_models_is_named(engine: Engine, change: str, line: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(change))
    assert any(difference.startswith(line) for difference in migrations.differences(engine, Base.metadata))


@pytest.mark.parametrize("table", ["outbox", "inbox", "sale"])
def test_last_month_this_month_and_the_next_two_have_partitions(engine: Engine, table: str) -> None:
    months = {f"{table}_{_month(offset)}" for offset in (-1, 0, 1, 2)}
    assert _partitions_of(engine, table) == months | {f"{table}_default"}


def test_the_log_starts_at_position_zero_with_an_epoch_of_its_own(engine: Engine) -> None:
    with engine.connect() as connection, service_database("shop") as other:
        head = connection.execute(select(tables.outbox_head)).one()
        with engine_of(other).connect() as elsewhere:
            other_head = elsewhere.execute(select(tables.outbox_head)).one()
    assert head.position == other_head.position == 0
    assert head.epoch != other_head.epoch


def test_the_outbox_counts_its_rows_by_the_sequence(engine: Engine) -> None:
    with engine.begin() as connection:
        for _ in range(3):
            connection.execute(tables.outbox.insert().values(_outbox_row(datetime.now(UTC))))
        assert list(connection.scalars(select(tables.outbox.c.sequence))) == [1, 2, 3]


def test_a_second_upgrade_changes_nothing() -> None:
    with service_database("shop") as url:
        migrations.upgrade("shop", url)
        assert migrations.differences(engine_of(url), Base.metadata) == []


def test_upgrades_at_once_wait_for_each_other_and_all_succeed() -> None:
    program = "import sys; from chassis import migrations; migrations.upgrade('shop', sys.argv[1])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = :here")
    with service_database("shop", migrate=False) as url:
        engine = engine_of(url)
        with engine.begin() as connection:
            here = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
            connection.execute(select(func.pg_advisory_xact_lock(migrations._UPGRADE_LOCK)))
            upgrades = [subprocess.Popen([sys.executable, "-c", program, url], env=environment) for _ in range(2)]
            wait_for(lambda: connection.scalar(waiting, {"here": here}) == 2, 30, "both wait for the lock")
        assert [process.wait(timeout=60) for process in upgrades] == [0, 0]
        assert migrations.differences(engine, Base.metadata) == []


def test_as_months_pass_partitions_are_added(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = tmp_path / "clock"
    clock.write_text((datetime.now(UTC).replace(day=1) + timedelta(days=32)).isoformat())
    monkeypatch.setenv(FILE_VARIABLE, str(clock))
    with engine.begin() as connection:
        added = migrations.ensure_partitions(connection)
    assert sorted(added) == [f"{table}_{_month(3)}" for table in ("inbox", "outbox", "sale")]
    with engine.begin() as connection:
        assert migrations.ensure_partitions(connection) == []


def test_rows_that_wait_in_the_default_partition_move_to_their_month(engine: Engine) -> None:
    this_month = f"outbox_{_month(0)}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {this_month}"))
        connection.execute(tables.outbox.insert().values(_outbox_row(datetime.now(UTC))))
        connection.execute(tables.outbox.insert().values(_outbox_row(datetime(2001, 1, 1, tzinfo=UTC))))
    with engine.begin() as connection:
        assert migrations.ensure_partitions(connection) == [this_month]
        counted = {
            name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in (this_month, "outbox_default")
        }
        total = connection.scalar(select(func.count()).select_from(tables.outbox))
    assert counted == {this_month: 1, "outbox_default": 1}
    assert total == 2


def test_two_processes_may_add_partitions_at_once(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE inbox_{_month(2)}"))
    added: list[list[str]] = []

    def ensure() -> None:
        with engine.begin() as connection:
            added.append(migrations.ensure_partitions(connection))

    threads = [threading.Thread(target=ensure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [[], [], [], [f"inbox_{_month(2)}"]]


def test_a_busy_table_does_not_stop_the_others(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE inbox_{_month(2)}, outbox_{_month(2)}"))
    with engine.begin() as reader, engine.begin() as connection:
        reader.execute(text("LOCK TABLE inbox_default IN ACCESS SHARE MODE"))
        connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
        assert migrations.ensure_partitions(connection) == [f"outbox_{_month(2)}"]
    with engine.begin() as connection:
        assert migrations.ensure_partitions(connection) == [f"inbox_{_month(2)}"]
