"""Who is not let in: tokens, roles, passwords, confirmations."""

import base64
import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from people import DEMO_PASSWORD, PASSWORD, Cast, Person, new_key
from provoked import refused

from chassis import clock, tokens
from chassis.context import Actor
from chassis.testing import Suite

GUARDIAN = Actor("6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11", "guardian", "38")


def of_another_signer(_good: str) -> str:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return tokens.issue(pem.decode(), GUARDIAN, 600, clock.now())


def with_another_role(good: str) -> str:
    head, payload, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    changed = json.dumps({**claims, "role": "region"}).encode()
    return ".".join((head, base64.urlsafe_b64encode(changed).decode().rstrip("="), signature))


def unsigned(good: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{head}.{good.split('.')[1]}."


@pytest.mark.parametrize("forge", [of_another_signer, with_another_role, unsigned])
def test_a_forged_token_is_refused(suite: Suite, forge: Callable[[str], str]) -> None:
    good = suite.token(GUARDIAN)
    assert Person(suite.url, good).get("/children").status_code == 200
    refused(Person(suite.url, forge(good)).get("/children"), 401, "token_invalid")


def test_an_expired_token_is_refused(suite: Suite) -> None:
    refused(Person(suite.url, suite.token(GUARDIAN, -60)).get("/children"), 401, "token_expired")


def test_without_a_token_nothing_private_is_told(cast: Cast) -> None:
    answer = cast.anybody.get("/children")
    refused(answer, 401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_of_somebody_who_is_no_more_opens_nothing(suite: Suite) -> None:
    refused(Person(suite.url, suite.token(GUARDIAN)).get("/me"), 404, "person_not_found")


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("guardian", "PUT", "/provider/lessons/{id}/attendance"),
        ("guardian", "GET", "/provider/groups"),
        ("guardian", "POST", "/municipality/claims/{id}/decision"),
        ("teacher", "PATCH", "/provider/groups/{id}"),
        ("teacher", "POST", "/provider/applications/{id}/confirmation"),
        ("provider", "POST", "/applications/{id}/cancellation"),
        ("provider", "POST", "/region/providers/{id}/decision"),
        ("municipality", "POST", "/region/certificates/{id}/revocation"),
        ("municipality", "POST", "/region/periods"),
        ("region", "POST", "/municipality/certificates/{id}/revocation"),
        ("region", "POST", "/municipality/funding-programmes"),
    ],
)
def test_a_role_is_refused_before_its_request_is_read(suite: Suite, role: str, method: str, path: str) -> None:
    person = Person(suite.url, suite.token(Actor(GUARDIAN.subject, role, "38")))
    refused(person.send(method, path.format(id=GUARDIAN.subject), data=b"{"), 403, "role_not_allowed")


def test_an_unconfirmed_address_signs_nobody_in(cast: Cast) -> None:
    email = f"unconfirmed-{uuid4().hex[:12]}@example.org"
    body = {
        "email": email, "password": PASSWORD, "full_name": "Анна Примерова", "region_code": "38", "consent": True,
    }  # fmt: skip
    assert cast.anybody.post("/registrations", body, new_key()).status_code == 202
    refused(cast.anybody.post("/sessions", {"email": email, "password": PASSWORD}), 422, "email_not_confirmed")
    refused(cast.anybody.post("/sessions", {"email": email, "password": "another"}), 401, "credentials_invalid")


def test_a_confirmation_that_was_never_sent_is_refused(cast: Cast) -> None:
    refused(cast.anybody.post("/email-confirmations", {"token": "invented"}), 422, "confirmation_invalid")


def test_guessing_a_password_ends_soon(cast: Cast) -> None:
    body = {"email": f"guessed-{uuid4().hex[:12]}@example.org", "password": "wrong again"}
    codes = [cast.anybody.post("/sessions", body).json()["code"] for _ in range(10)]
    assert codes[0] == "credentials_invalid"
    told = refused(cast.anybody.post("/sessions", body), 422, "too_many_attempts")
    assert int(told["details"]["retry_after_seconds"]) > 0


def test_a_used_refresh_token_ends_the_session(cast: Cast) -> None:
    body = {"email": "region05@example.org", "password": DEMO_PASSWORD}
    used = {"refresh_token": cast.anybody.post("/sessions", body).json()["refresh_token"]}
    newer = {"refresh_token": cast.anybody.post("/sessions/refresh", used).json()["refresh_token"]}
    assert cast.anybody.post("/sessions/refresh", newer).status_code == 200
    refused(cast.anybody.post("/sessions/refresh", used), 401, "session_over")
