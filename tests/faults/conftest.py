"""The whole suite, two processes of each service, on servers that these tests may break."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from families import Door, Family, Person
from prober import Prober
from races import ANSWER_SECONDS, CROWD, everything_adds_up, new_child, set_aside, side_by_side
from servers import Servers, own_servers
from town import Town, running_town

UNSEEN_SECONDS = 2
"""For how long the prober may see nothing in a race; it looks every 200 ms where others leave it the processor."""


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


@pytest.fixture(scope="session")
def door(town: Town) -> Door:
    """Where everybody in a race comes in."""
    return town.door()


@pytest.fixture(scope="session")
def crowd(town: Town, door: Door) -> list[Family]:
    """Families with a child each; made once, since sessions are slow to come by."""
    with town.servers.in_use():
        families = side_by_side([partial(town.family, door, "38")] * CROWD)
        children = side_by_side([partial(new_child, each) for each in families])
    for family, child_id in zip(families, children, strict=True):
        family.known["child_id"] = child_id
    return families


@pytest.fixture
def family(crowd: list[Family]) -> Family:
    """One of them, with a fresh session."""
    crowd[0].sign_in(crowd[0].email, crowd[0].password)
    return crowd[0]


@pytest.fixture
def provider(town: Town, door: Door) -> Person:
    """The owner of the sample's groups in Irkutsk."""
    return town.staff(door, "provider")


@pytest.fixture(scope="module")
def prober(town: Town) -> Iterator[Prober]:
    """Looks at the money during all races of a module."""
    with Prober(town.suite.database_url["billing"]) as looking:
        yield looking


@pytest.fixture
def adding_up(town: Town, door: Door, prober: Prober) -> Iterator[None]:
    """After the race: all sums, every snapshot, of which there were enough, and no answer that came late."""
    known, began_at = set_aside(town), time.monotonic()
    yield
    everything_adds_up(town, known)
    span = began_at, time.monotonic()
    assert prober.failure is None
    assert prober.found == []
    assert prober.seen(*span)
    assert prober.longest_gap(*span) < UNSEEN_SECONDS
    assert [sent for sent in door.journal if sent.seconds > ANSWER_SECONDS] == []
