"""Remote calls: nobody waits past the deadline, and no message ends a process."""

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pika
import pytest
import requests
from market.world import BUYER, World, name, wait_for

from chassis.context import Actor
from chassis.testing import ServiceProcess, free_port

EVENT_HEADERS = {
    "ce-id", "ce-type", "ce-source", "ce-time", "ce-subject", "ce-specversion", "version", "position", "region",
    "traceparent", "correlation-id",
}  # fmt: skip


@pytest.fixture
def paused_stock(world: World) -> Iterator[World]:
    world.stock.signal(signal.SIGSTOP)
    yield world
    world.stock.signal(signal.SIGCONT)
    wait_for(lambda: world.http("stock/report", {"size": 10}).ok, 20)


def timed(world: World, path: str, **fields: Any) -> tuple[float, requests.Response]:
    began_at = time.monotonic()
    response = world.http(path, fields)
    return time.monotonic() - began_at, response


def test_the_caller_of_a_frozen_service_is_answered_in_time_and_nothing_is_left_pending(paused_stock: World) -> None:
    seconds, response = timed(paused_stock, "stock/report?timeout=1.5", size=10)
    assert (response.status_code, response.json()["code"]) == (503, "neighbour_timed_out")
    assert 1.4 < seconds < 3
    assert paused_stock.pending() == 0


def test_after_five_timeouts_in_a_row_calls_fail_at_once_until_the_service_answers_again(paused_stock: World) -> None:
    for _ in range(5):
        assert timed(paused_stock, "stock/report?timeout=0.2", size=10)[1].json()["code"] == "neighbour_timed_out"
    seconds, response = timed(paused_stock, "stock/report?timeout=5", size=10)
    assert (response.status_code, response.json()["code"]) == (503, "neighbour_not_answering")
    assert seconds < 1
    assert timed(paused_stock, "nobody/anything", size=10)[1].json()["code"] == "service_unknown"
    paused_stock.stock.signal(signal.SIGCONT)
    wait_for(lambda: paused_stock.http("stock/report", {"size": 10}).ok, 4)


def test_when_the_connection_is_lost_waiting_calls_fail_at_once_and_the_next_succeed(world: World) -> None:
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(timed, world, "stock/nap?timeout=20", seconds=3)
        wait_for(lambda: world.pending() == 1)
        cut_at = time.monotonic()
        assert world.cut("front")
        _, response = waiting.result()
        assert (response.status_code, response.json()["code"]) == (503, "broker_unavailable")
        assert time.monotonic() - cut_at < 2
    wait_for(lambda: world.http("stock/report", {"size": 10}).ok, 5)
    assert world.pending() == 0


@pytest.fixture
def wide_front(world: World) -> Iterator[ServiceProcess]:
    """A front with more workers than calls may be in flight to one service."""
    front = world.suite.start("front", KRUZHOK_MAX_WORKERS="96", FRONT_HTTP_ADDRESS=f"127.0.0.1:{free_port()}").ready()
    yield front
    world.suite.processes["front"].remove(front)
    front.end()


