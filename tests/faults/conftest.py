"""The whole suite, two processes of each service, on servers that these tests may break."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from servers import Servers, own_servers
from town import Town, running_town


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with own_servers() as started:
        yield started


@pytest.fixture(scope="session")
def town(servers: Servers) -> Iterator[Town]:
    with ExitStack() as stack:
        with servers.in_use():
            running = stack.enter_context(running_town(servers))
        yield running
        with servers.in_use():
            stack.close()


@pytest.fixture(autouse=True)
def _these_servers(request: pytest.FixtureRequest) -> Iterator[None]:
    """`chassis.testing` asks for the servers at each use."""
    wanted = {"town", "servers"} & set(request.fixturenames)
    with request.getfixturevalue("servers").in_use() if wanted else nullcontext():
        yield
