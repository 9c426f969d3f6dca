"""What the broker lost, or never had, is read from the producer's log."""

import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from market import topology
from market.world import World, name, running_market, wait_for


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A market whose stock has never run."""
    directory: Path = tmp_path_factory.mktemp("young")
    with running_market(directory, ("orders", "stock"), instances={"stock": 0}) as world:
        yield world


@pytest.fixture
def world(young: World) -> World:
    """The same market, with its stock running."""
    if not young.suite.processes.get("stock"):
        young.suite.start("stock")
    young.revive()
    return young


def test_a_consumer_that_was_down_for_the_whole_history_catches_up(young: World) -> None:
    baskets = [name() for _ in range(230)]
    for basket in baskets:
        young.placed(basket)
    wait_for(lambda: young.waiting() == 230)
    with young.channel() as channel:
        channel.queue_purge(topology.QUEUE)
    young.suite.start("stock").ready()
    wait_for(lambda: young.rows("stock", "SELECT 1 FROM event_cursor WHERE position = 230"), 20)
    effects = young.rows("stock", "SELECT mark, count(*) FROM effect GROUP BY mark")
    assert dict(effects) == dict.fromkeys(baskets, 1)
    assert young.stock.logged("order_heard")


def test_an_event_that_the_broker_has_lost_still_takes_effect_once(world: World) -> None:
    basket = name()
    with world.unbound():
        world.placed(basket)
        assert world.effects(basket) == 0
        wait_for(lambda: world.effects(basket) == 1, 10)


def test_what_came_over_the_broker_moves_the_cursor_and_is_not_fetched_again(world: World) -> None:
    fetched = world.stock.logged("caught_up")
    baskets = [name() for _ in range(5)]
    for basket in baskets:
        world.placed(basket)
    (head,) = world.rows("orders", "SELECT max(position) AS position FROM outbox")
    wait_for(lambda: world.rows("stock", "SELECT 1 FROM event_cursor WHERE position >= :p", p=head.position), 10)
    assert world.stock.logged("caught_up") == fetched
    assert [world.effects(basket) for basket in baskets] == [1] * 5


def test_a_log_of_great_events_is_read_in_parts_that_the_broker_takes(world: World) -> None:
    baskets = [name() for _ in range(12)]
    with world.unbound():
        for basket in baskets:
            world.placed(basket, {"padding": "x" * 150_000})
        for basket in baskets:
            wait_for(lambda basket=basket: world.effects(basket) == 1, 20)
    assert not world.stock.logged("catch_up_failed")


def test_a_log_with_a_new_epoch_is_read_from_its_beginning(world: World) -> None:
    ahead, after = name(), name()
    with world.unbound():
        world.change("stock", "UPDATE event_cursor SET position = position + 100000")
        world.placed(ahead)
        world.placed(after)
        assert not _appears(world, ahead)
        world.change("orders", "UPDATE outbox_head SET epoch = gen_random_uuid()")
        wait_for(lambda: world.effects(ahead) == world.effects(after) == 1, 10)
    (cursor,) = world.rows("stock", "SELECT epoch, position FROM event_cursor")
    (head,) = world.rows("orders", "SELECT epoch, position FROM outbox_head")
    assert (str(uuid.UUID(cursor.epoch)), cursor.position) == (str(head.epoch), head.position)
    assert world.stock.logged("log_epoch_changed")
    counts = world.rows("stock", "SELECT DISTINCT count(*) FROM effect GROUP BY mark")
    assert counts == [(1,)]


def _appears(world: World, basket: str, seconds: float = 4) -> bool:
    try:
        return bool(wait_for(lambda: world.effects(basket), seconds))
    except AssertionError:
        return False


def test_an_event_from_the_log_that_kills_the_process_is_parked_too(world: World) -> None:
    with world.unbound():
        event_id = world.placed(name(), {"die": 99})
        deaths = 0
        while not world.inbox(event_id):
            assert world.stock.wait() == -signal.SIGKILL
            deaths += 1
            assert deaths <= 5
            world.change("stock", "UPDATE event_cursor SET leased_until = now()")
            world.stock.start()
            wait_for(lambda: not world.stock.running or world.inbox(event_id), 30, every=0.2)
        assert deaths == 5
        assert "ended the process 5 times" in world.inbox(event_id)[0].error
        after = name()
        world.placed(after)
        wait_for(lambda: world.effects(after) == 1, 20)
