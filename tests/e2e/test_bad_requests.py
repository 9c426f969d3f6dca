"""Each kind of bad request over real HTTP: a clear refusal in one shape, and the next request is served."""

import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest
from people import Family, Person, new_key
from provoked import refused

JSON = {"Content-Type": "application/json"}
GOOD = {"email": "anna@example.org", "password": "secret words"}
CHILDREN = "/children"
GARBAGE = (
    b"\x00\x01\x02\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost",
    b"POST /api/v1/sessions HTTP/1.1\r\nContent-Length: x\r\n\r\n",
)


@pytest.fixture
def anybody(url: str) -> Person:
    return Person(url)


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "json_malformed"),
        (b'{"email": "\\ud800", "password": "x"}', JSON, 400, "json_malformed"),
        (b'{"email": "a@example.org", "password": "\\u0000"}', JSON, 400, "json_malformed"),
        (b"[" * 10_000, JSON, 400, "json_malformed"),
        (b"", JSON, 400, "body_missing"),
        (b"[]", JSON, 400, "invalid_request"),
        (json.dumps({**GOOD, "admin": True}).encode(), JSON, 400, "invalid_request"),
        (json.dumps(GOOD).encode(), {"Content-Type": "text/plain"}, 415, "content_type_unsupported"),
        (json.dumps(GOOD).encode(), {}, 415, "content_type_unsupported"),
        (b" " * (256 * 1024 + 1), JSON, 413, "body_too_large"),
        (b" " * (1024 * 1024), JSON, 413, "body_too_large"),
        (b" " * (8 * 1024 * 1024), JSON, 413, "body_too_large"),
    ],
    ids=["half", "surrogate", "nul", "deep", "empty", "list", "unknown", "text", "untyped", "large", "1 MiB", "8 MiB"],
)
def test_a_bad_body(anybody: Person, data: bytes, headers: dict[str, str], status: int, code: str) -> None:
    refused(anybody.send("POST", "/sessions", data=data, headers=headers), status, code)


@pytest.mark.parametrize(("levels", "code"), [(32, "invalid_request"), (33, "json_malformed"), (40, "json_malformed")])
def test_a_whole_body_may_be_32_levels_deep(anybody: Person, levels: int, code: str) -> None:
    lists = b"[" * (levels - 1) + b"]" * (levels - 1)
    data = b'{"email": %s, "password": "secret words"}' % lists
    refused(anybody.send("POST", "/sessions", data=data, headers=JSON), 400, code)


def test_a_chunked_body_counts_too(anybody: Person) -> None:
    chunks = (b" " * 65536 for _ in range(8))
    refused(anybody.send("POST", "/sessions", data=chunks, headers=JSON), 413, "body_too_large")


def test_a_chunked_body_is_read(anybody: Person) -> None:
    chunks = iter([b"{", b'"email"', b": 1}"])
    answer = anybody.send("POST", "/sessions", data=chunks, headers=JSON)
    refused(answer, 400, "invalid_request")
    assert set(answer.json()["errors"]) == {"email", "password"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "path_unknown"),
        ("GET", "/groups/none", 404, "path_unknown"),
        ("PUT", "/directions", 405, "method_not_allowed"),
        ("GET", "/programmes?limit=1000", 400, "invalid_request"),
        ("GET", "/programmes?nothing=1", 400, "invalid_request"),
        ("GET", "/programmes?q=%00", 400, "invalid_request"),
        ("GET", "/programmes?cursor=nonsense", 400, "invalid_cursor"),
        ("GET", "/groups/6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11", 404, "group_not_found"),
        ("GET", "/programmes/6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11", 404, "programme_not_found"),
        ("GET", "/me", 401, "token_missing"),
    ],
)
def test_a_bad_address(anybody: Person, method: str, path: str, status: int, code: str) -> None:
    refused(anybody.send(method, path), status, code)


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 6000])
def test_a_bad_token(url: str, token: str) -> None:
    refused(Person(url, token).get("/me"), 401, "token_invalid")


def test_wrong_credentials_and_unknown_people_look_the_same(anybody: Person, family: Family) -> None:
    wrong = anybody.post("/sessions", {"email": family.email, "password": "not this one"})
    unknown = anybody.post("/sessions", {"email": "nobody-here@example.org", "password": "not this one"})
    refused(wrong, 401, "credentials_invalid")
    refused(unknown, 401, "credentials_invalid")
    assert wrong.json()["detail"] == unknown.json()["detail"]


def test_fields_are_named_in_the_reader_s_language(family: Family) -> None:
    body = {**family.child_body(), "born_on": "15.01.2016", "municipality_code": "1", "colour": "red"}
    answer = family.send("POST", CHILDREN, new_key(), json=body, headers={"Accept-Language": "en"})
    refused(answer, 400, "invalid_request")
    assert answer.json()["errors"]["colour"] == ["There is no such field."]
    assert set(answer.json()["errors"]) == {"born_on", "municipality_code", "colour"}


def test_a_domain_s_refusal_of_a_field_names_it(family: Family) -> None:
    body = {**family.child_body(), "snils": "112-233-445 96"}
    answer = family.post(CHILDREN, body, new_key())
    refused(answer, 400, "invalid_snils")
    assert set(answer.json()["errors"]) == {"snils"}


def test_bytes_that_are_not_http_do_not_stop_the_door(url: str, anybody: Person) -> None:
    address = urlsplit(url)
    for garbage in GARBAGE:
        with socket.create_connection((address.hostname, address.port), timeout=5) as raw:
            raw.sendall(garbage)
    assert anybody.get("/directions").status_code == 200


def test_a_long_line_of_requests_goes_through_one_connection(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    for body, status in [(b"{", 400), (b" " * (256 * 1024 + 1), 413), (json.dumps(GOOD).encode(), 401)]:
        connection.request("POST", "/api/v1/sessions", body, JSON)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        if answer.getheader("Connection") == "close":
            connection.close()
    connection.close()
