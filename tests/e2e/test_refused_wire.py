"""What does not keep to HTTP, or meets a service that does not answer; all the others are still served."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from signal import SIGCONT, SIGSTOP
from urllib.parse import urlsplit

import pytest
import requests
from people import Cast
from provoked import refused, turned_away

from chassis.testing import Suite, wait_for

POST = b"POST /api/v1/sessions HTTP/1.1\r\nHost: kruzhok\r\nContent-Type: application/json\r\n"
AT_ONCE = 12
"""More than the five calls in a row after which a silent service is left alone."""


def said(url: str, raw: bytes) -> requests.Response:
    """The answer to bytes that no HTTP library would send."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=15) as connection:
        connection.sendall(raw)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
            head, _, body = received.partition(b"\r\n\r\n")
            if body.endswith(b"}"):
                break
    lines = head.decode().split("\r\n")
    answer = requests.Response()
    answer.status_code = int(lines[0].split(" ")[1])
    answer.headers.update(dict(line.split(": ", 1) for line in lines[1:]))
    answer._content = body[body.index(b"{") : body.rindex(b"}") + 1]
    return answer


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"Content-Length: 20\r\n\r\n{", 408, "body_too_slow"),
    ],
    ids=["two lengths", "encoding", "slow"],
)
def test_what_is_no_whole_request_is_turned_away(url: str, raw: bytes, status: int, code: str) -> None:
    turned_away(said(url, raw), status, code)


@contextmanager
def frozen(suite: Suite, service: str) -> Iterator[None]:
    """The service hears nothing for a while."""
    for process in suite.processes[service]:
        process.signal(SIGSTOP)
    try:
        yield
    finally:
        for process in suite.processes[service]:
            process.signal(SIGCONT)


def test_a_service_that_does_not_answer_is_told_in_time_and_harms_no_other(cast: Cast) -> None:
    with frozen(cast.suite, "notifications"), ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: cast.family.get("/messages"), range(AT_ONCE)))
        answers.append(cast.family.get("/messages"))
        assert cast.family.get("/children").status_code == 200
    assert {answer.json()["code"] for answer in answers} == {"neighbour_timed_out", "neighbour_not_answering"}
    for answer in answers:
        refused(answer, 503, answer.json()["code"])
        assert answer.headers["Retry-After"]
        assert answer.elapsed.total_seconds() < 10
    wait_for(lambda: cast.family.get("/messages").status_code == 200, 15, "the inbox to answer again")
