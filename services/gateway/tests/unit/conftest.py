"""The application with everything real but the services: their answers are given at the RPC boundary."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask import Flask
from flask.testing import FlaskClient

from chassis import http, tokens
from chassis.context import Actor
from chassis.settings import load
from gateway.app import create_app
from gateway.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))

from rpc_boundary import SUBJECT, Services


@dataclass(frozen=True)
class Keys:
    private: str
    public: str


@pytest.fixture(scope="session")
def keys() -> Keys:
    key = Ed25519PrivateKey.generate()
    return Keys(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


@pytest.fixture(scope="session")
def app(keys: Keys) -> Flask:
    environ = {"KRUZHOK_ENV": "test", "KRUZHOK_AMQP_URL": "amqp://nobody", "KRUZHOK_TOKEN_PUBLIC_KEY": keys.public}
    return create_app(load(Settings, environ))


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    found = Services()
    monkeypatch.setattr(http, "service", lambda: SimpleNamespace(calls=found))
    return found


@pytest.fixture
def client(app: Flask, services: Services) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


@pytest.fixture
def bearer(keys: Keys) -> Callable[..., dict[str, str]]:
    def make(role: str = "guardian", lifetime_seconds: int = 600) -> dict[str, str]:
        token = tokens.issue(keys.private, Actor(SUBJECT, role, "38"), lifetime_seconds, datetime.now(UTC))
        return {"Authorization": f"Bearer {token}"}

    return make
