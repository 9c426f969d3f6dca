"""Broker and database fail as a whole; nothing is lost, and everything recovers by itself."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from market.servers import BROKER, DATABASE, Servers, own_servers
from market.world import World, name, new_event, running_market, wait_for


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with own_servers() as started:
        yield started


@pytest.fixture(scope="module")
def suite(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory: Path = tmp_path_factory.mktemp("faults")
    with running_market(directory) as world:
        yield world


@pytest.fixture
def world(suite: World) -> World:
    suite.revive()
    return suite


def order(world: World, basket: str, key: str = "") -> requests.Response:
    return world.http("orders/place_order", {"basket_id": basket}, **{"Idempotency-Key": key or name("key")})


def is_ready(world: World) -> bool:
    return all(each.is_ready() for each in (world.front, world.orders, world.stock))


def test_when_the_broker_s_data_is_deleted_what_was_sent_still_takes_effect(world: World, servers: Servers) -> None:
    assert world.stock.term() == 0
    baskets = [name() for _ in range(20)]
    for basket in baskets:
        world.placed(basket)
    wait_for(lambda: world.waiting() == 20)
    servers.lose_broker_data(world.suite.vhost)
    assert world.waiting() == 0
    wait_for(lambda: world.front.is_ready() and world.orders.is_ready(), 15)
    world.stock.start()
    wait_for(lambda: all(world.effects(basket) == 1 for basket in baskets), 20)
    after = name()
    assert order(world, after).ok
    wait_for(lambda: world.effects(after) == 1)
    assert {world.effects(basket) for basket in baskets} == {1}


def test_while_the_own_database_is_away_for_20_s_nothing_is_parked_and_it_heals_within_10_s(
    world: World, servers: Servers
) -> None:
    baskets, pid = [name() for _ in range(12)], world.stock.pid
    servers.stop(DATABASE)
    stopped_at = time.monotonic()
    world.publish(*(new_event(basket) for basket in baskets))
    reply = world.ask("stock", "take", {"mark": baskets[0]})
    assert (reply["error"]["exc_type"], reply["error"]["exc_args"][0]) == ("Unavailable", "database_unavailable")
    wait_for(lambda: requests.get(f"{world.stock.admin_url}/health/ready", timeout=5).status_code == 503)
    assert requests.get(f"{world.stock.admin_url}/health/live", timeout=5).ok
    assert order(world, name()).status_code == 503
    time.sleep(max(0.0, 20 - (time.monotonic() - stopped_at)))
    servers.start(DATABASE)
    began_at = time.monotonic()
    wait_for(lambda: all(world.effects(basket) == 1 for basket in baskets), 10)
    wait_for(lambda: is_ready(world), 10 - (time.monotonic() - began_at))
    assert world.rows("stock", "SELECT * FROM inbox WHERE state <> 'done'") == []
    assert world.waiting() == 0
    assert world.stock.pid == pid
    after = name()
    assert order(world, after).ok
    wait_for(lambda: world.effects(after) == 1)


def test_during_a_memory_alarm_requests_get_503_in_time_and_then_all_recovers(world: World, servers: Servers) -> None:
    tried: list[tuple[str, str]] = []
    servers.rabbitmqctl("set_vm_memory_high_watermark", "0.0001")
    try:
        ends_at = time.monotonic() + 10
        while time.monotonic() < ends_at:
            tried.append((name(), name("key")))
            began_at = time.monotonic()
            assert order(world, *tried[-1]).status_code == 503
            assert time.monotonic() - began_at < 6
            time.sleep(0.5)
        assert requests.get(f"{world.front.admin_url}/health/ready", timeout=5).status_code == 503
    finally:
        servers.rabbitmqctl("set_vm_memory_high_watermark", "absolute", "1GB")
    wait_for(lambda: order(world, name()).ok, 10, every=0.5)
    wait_for(lambda: is_ready(world), 10)
    assert len(tried) > 5
    for basket, key in tried:
        assert order(world, basket, key).ok
    assert [world.purchases(basket) for basket, _ in tried] == [1] * len(tried)
    wait_for(lambda: all(world.effects(basket) == 1 for basket, _ in tried), 15)


def test_a_process_whose_broker_is_away_stops_at_once_and_starts_again_when_it_is_back(
    world: World, servers: Servers
) -> None:
    servers.stop(BROKER)
    try:
        assert order(world, name()).status_code == 503
        wait_for(lambda: not world.orders.is_ready())
        began_at = time.monotonic()
        assert world.stock.term() == 0
        assert time.monotonic() - began_at < 5
        world.stock.start()
    finally:
        servers.start(BROKER)
    basket = name()
    wait_for(lambda: order(world, basket, f"key-{basket}").ok, 15, every=0.5)
    world.stock.ready()
    wait_for(lambda: world.effects(basket) == 1)
