from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from chassis import clock
from chassis.database import Transactions
from chassis.testing import engine_of, infra, service_database

from .world import World

Clock = Callable[[datetime], None]
MORNING = datetime(2026, 10, 5, 2, tzinfo=UTC)
"""Monday, ten o'clock in Irkutsk."""


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A migrated database of the service for each file; the ledger cannot be emptied, so nobody does."""
    with service_database("billing") as url:
        yield url


@pytest.fixture(scope="module")
def regions() -> Iterator[int]:
    """Numbers of regions that no test of the file has used: two digits are enough for 90 tests."""
    return count(10)


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(
        database_url, pool_size=10, max_overflow=0, connect_args={"options": "-c timezone=UTC -c lock_timeout=5000"}
    )
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def administrator(database_url: str) -> Iterator[Transactions]:
    """Transactions of the server's superuser, whom no right stops."""
    server = make_url(infra().database_admin_url).set(drivername="postgresql+psycopg2")
    engine = create_engine(server.set(database=make_url(database_url).database))
    yield Transactions(engine)
    engine.dispose()


@pytest.fixture
def fresh_transactions() -> Iterator[Transactions]:
    """A database of one test's own."""
    with service_database("billing") as url:
        yield Transactions(engine_of(url))


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    return Transactions(engine)


@pytest.fixture(autouse=True)
def clock_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the clock; every test begins on a Monday morning of October 2026."""
    file = tmp_path / "clock"

    def set_to(instant: datetime) -> None:
        file.write_text(instant.isoformat(), encoding="utf-8")

    set_to(MORNING)
    monkeypatch.setenv(clock.FILE_VARIABLE, str(file))
    return set_to


@pytest.fixture
def world(transactions: Transactions, regions: Iterator[int]) -> World:
    """A region of the test's own: nothing in it concerns another test."""
    world = World(transactions, f"{next(regions)}")
    world.open_period()
    return world
