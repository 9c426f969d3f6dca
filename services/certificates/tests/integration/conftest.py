from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from certificates.models import Base
from chassis import clock, tables
from chassis.database import Transactions
from chassis.testing import engine_of, service_database

ADDED_TO_ONLY = ("certificate_change", "certificate_access")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A migrated database of the service for the whole run."""
    with service_database("certificates") as url:
        yield engine_of(url)


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    """The service's own transactions on its database, emptied."""
    filled = [*reversed(Base.metadata.sorted_tables), tables.outbox, tables.inbox, tables.fact, tables.command]
    with engine.begin() as connection:
        for table in ADDED_TO_ONLY:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
        for table in dict.fromkeys(filled):
            connection.execute(table.delete())
        for table in ADDED_TO_ONLY:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER append_only"))
    return Transactions(engine)


@pytest.fixture
def clock_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the one clock to an instant."""

    def set_to(instant: datetime) -> None:
        (tmp_path / "clock").write_text(instant.isoformat(), encoding="utf-8")
        monkeypatch.setenv(clock.FILE_VARIABLE, str(tmp_path / "clock"))

    return set_to
