"""Settings are read once, checked, and hold from then on."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from billing.settings import Settings, acceptance_days
from chassis.settings import SettingsInvalid, load

KEY = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
GOOD = {"KRUZHOK_ENV": "test", "KRUZHOK_AMQP_URL": "amqp://nobody", "KRUZHOK_TOKEN_PUBLIC_KEY": KEY.decode()}


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    load(Settings, GOOD)


def test_a_contract_waits_as_many_days_as_were_set_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    load(Settings, GOOD | {"BILLING_ACCEPTANCE_DAYS": "3"})
    monkeypatch.setenv("BILLING_ACCEPTANCE_DAYS", "5")
    assert acceptance_days() == 3


def test_a_contract_waits_a_week_unless_told_otherwise() -> None:
    load(Settings, GOOD)
    assert acceptance_days() == 7


@pytest.mark.parametrize("days", ["0", "-1", "week"])
def test_contracts_that_do_not_wait_are_refused_at_the_start(days: str) -> None:
    with pytest.raises(SettingsInvalid, match="BILLING_ACCEPTANCE_DAYS"):
        load(Settings, GOOD | {"BILLING_ACCEPTANCE_DAYS": days})
