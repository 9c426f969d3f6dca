"""The relay: everything recorded is delivered, in order, whoever carries it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from market.world import World, name, wait_for

from chassis.testing import RpcClient, ServiceProcess

CLIENTS, ORDERS_EACH = 6, 40


@pytest.fixture
def second_orders(world: World) -> Iterator[ServiceProcess]:
    process = world.suite.start("orders").ready()
    yield process
    world.suite.processes["orders"].remove(process)
    process.end()


def is_placed(client: RpcClient, fields: dict[str, str], **sent: str) -> bool:
    """False while the database has not noticed that a killed process was at work under this key."""
    reply = client.call("orders", "place_order", fields, timeout_seconds=20, **sent)
    assert reply["error"] is None or reply["error"]["exc_args"][0] == "operation_in_flight", reply
    return reply["error"] is None


def load(world: World, baskets: list[str]) -> Callable[[int], int]:
    def place(client_number: int) -> int:
        with world.suite.rpc("front") as client:
            for number in range(ORDERS_EACH):
                fields = {"basket_id": baskets[(client_number + number) % len(baskets)]}
                key = f"{baskets[0]}-{client_number}-{number}"
                wait_for(partial(is_placed, client, fields, token=world.token, key=key), 20)
        return ORDERS_EACH

    return place


def heard_of(world: World, baskets: list[str], heard: list[Any]) -> dict[str, list[int]]:
    versions = defaultdict(list)
    for properties, body in heard:
        if body["basket_id"] in baskets:
            versions[body["basket_id"]].append(properties.headers["version"])
    return versions


def ensure_no_gap(world: World) -> None:
    (row,) = world.rows(
        "orders",
        "SELECT count(*) AS events, count(DISTINCT position) AS numbered, min(position) AS first,"
        " max(position) AS last, count(published_at) AS published, (SELECT position FROM outbox_head) AS head"
        " FROM outbox",
    )
    assert row.first == 1
    assert {row.numbered, row.last, row.published, row.head} == {row.events}


def everything_is_published(world: World) -> bool:
    return not world.rows("orders", "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1")


def test_two_relays_under_load_keep_order_and_leave_no_gap(world: World, second_orders: ServiceProcess) -> None:
    baskets = [name() for _ in range(4)]
    with world.overheard() as so_far, ThreadPoolExecutor(CLIENTS) as clients:
        total = sum(clients.map(load(world, baskets), range(CLIENTS)))
        wait_for(lambda: everything_is_published(world), 20)
        heard = so_far()
    versions = heard_of(world, baskets, heard)
    each = total // len(baskets)
    assert versions == {basket: list(range(1, each + 1)) for basket in baskets}
    positions = [properties.headers["position"] for properties, _ in heard]
    assert positions == list(range(positions[0], positions[0] + len(positions)))
    ensure_no_gap(world)
    carried = [_published(process) for process in (world.orders, second_orders)]
    assert min(carried) > 0
    wait_for(lambda: all(world.effects(basket) == each for basket in baskets), 20)


def _published(process: ServiceProcess) -> float:
    import requests

    text = requests.get(f"{process.admin_url}/metrics", timeout=5).text
    return float(next(line for line in text.splitlines() if line.startswith("events_published_total")).split()[1])


def test_what_the_broker_has_not_confirmed_is_published_when_it_takes_it_again(world: World) -> None:
    basket = name()
    with world.without_exchange():
        event_id = world.placed(basket)
        wait_for(lambda: world.orders.logged("relay_failed"))
        (row,) = world.rows("orders", "SELECT published_at FROM outbox WHERE event_id = :id", id=event_id)
        assert row.published_at is None
    wait_for(lambda: everything_is_published(world), 15)
    wait_for(lambda: world.effects(basket) == 1)
    ensure_no_gap(world)


def test_a_relay_that_is_killed_under_load_loses_nothing(world: World, second_orders: ServiceProcess) -> None:
    baskets = [name() for _ in range(4)]
    with world.overheard() as so_far, ThreadPoolExecutor(CLIENTS) as clients:
        loads = clients.map(load(world, baskets), range(CLIENTS))
        wait_for(lambda: len(so_far()) > 30, 20)
        second_orders.kill()
        total = sum(loads)
        wait_for(lambda: everything_is_published(world), 20)
        heard = so_far()
    each = total // len(baskets)
    for versions in heard_of(world, baskets, heard).values():
        assert list(dict.fromkeys(versions)) == list(range(1, each + 1))
    ensure_no_gap(world)
    assert [world.purchases(basket) for basket in baskets] == [each] * 4
    wait_for(lambda: all(world.effects(basket) == each for basket in baskets), 20)
