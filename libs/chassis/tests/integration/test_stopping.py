"""A process that is asked to stop finishes what it has begun, and takes no longer than it was allowed."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from market.world import World, name, wait_for

from chassis.testing import ServiceProcess

DRAIN_SECONDS = 2
AT_WORK_SECONDS = 7


def busy(process: ServiceProcess) -> bool:
    """Whether a worker is at something that takes longer than a look of the timers."""

    def look() -> bool:
        return "\nworkers_busy 0.0\n" not in requests.get(f"{process.admin_url}/metrics", timeout=5).text

    return look() and not time.sleep(0.3) and look()


def test_a_call_that_is_at_work_is_answered_and_has_one_effect(world: World) -> None:
    basket, key = name(), name("key")
    fields = {"basket_id": basket, "wish": {"sleep": 3}}
    sent = world.client.send("orders", "place_order", fields, token=world.token, key=key, timeout_seconds=10)
    wait_for(lambda: busy(world.orders), 2)
    world.orders.signal(signal.SIGTERM)
    answer = world.client.reply_to(sent, "place_order", 10)
    assert answer["error"] is None
    assert world.orders.wait() == 0
    world.revive()
    assert world.ask("orders", "place_order", fields, token=world.token, key=key) == answer
    assert world.purchases(basket) == 1


def test_a_request_over_http_that_is_at_work_is_answered(world: World) -> None:
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(world.http, "stock/nap?timeout=8", {"seconds": 3})
        wait_for(lambda: busy(world.stock), 2)
        world.front.signal(signal.SIGTERM)
        answer = asked.result()
    assert answer.status_code == 200
    assert answer.headers["Connection"] == "close"
    assert world.front.wait() == 0


@pytest.fixture
def impatient_stock(world: World) -> Iterator[ServiceProcess]:
    """The stock, which may take two seconds to stop."""
    usual = world.stock.environment
    world.stock.term()
    world.stock.environment = usual | {"KRUZHOK_DRAIN_SECONDS": str(DRAIN_SECONDS)}
    world.stock.start()
    yield world.stock.ready()
    world.stock.end()
    world.stock.environment = usual


def test_what_takes_longer_than_the_drain_is_cut_short_and_done_once_later(
    world: World, impatient_stock: ServiceProcess
) -> None:
    basket = name()
    event_id = world.placed(basket, {"sleep": AT_WORK_SECONDS})
    wait_for(lambda: world.attempts(event_id) == 1)
    began_at = time.monotonic()
    impatient_stock.signal(signal.SIGTERM)
    impatient_stock.wait(AT_WORK_SECONDS)
    assert DRAIN_SECONDS <= time.monotonic() - began_at < DRAIN_SECONDS + 2
    assert [line["after_seconds"] for line in impatient_stock.logged("drain_cut_short")[-1:]] == [DRAIN_SECONDS]
    assert world.effects(basket) == 0
    impatient_stock.start()
    wait_for(lambda: world.effects(basket) == 1, 30)
    assert world.attempts(event_id) == 2
