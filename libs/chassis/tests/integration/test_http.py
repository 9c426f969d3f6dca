"""The edge stays open for everybody else, whatever one client does to its own connection."""

import json
import os
import resource
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from urllib.parse import urlsplit

import pytest
import requests
from market.world import World, wait_for

UNFINISHED = b"POST /stock/report HTTP/1.1\r\nHost: front\r\nContent-Length: 100\r\n\r\n{"
PENDING = b"GET /pending HTTP/1.1\r\nHost: front\r\n\r\n"


def connected(world: World) -> socket.socket:
    address = urlsplit(world.suite.url)
    return socket.create_connection((address.hostname, address.port), timeout=12)


def answered(world: World, *sent: bytes) -> bytes:
    """All that comes back on one connection until the front closes it."""
    with closing(connected(world)) as raw:
        raw.sendall(b"".join(sent))
        return b"".join(iter(lambda: raw.recv(65536), b""))


def descriptors(world: World) -> list[int]:
    return sorted(int(name) for name in os.listdir(f"/proc/{world.front.pid}/fd"))


@pytest.fixture
def slow_senders(world: World) -> Iterator[list[socket.socket]]:
    """More clients than there are workers, which never send the bodies they announced."""
    with ExitStack() as stack:
        senders = [stack.enter_context(closing(connected(world))) for _ in range(40)]
        for sender in senders:
            sender.sendall(UNFINISHED)
        yield senders


def test_clients_that_send_slowly_keep_nobody_waiting(world: World, slow_senders: list[socket.socket]) -> None:
    time.sleep(0.5)
    assert requests.get(f"{world.suite.url}/pending", timeout=3).ok
    for sender in slow_senders:
        answer = sender.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"Connection: close\r\n" in answer
        assert sender.recv(1) == b""


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nContent-Length: 40\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
    ],
    ids=["two lengths", "compressed chunks", "unknown coding"],
)
def test_a_body_whose_end_is_unclear_hides_no_second_request(world: World, headers: bytes) -> None:
    answer = answered(world, b"POST /stock/report HTTP/1.1\r\nHost: front\r\n", headers, b"\r\n", b"{}", PENDING)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_broken_chunks_are_refused(world: World) -> None:
    head = b"POST /stock/report HTTP/1.1\r\nHost: front\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert answered(world, head, b"none\r\n").startswith(b"HTTP/1.1 400 ")


def test_what_is_turned_away_before_any_work_has_an_id_that_the_log_knows(world: World) -> None:
    answer = answered(world, b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}").decode()
    problem = json.loads(answer[answer.index("{") : answer.rindex("}") + 1])
    assert f"X-Correlation-Id: {problem['correlation_id']}\r\n" in answer
    noted = world.front.logged("turned_away")[-1]
    assert (noted["correlation_id"], noted["code"]) == (problem["correlation_id"], "request_malformed")


def test_a_bug_of_the_application_is_answered_like_a_refusal(world: World) -> None:
    bugs = len(world.front.logged("bug"))
    answer = requests.get(f"{world.suite.url}/neither-service-nor-method", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["code"] == "internal_error"
    assert len(world.front.logged("bug")) == bugs + 1
    assert requests.get(f"{world.suite.url}/pending", timeout=3).ok


def test_who_sends_without_end_is_answered_and_let_go(world: World) -> None:
    with closing(connected(world)) as raw:
        raw.sendall(b"GET /pending HTTP/1.1\r\nHost: front\r\nX-Word: " + b"a" * 20_000)
        answer = b""
        with suppress(ConnectionError):
            while True:
                raw.sendall(b"a" * 65536)
                raw.settimeout(0.01)
                with suppress(TimeoutError):
                    answer += raw.recv(65536)
                raw.settimeout(12)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert requests.get(f"{world.suite.url}/pending", timeout=3).ok


def test_broken_connections_leave_no_descriptors_open(world: World) -> None:
    before = len(descriptors(world))
    for _ in range(30):
        with closing(connected(world)) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.sendall(UNFINISHED[:60])
            time.sleep(0.002)
    wait_for(lambda: len(descriptors(world)) <= before + 1, 3)


def test_the_edge_outlives_a_lack_of_descriptors(world: World) -> None:
    highest = descriptors(world)[-1]
    _, ceiling = limits = resource.prlimit(world.front.pid, resource.RLIMIT_NOFILE)
    try:
        resource.prlimit(world.front.pid, resource.RLIMIT_NOFILE, (highest + 1, ceiling))
        with ExitStack() as stack:
            for _ in range(highest + 10):
                stack.enter_context(closing(connected(world)))
            wait_for(lambda: world.front.logged("connection_not_accepted"), 5)
    finally:
        resource.prlimit(world.front.pid, resource.RLIMIT_NOFILE, limits)
    wait_for(lambda: requests.get(f"{world.suite.url}/pending", timeout=3).ok, 5)


def test_the_wait_for_a_worker_counts_and_is_given_up_in_time(world: World) -> None:
    def nap(_: int) -> tuple[int, float]:
        began_at = time.monotonic()
        url = f"{world.suite.url}/stock/nap?timeout=8"
        answer = requests.post(url, json={"seconds": 6}, headers={"Authorization": f"Bearer {world.token}"}, timeout=30)
        return answer.status_code, time.monotonic() - began_at

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(nap, range(40)))
    assert {status for status, _ in answers} == {200, 503}
    assert max(seconds for _, seconds in answers) < 10.5
    assert max(seconds for status, seconds in answers if status == 503) < 5.5
