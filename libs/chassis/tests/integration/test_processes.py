"""A process starts with clear words or not at all, says how it is, and stops quickly."""

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from market import topology
from market.world import World, name, wait_for

from chassis.testing import free_port, infra, vhost


def served(environment: Mapping[str, str], service: str = "stock") -> subprocess.CompletedProcess[str]:
    """`python -m <service> serve`, which is expected to end by itself."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", service, "serve"]
    return subprocess.run(
        command,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def environment(world: World) -> dict[str, str]:
    """A good environment for another process of the stock."""
    return world.suite.environment_of("stock") | {"KRUZHOK_ADMIN_ADDRESS": f"127.0.0.1:{free_port()}"}


def test_all_faults_of_the_settings_are_told_at_once_and_no_secret_with_them(environment: dict[str, str]) -> None:
    bad = {
        "KRUZHOK_ENV": "moon",
        "KRUZHOK_AMQP_URL": "http://stock:hunter2@127.0.0.1/",
        "KRUZHOK_DATABASE_URL": "postgresql://stock:hunter2@127.0.0.1/stock",
        "KRUZHOK_TOKEN_PUBLIC_KEY": "hunter2",
        "KRUZHOK_MAX_WORKERS": "many",
        "KRUZHOK_RETRY_DELAYS_SECONDS": "5,soon",
        "STOCK_JOURNAL": "",
    }
    done = served(environment | bad)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    assert {line.split()[0] for line in lines} == set(bad)
    assert "hunter2" not in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("kind", ["local", "production"])
def test_a_clock_file_is_refused_outside_tests(environment: dict[str, str], tmp_path: Path, kind: str) -> None:
    clock = tmp_path / "clock"
    clock.write_text(datetime.now(UTC).isoformat())
    done = served(environment | {"KRUZHOK_ENV": kind, "KRUZHOK_CLOCK_FILE": str(clock)})
    assert done.returncode == 1
    assert "only tests may move the clock" in done.stdout
    assert "Traceback" not in done.stdout


def altered(queue: str, arguments: dict[str, Any] | None) -> dict[str, Any]:
    """The market's definitions with one queue defined otherwise, or left out."""
    definitions = topology.definitions()
    kept = [each for each in definitions["queues"] if each["name"] != queue]
    if arguments is not None:
        return definitions | {"queues": [*kept, topology.queue(queue, arguments)]}
    bindings = [each for each in definitions["bindings"] if each["destination"] != queue]
    return definitions | {"queues": kept, "bindings": bindings}


@pytest.mark.parametrize(
    ("queue", "arguments", "words"),
    [
        (topology.QUEUE, {}, "has other arguments"),
        (topology.QUEUE, {"x-queue-type": "quorum", "x-max-length": 5}, "has other arguments"),
        (topology.QUEUE, None, "is missing"),
        ("rpc-stock", {"x-max-length": 5}, "has other arguments"),
        ("rpc-stock", None, "is missing"),
    ],
)
def test_a_queue_that_is_not_as_defined_stops_the_start_with_a_sentence(
    environment: dict[str, str], queue: str, arguments: dict[str, Any] | None, words: str
) -> None:
    with vhost(altered(queue, arguments)) as drifted:
        done = served(environment | {"KRUZHOK_AMQP_URL": infra().amqp_url("stock", drifted)})
    assert done.returncode == 1
    assert f"Queue {queue} {words}" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("variable", "url", "what"),
    [
        ("KRUZHOK_AMQP_URL", "amqp://stock:hunter2@127.0.0.1:1/", "the broker"),
        ("KRUZHOK_DATABASE_URL", "postgresql+psycopg2://stock:hunter2@127.0.0.1:1/stock", "the database"),
    ],
)
def test_a_start_without_broker_or_database_gives_up_with_a_sentence(
    environment: dict[str, str], variable: str, url: str, what: str
) -> None:
    done = served(environment | {variable: url, "KRUZHOK_START_WAIT_SECONDS": "1"})
    assert done.returncode == 1
    assert f"Gave up waiting for {what} after 1 s" in done.stdout
    assert "hunter2" not in done.stdout
    assert "Traceback" not in done.stdout


