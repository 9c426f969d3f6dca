from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from certificates.models import Base
from chassis import tables
from chassis.database import Transactions
from chassis.testing import engine_of, service_database


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
        for table in dict.fromkeys(filled):
            connection.execute(table.delete())
    return Transactions(engine)
