from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from chassis import clock, tables
from chassis.database import Transactions
from chassis.testing import engine_of, service_database
from notifications.models import Base


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A migrated database of the service for the whole run."""
    with service_database("notifications") as url:
        yield engine_of(url)


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    """The service's own transactions on its database, emptied."""
    filled = [*reversed(Base.metadata.sorted_tables), tables.outbox, tables.inbox, tables.fact, tables.command]
    with engine.begin() as connection:
        for table in dict.fromkeys(filled):
            connection.execute(table.delete())
    return Transactions(engine)


@pytest.fixture
def clock_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the one clock."""

    def set_to(instant: datetime) -> None:
        (tmp_path / "clock").write_text(instant.isoformat(), encoding="utf-8")
        monkeypatch.setenv(clock.FILE_VARIABLE, str(tmp_path / "clock"))

    return set_to