def test_an_idle_process_stops_within_two_seconds(world: World) -> None:
    for process in (world.front, world.stock, world.orders):
        assert process.term(10) == 0
        stopping, stopped = (
            datetime.fromisoformat(process.logged(event)[-1]["at"]) for event in ("stopping", "stopped")
        )
        assert stopped - stopping < timedelta(seconds=2)


def health(process: Any, page: str) -> tuple[int, dict[str, Any]]:
    response = requests.get(f"{process.admin_url}/health/{page}", timeout=5)
    return response.status_code, response.json()


def test_a_draining_process_is_live_but_not_ready(world: World) -> None:
    event_id = world.placed(name(), {"sleep": 3})
    wait_for(lambda: world.attempts(event_id) == 1)
    assert health(world.stock, "ready") == (200, {"status": "ready", "failing": []})
    world.stock.signal(signal.SIGTERM)
    wait_for(lambda: health(world.stock, "ready")[0] == 503, 2)
    assert "started" in health(world.stock, "ready")[1]["failing"]
    assert health(world.stock, "live")[0] == 200
    assert world.stock.wait() == 0


def metric(process: Any, line: str) -> float:
    text = requests.get(f"{process.admin_url}/metrics", timeout=5).text
    return next((float(each.rpartition(" ")[2]) for each in text.splitlines() if each.startswith(f"{line} ")), 0.0)


def test_calls_events_and_requests_are_counted(world: World) -> None:
    counted = {
        (world.stock, 'rpc_handled_seconds_count{method="report",outcome="ok"}'): 1,
        (world.front, 'rpc_called_seconds_count{method="report",service="stock"}'): 1,
        (world.front, 'http_handled_seconds_count{method="POST",status="200"}'): 1,
        (world.orders, "events_published_total"): 1,
        (world.stock, 'events_handled_seconds_count{outcome="done",type="orders.placed.v1"}'): 1,
    }
    before = {key: metric(*key) for key in counted}
    assert world.http("stock/report", {"size": 10}).ok
    basket = name()
    world.placed(basket)
    wait_for(lambda: {key: metric(*key) - before[key] for key in counted} == counted, 5)


def test_busy_workers_are_counted(world: World) -> None:
    before = metric(world.stock, "workers_busy")
    nap = world.client.send("stock", "nap", {"seconds": 1})
    wait_for(lambda: metric(world.stock, "workers_busy") > before, 1)
    world.client.reply_to(nap, "nap")


def test_parked_and_waiting_events_are_measured(world: World) -> None:
    before = metric(world.stock, "inbox_parked")
    world.publish((b"rubbish", {}), message_id=name())
    wait_for(lambda: metric(world.stock, "inbox_parked") == before + 1, 20, every=0.5)


def test_one_correlation_id_goes_from_the_call_to_the_last_handler_s_log_line(world: World) -> None:
    correlation_id, trace_id, basket = str(uuid.uuid4()), uuid.uuid4().hex, name()
    headers = {"nameko.correlation_id": correlation_id, "traceparent": f"00-{trace_id}-{'1' * 16}-01"}
    assert world.place(basket, headers=headers)["error"] is None
    wait_for(lambda: world.effects(basket) == 1)
    (line,) = [line for line in world.stock.logged("order_heard") if line["basket_id"] == basket]
    assert (line["correlation_id"], line["trace_id"], line["service"]) == (correlation_id, trace_id, "stock")


def test_a_request_over_http_gives_its_trace_to_the_last_handler_s_log_line(world: World) -> None:
    trace_id, basket = uuid.uuid4().hex, name()
    headers = {"traceparent": f"00-{trace_id}-{'1' * 16}-01", "Idempotency-Key": name("key")}
    assert world.http("orders/place_order", {"basket_id": basket}, **headers).ok
    wait_for(lambda: world.effects(basket) == 1)
    (line,) = [line for line in world.stock.logged("order_heard") if line["basket_id"] == basket]
    assert line["trace_id"] == trace_id
    same = [each for each in world.front.log_lines() if each.get("correlation_id") == line["correlation_id"]]
    assert same


def test_every_line_of_the_log_is_json(world: World) -> None:
    for process in (world.front, world.stock, world.orders):
        for line in process.output.read_text(encoding="utf-8").splitlines():
            assert {"event", "level", "service", "at"} <= json.loads(line).keys()