def test_no_more_than_64_calls_wait_for_one_service(world: World, wide_front: ServiceProcess) -> None:
    url = f"http://{wide_front.environment['FRONT_HTTP_ADDRESS']}"
    token = {"Authorization": f"Bearer {world.token}"}

    def call(_: int) -> tuple[str, float]:
        began_at = time.monotonic()
        response = requests.post(f"{url}/stock/report?timeout=3", json={"size": 10}, headers=token, timeout=10)
        return response.json()["code"], time.monotonic() - began_at

    world.stock.signal(signal.SIGSTOP)
    with ThreadPoolExecutor(72) as many:
        answers = list(many.map(call, range(72)))
    refused = [seconds for code, seconds in answers if code == "too_many_calls"]
    assert len(refused) == 8
    assert max(refused) < 2
    assert [code for code, _ in answers].count("neighbour_timed_out") == 64
    assert requests.get(f"{url}/pending", timeout=5).json() == {"pending": 0}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nobody/anything", 503, "service_unknown"),
        ("stock/anything", 404, "method_not_found"),
        ("stock/drain_queue", 404, "method_not_found"),
    ],
)
def test_what_nobody_serves_is_refused_at_once(world: World, path: str, status: int, code: str) -> None:
    seconds, response = timed(world, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert seconds < 1


def test_twenty_answers_of_300_kb_at_once_all_arrive(world: World) -> None:
    with ThreadPoolExecutor(20) as many:
        answers = list(many.map(lambda _: world.http("stock/report", {"size": 300_000}), range(20)))
    assert [len(answer.json().get("text", "").encode()) for answer in answers] == [300_000] * 20


@pytest.mark.parametrize("kind", ["object", "nan", "long"])
def test_an_answer_that_cannot_be_sent_is_a_bug_there_and_ends_nobody(world: World, kind: str) -> None:
    before = world.stock.pid
    seconds, response = timed(world, "stock/unspeakable", kind=kind)
    assert (response.status_code, response.json()["code"]) == (500, "Broken")
    assert seconds < 2
    assert world.http("stock/report", {"size": 10}).ok
    assert world.stock.running
    assert world.stock.pid == before


def test_a_request_that_the_broker_would_not_take_is_refused_and_harms_no_other_call(world: World) -> None:
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(world.http, "stock/nap", {"seconds": 1})
        time.sleep(0.3)
        response = world.http("stock/take", {"mark": "x" * 1_100_000})
        assert (response.status_code, response.json()["code"]) == (400, "request_too_long")
        assert waiting.result().ok


MALFORMED: dict[str, tuple[bytes | None, dict[str, Any], dict[str, Any], str]] = {
    "not JSON": (b"<take/>", {}, {}, "malformed_request"),
    "not UTF-8": (b'{"kwargs": {"mark": "\xff"}}', {}, {}, "malformed_request"),
    "empty": (b"", {}, {}, "malformed_request"),
    "a list": (b"[]", {}, {}, "malformed_request"),
    "positional arguments": (b'{"args": [1], "kwargs": {}}', {}, {}, "malformed_request"),
    "too long": (json.dumps({"args": [], "kwargs": {"mark": "x" * 300_000}}).encode(), {}, {}, "malformed_request"),
    "1 MiB": (b"x" * 1_048_576, {}, {}, "malformed_request"),
    "deeply nested": (b'{"kwargs":' * 5000 + b"1" + b"}" * 5000, {}, {}, "malformed_request"),
    "NaN": (b'{"args": [], "kwargs": {"mark": NaN}}', {}, {}, "malformed_request"),
    "wrong content type": (None, {}, {"content_type": "text/plain"}, "content_type_unsupported"),
    "no content type": (None, {}, {"content_type": None}, "content_type_unsupported"),
    "unknown fields": (b'{"args": [], "kwargs": {"mark": "x", "more": 1}}', {}, {}, "invalid_request"),
    "a field of another kind": (b'{"args": [], "kwargs": {"mark": []}}', {}, {}, "invalid_request"),
    "says that it is compressed": (b"rubbish", {"compression": "zlib"}, {}, "malformed_request"),
    "no such deadline": (b'{"args": [], "kwargs": {}}', {"nameko.remaining_ms": "soon"}, {}, "invalid_request"),
    "headers of another kind": (b'{"args": [], "kwargs": {}}', {"nameko.token": [1]}, {}, "invalid_request"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_request_is_refused_and_the_process_lives(world: World, case: str) -> None:
    before = world.stock.pid
    body, headers, properties, code = MALFORMED[case]
    reply = world.ask("stock", "take", {"mark": case}, body=body, headers=headers, properties=properties)
    assert reply["error"]["exc_type"] == "InvalidInput"
    assert reply["error"]["exc_args"][0] == code
    assert world.effects(case) == 0
    assert world.ask("stock", "report", {"size": 10})["error"] is None
    assert world.stock.running
    assert world.stock.pid == before


@pytest.mark.parametrize(
    "reply_to", [None, "", "orders.place_order", "rpc-stock", "reply.front", "reply.front.#", "another's"]
)
def test_a_request_that_nobody_can_be_answered_is_dropped_without_effect(world: World, reply_to: str | None) -> None:
    before, mark = world.stock.pid, name("mark")
    if reply_to == "another's":
        reply_to = world.client.reply_key.replace("front", "stock")
    world.client.send("stock", "take", {"mark": mark}, properties={"reply_to": reply_to})
    assert world.ask("stock", "report", {"size": 10})["error"] is None
    wait_for(lambda: world.waiting("rpc-stock") == 0)
    assert world.effects(mark) == 0
    assert world.stock.running
    assert world.stock.pid == before


def test_a_request_whose_caller_has_given_up_while_it_waited_for_a_worker_has_no_effect(world: World) -> None:
    late, mark = name("late"), name("mark")
    event_ids = [world.placed(name(), {"sleep": 3}) for _ in range(4)]
    wait_for(lambda: all(world.attempts(event_id) == 1 for event_id in event_ids))
    naps = [world.client.send("stock", "nap", {"seconds": 2}) for _ in range(20)]
    world.client.send("stock", "take", {"mark": late}, timeout_seconds=0.7)
    for nap in naps:
        world.client.reply_to(nap, "nap", 10)
    assert world.ask("stock", "take", {"mark": mark})["error"] is None
    wait_for(lambda: world.effects(mark) == 1)
    assert world.effects(late) == 0


def test_a_request_whose_caller_has_given_up_before_anybody_took_it_has_no_effect(world: World) -> None:
    mark = name("mark")
    assert world.stock.term() == 0
    _, response = timed(world, "stock/take?timeout=0.4", mark=mark)
    assert (response.status_code, response.json()["code"]) == (503, "neighbour_timed_out")
    world.stock.start()
    world.stock.ready()
    assert world.ask("stock", "report", {"size": 10})["error"] is None
    wait_for(lambda: world.waiting("rpc-stock") == 0)
    assert world.effects(mark) == 0


@pytest.mark.parametrize(
    ("method", "token", "kind", "code"),
    [
        ("place_order", "none", "Unauthenticated", "token_missing"),
        ("place_order", "rubbish", "Unauthenticated", "token_invalid"),
        ("place_order", "expired", "Unauthenticated", "token_expired"),
        ("place_order", "seller", "Forbidden", "role_not_allowed"),
        ("log", "none", "Unauthenticated", "token_missing"),
        ("log", "buyer", "Forbidden", "role_not_allowed"),
    ],
)
def test_a_call_without_the_right_token_is_refused(world: World, method: str, token: str, kind: str, code: str) -> None:
    seller = Actor(subject=BUYER.subject, role="seller", region_code=BUYER.region_code)
    tokens = {
        "none": "",
        "rubbish": "eyJ.eyJ.x",
        "expired": world.suite.token(BUYER, lifetime_seconds=-60),
        "seller": world.suite.token(seller),
        "buyer": world.token,
    }
    basket = name()
    fields = {"basket_id": basket} if method == "place_order" else {"after": 0, "types": [], "limit": 10}
    reply = world.ask("orders", method, fields, token=tokens[token], key=name("key"))
    assert (reply["error"]["exc_type"], reply["error"]["exc_args"][0]) == (kind, code)
    assert world.purchases(basket) == 0


def test_nobody_can_call_in_another_service_s_name(world: World) -> None:
    with world.channel("front") as channel:
        channel.confirm_delivery()
        forged = pika.BasicProperties(user_id="stock", reply_to="reply.x", content_type="application/json")
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="user_id"):
            channel.basic_publish("nameko-rpc", "orders.log", b"{}", forged)


def test_headers_that_nobody_knows_end_at_the_service_that_they_came_to(world: World) -> None:
    basket, foreign = name(), name("foreign")
    names = ("nameko.anything", "nameko.call_id_stack", "x-secret", "ce-id", "correlation-id", "region", "Cookie")
    with world.overheard() as heard:
        answer = world.place(basket, headers=dict.fromkeys(names, foreign))
        assert answer["error"] is None
        wait_for(lambda: any(body["basket_id"] == basket for _, body in heard()))
        (properties,) = [properties for properties, body in heard() if body["basket_id"] == basket]
    assert set(properties.headers) <= EVENT_HEADERS
    assert foreign not in f"{answer}{properties}{world.rows('orders', 'SELECT * FROM outbox')}"
    wait_for(lambda: world.effects(basket) == 1)
    assert foreign not in world.orders.output.read_text("utf-8") + world.stock.output.read_text("utf-8")
