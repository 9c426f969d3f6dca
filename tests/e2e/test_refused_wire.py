"""What does not keep to HTTP, or meets a service that does not answer; all the others are still served."""

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests
from breakdowns import frozen
from people import Cast
from provoked import refused, turned_away

from chassis.testing import wait_for

POST = b"POST /api/v1/sessions HTTP/1.1\r\nHost: kruzhok\r\nContent-Type: application/json\r\n"
AT_ONCE = 12
"""More than the five calls in a row after which a silent service is left alone."""


GET = b"GET /api/v1/programmes%s HTTP/1.1\r\nHost: kruzhok\r\n%s\r\n"
ENGLISH = b"Accept-Language: en\r\n"


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
    method, path = raw.split(b" ")[:2]
    answer.request = requests.Request(method.decode(), url + path.decode().partition("?")[0]).prepare()
    return answer


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"Content-Length: x\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"Content-Length: -2\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400, "request_malformed"),
        (POST + b"no header\r\nContent-Length: 60\r\n\r\n" + GET % (b"", b""), 400, "request_malformed"),
        (POST + b"Content-Length : 60\r\n\r\n" + GET % (b"", b""), 400, "request_malformed"),
        (GET.replace(b"1.1", b"9.1") % (b"", b""), 400, "request_malformed"),
        (GET.replace(b" HTTP", b" and more HTTP") % (b"", b""), 400, "request_malformed"),
        (POST + b"Content-Length: 20\r\n\r\n{", 408, "body_too_slow"),
        (GET % (b"?q=" + b"a" * 9000, b""), 414, "address_too_long"),
        (GET % (b"?q=" + b"a" * 90_000, b""), 414, "address_too_long"),
        (GET % (b"", b"Authorization: Bearer " + b"a" * 9000 + b"\r\n"), 431, "headers_too_long"),
        (GET % (b"", b"Authorization: Bearer " + b"a" * 900_000 + b"\r\n"), 431, "headers_too_long"),
        (GET % (b"", (b"X-Words: " + b"a" * 7000 + b"\r\n") * 10), 431, "headers_too_long"),
        (GET % (b"", b"X-Word: a\r\n" * 101), 431, "headers_too_long"),
    ],
    ids=[
        "two lengths", "encoding", "no length", "negative", "endless", "length and chunks", "broken line", "space",
        "HTTP/9", "words", "slow", "long search", "very long search", "long token", "very long token", "long headers",
        "many headers",
    ],
)  # fmt: skip
def test_what_is_no_whole_request_is_turned_away(url: str, raw: bytes, status: int, code: str) -> None:
    turned_away(said(url, raw), status, code)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (POST + ENGLISH + b"Content-Length: x\r\n\r\n{}", 400, "request_malformed"),
        (GET % (b"?q=" + b"a" * 9000, ENGLISH), 414, "address_too_long"),
        (GET % (b"", b"Authorization: Bearer " + b"a" * 9000 + b"\r\n" + ENGLISH), 431, "headers_too_long"),
    ],
    ids=["length", "address", "token"],
)
def test_who_is_turned_away_is_told_in_their_language(url: str, raw: bytes, status: int, code: str) -> None:
    answer = said(url, raw)
    turned_away(answer, status, code)
    assert answer.headers["Content-Language"] == "en"


def test_who_is_turned_away_may_come_again_and_nobody_waits_for_them(cast: Cast) -> None:
    too_long = cast.family.get("/programmes", params={"q": "a" * 9000})
    turned_away(too_long, 414, "address_too_long")
    assert too_long.headers["Connection"] == "close"
    assert too_long.elapsed.total_seconds() < 1
    assert cast.family.get("/children").status_code == 200


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
