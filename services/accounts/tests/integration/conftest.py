from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from chassis import clock
from chassis.database import Transactions
from chassis.testing import engine_of, service_database

from .house import House, furnished


@pytest.fixture
def database_url() -> Iterator[str]:
    with service_database("accounts") as url:
        yield url


@pytest.fixture
def house(database_url: str) -> House:
    return house_at(database_url)


@pytest.fixture(scope="module")
def standing_house() -> Iterator[House]:
    """One house for all those tests of a module that leave nothing behind."""
    with service_database("accounts") as url:
        yield house_at(url)


def house_at(url: str) -> House:
    return furnished(Transactions(engine_of(url)), {"KRUZHOK_DATABASE_URL": url, "KRUZHOK_ENV": "test"})


@pytest.fixture
def clock_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the one clock to an instant."""

    def set_to(instant: datetime) -> None:
        (tmp_path / "clock").write_text(instant.isoformat(), encoding="utf-8")
        monkeypatch.setenv(clock.FILE_VARIABLE, str(tmp_path / "clock"))

    return set_to
