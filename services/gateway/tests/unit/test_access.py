"""Who may call what."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rpc_boundary import SUBJECT, Services

from chassis.errors import Unavailable
from gateway.access import ensure_declared

Bearer = Callable[..., dict[str, str]]
ME = {"user_id": SUBJECT}


def test_a_private_route_needs_a_token(client: FlaskClient) -> None:
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.json["code"]) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["Bearer abc", "Bearer a.b.c", "Basic dXNlcjpzZWNyZXQ=", "Bearer " + "x" * 5000, "bearer é"]
)
def test_a_forged_token_is_refused(client: FlaskClient, header: str) -> None:
    answer = client.get("/api/v1/me", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")


def test_an_expired_token_is_refused(client: FlaskClient, bearer: Bearer) -> None:
    answer = client.get("/api/v1/me", headers=bearer(lifetime_seconds=-60))
    assert (answer.status_code, answer.json["code"]) == (401, "token_expired")


def test_a_token_of_another_signer_is_refused(client: FlaskClient, bearer: Bearer) -> None:
    head, payload, signature = bearer()["Authorization"].split(".")
    swapped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    answer = client.get("/api/v1/me", headers={"Authorization": f"{head}.{payload}.{swapped}"})
    assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")


def test_the_wrong_role_is_refused_before_anything_is_asked(
    client: FlaskClient, services: Services, bearer: Bearer
) -> None:
    answer = client.get("/api/v1/children", headers=bearer("teacher"))
    assert (answer.status_code, answer.json["code"]) == (403, "role_not_allowed")
    assert services.asked == []


def test_a_refusal_of_access_comes_before_a_look_at_the_body(client: FlaskClient) -> None:
    answer = client.post("/api/v1/children", data=b"{", content_type="application/json")
    assert answer.status_code == 401


def test_the_token_and_its_owner_travel_with_the_call(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    services.answers["accounts.get_me"] = ME
    headers = bearer("region")
    assert client.get("/api/v1/me", headers=headers).json == ME
    _, _, context = services.asked[0]
    assert f"Bearer {context.token}" == headers["Authorization"]
    assert context.actor is not None
    assert (context.actor.subject, context.actor.role) == (SUBJECT, "region")


def test_a_public_route_does_not_look_at_a_token(client: FlaskClient, services: Services) -> None:
    services.answers["catalog.list_directions"] = {"items": []}
    assert client.get("/api/v1/directions", headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_signing_out_answers_with_nothing(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    services.answers["accounts.sign_out"] = {}
    answer = client.delete("/api/v1/sessions/current", headers=bearer("provider"))
    assert (answer.status_code, answer.data) == (204, b"")


def test_an_app_with_a_silent_route_does_not_start() -> None:
    app = Flask("silent", static_folder=None)
    app.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(SystemExit, match="open"):
        ensure_declared(app)


def test_unavailability_says_when_to_come_back(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    services.answers["accounts.get_me"] = Unavailable("neighbour_timed_out", service="accounts")
    answer: Any = client.get("/api/v1/me", headers=bearer())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "accounts" not in answer.text
