"""One market, the three services of `market/`, for all tests; each test finds it running."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "market" / "src"))

from market.world import World, running_market


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_market(tmp_path_factory.mktemp("market")) as world:
        yield world


@pytest.fixture
def world(market: World) -> Iterator[World]:
    market.revive()
    yield market
    for group in market.suite.processes.values():
        for process in group:
            process.signal(signal.SIGCONT)
