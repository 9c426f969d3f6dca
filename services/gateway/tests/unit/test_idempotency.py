"""Creating requests carry a key, and it reaches the service that keeps it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from rpc_boundary import Services

Bearer = Callable[..., dict[str, str]]
CHILD = {"family_name": "Примерова", "given_name": "Мария", "born_on": "2016-04-12", "municipality_code": "25701000"}
REGISTERED = {"child_id": "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11"}


def test_a_missing_key_is_400(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    answer = client.post("/api/v1/children", json=CHILD, headers=bearer())
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_missing")
    assert "errors" not in answer.json
    assert services.asked == []


@pytest.mark.parametrize("key", ["", " ", '""', "two words", "x" * 201, "ключ".encode().decode("latin-1")])
def test_a_malformed_key_is_400(client: FlaskClient, bearer: Bearer, key: str) -> None:
    answer = client.post("/api/v1/children", json=CHILD, headers={**bearer(), "Idempotency-Key": key})
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize(("sent", "kept"), [("a-1", "a-1"), ('"a-1"', "a-1"), ("~" * 200, "~" * 200)])
def test_the_key_travels_with_the_call(
    client: FlaskClient, services: Services, bearer: Bearer, sent: str, kept: str
) -> None:
    services.answers["accounts.register_child"] = REGISTERED
    answer = client.post("/api/v1/children", json=CHILD, headers={**bearer(), "Idempotency-Key": sent})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/children/{REGISTERED['child_id']}"
    assert services.asked[0][2].idempotency_key == kept


def test_a_missing_key_is_told_before_wrong_fields(client: FlaskClient, bearer: Bearer) -> None:
    answer = client.post("/api/v1/children", json={}, headers=bearer())
    assert answer.json["code"] == "idempotency_key_missing"
