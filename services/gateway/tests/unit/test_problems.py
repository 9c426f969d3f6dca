"""Every kind of bad request has its own clear answer, in one shape and two languages."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from rpc_boundary import Services

from chassis.errors import Conflict, InvalidInput, NotFound, RuleViolated

Bearer = Callable[..., dict[str, str]]
SIGN_IN = "/api/v1/sessions"
GOOD = {"email": "anna@example.org", "password": "secret words"}
DIRECTIONS = "/api/v1/directions"


def post(client: FlaskClient, body: bytes | str, content_type: str | None = "application/json") -> Any:
    return client.post(SIGN_IN, data=body, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json_malformed"),
        (b'{"email": NaN}', "json_malformed"),
        (b'{"email": "a@example.org", "email": "b@example.org"}', "json_malformed"),
        (b'{"email": "\xff"}', "json_malformed"),
        (b"\xef\xbb\xbf{}", "json_malformed"),
        (b'{"a": "\\ud800', "json_malformed"),
        (b"[" * 100_000, "json_malformed"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "json_malformed"),
        (b"", "body_missing"),
        (b"[]", "invalid_request"),
        (b'"text"', "invalid_request"),
        (b"null", "invalid_request"),
        (b"12", "invalid_request"),
    ],
)
def test_a_malformed_body_is_400(client: FlaskClient, body: bytes, code: str) -> None:
    answer = post(client, body)
    assert (answer.status_code, answer.json["code"]) == (400, code)


def test_brackets_in_strings_are_not_depth(client: FlaskClient, services: Services) -> None:
    services.answers["accounts.sign_in"] = {}
    text = json.dumps({**GOOD, "password": '["\\' + "[" * 100})
    assert post(client, text).status_code == 201


def test_a_lone_surrogate_is_400_not_500(client: FlaskClient, services: Services) -> None:
    services.answers["accounts.sign_in"] = {}
    assert post(client, b'{"email": "a@example.org", "password": "\\ud800"}').status_code == 400


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None, "text/json"])
def test_a_body_of_another_type_is_415(client: FlaskClient, content_type: str | None) -> None:
    answer = post(client, json.dumps(GOOD), content_type)
    assert (answer.status_code, answer.json["code"]) == (415, "content_type_unsupported")


def test_a_body_over_256_kib_is_413(client: FlaskClient) -> None:
    answer = post(client, b" " * (256 * 1024 + 1))
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_an_unknown_path_is_404(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nowhere")
    assert (answer.status_code, answer.json["code"]) == (404, "path_unknown")


def test_something_that_is_no_identifier_is_404(client: FlaskClient) -> None:
    assert client.get("/api/v1/groups/not-an-id").status_code == 404


def test_a_wrong_method_is_405_and_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete(DIRECTIONS)
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_wrong_fields_are_named(client: FlaskClient) -> None:
    answer = post(client, json.dumps({"email": "no address", "pass": "x"}))
    assert answer.status_code == 400
    assert set(answer.json["errors"]) == {"email", "password", "pass"}
    assert answer.json["errors"]["pass"] == ["Такого поля нет."]


def test_nested_fields_are_named_by_their_path(client: FlaskClient, bearer: Bearer) -> None:
    body = {"marks": [{"enrollment_id": "x", "mark": "asleep"}]}
    path = "/api/v1/provider/lessons/6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11/attendance"
    answer = client.put(path, json=body, headers=bearer("teacher"))
    assert answer.status_code == 400
    assert set(answer.json["errors"]) == {"marks.0.enrollment_id", "marks.0.mark"}


@pytest.mark.parametrize(
    "query", ["unknown=1", "limit=0", "limit=101", "limit=x", "age=99", "direction=astrology", "q=%00"]
)
def test_wrong_filters_are_400(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/programmes?{query}")
    assert answer.status_code == 400
    assert set(answer.json["errors"]) == {query.partition("=")[0]}


@pytest.mark.parametrize(
    ("language", "title"), [("en-GB,en;q=0.9", "Not found"), ("ru", "Не найдено"), ("fr", "Не найдено")]
)
def test_people_read_it_in_their_language(client: FlaskClient, language: str, title: str) -> None:
    answer = client.get("/api/v1/nowhere", headers={"Accept-Language": language})
    assert answer.json["title"] == title
    assert answer.headers["Content-Language"] == ("en" if language.startswith("en") else "ru")


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(NotFound("child_not_found"), 404), (Conflict("already_enrolled"), 409), (RuleViolated("offer_expired"), 422)],
)
def test_a_service_s_refusal_keeps_its_kind_and_code(
    client: FlaskClient, services: Services, refusal: Exception, status: int
) -> None:
    services.answers["catalog.list_directions"] = refusal
    answer = client.get(DIRECTIONS)
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code == status
    assert answer.json["code"] == refusal.args[0]
    assert answer.json["type"].endswith(answer.json["code"])


def test_facts_of_a_refusal_are_told(client: FlaskClient, services: Services) -> None:
    services.answers["catalog.list_directions"] = RuleViolated("age_not_fit", "", age_min="7", age_max="9")
    answer = client.get(DIRECTIONS)
    assert "от 7 до 9 лет" in answer.json["detail"]
    assert answer.json["details"] == {"age_min": "7", "age_max": "9"}


def test_a_service_s_word_about_a_field_is_translated(client: FlaskClient, services: Services) -> None:
    services.answers["catalog.list_directions"] = InvalidInput("invalid_snils", "", snils="invalid_snils")
    assert client.get(DIRECTIONS).json["errors"] == {
        "snils": ["Контрольные цифры СНИЛС не сходятся. Проверьте номер по документу."]
    }


def test_a_bug_shows_nothing_of_itself(client: FlaskClient, services: Services) -> None:
    services.answers["catalog.list_directions"] = RuntimeError("secret detail of ours")
    answer = client.get(DIRECTIONS)
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


def test_every_answer_carries_the_security_headers(client: FlaskClient, services: Services) -> None:
    services.answers["catalog.list_directions"] = {"items": []}
    for path in (DIRECTIONS, "/api/v1/nowhere", "/api/v1/openapi.json"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_private_answers_are_not_stored(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    services.answers |= {"accounts.get_me": {}, "accounts.sign_in": {}, "catalog.list_directions": {"items": []}}
    assert client.get("/api/v1/me", headers=bearer()).headers["Cache-Control"] == "no-store"
    assert client.post(SIGN_IN, json=GOOD).headers["Cache-Control"] == "no-store"
    assert client.get(DIRECTIONS).headers["Cache-Control"] == "no-cache"
