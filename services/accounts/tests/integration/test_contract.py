"""The service is what its contract and its migrations say."""

import json
from pathlib import Path

import pytest

import contracts
from accounts.models import Base
from accounts.service import AccountsService
from chassis.migrations import differences
from chassis.testing import received
from contracts import accounts, registry

from .house import House

_MESSAGES = Path(contracts.__file__).parent / "golden"
GOLDEN = sorted(path for event in registry.READERS["accounts"] for path in (_MESSAGES / event.type).glob("*.json"))


def test_the_migrated_database_is_what_the_models_say(house: House) -> None:
    assert differences(house.transactions.engine, Base.metadata) == []


def test_the_service_hears_what_the_registry_says() -> None:
    assert set(AccountsService.handlers()) == {event.type for event in registry.READERS["accounts"]}


def test_the_service_answers_what_the_contract_says() -> None:
    answered = {getattr(getattr(AccountsService, name), "contract", None) for name in dir(AccountsService)}
    assert set(accounts.METHODS) <= answered


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_messages_of_all_times_are_understood(standing_house: House, path: Path) -> None:
    message = json.loads(path.read_text(encoding="utf-8"))
    envelope = {name: message[name] for name in ("subject", "region_code", "version", "data")}
    standing_house.hear(received(registry.EVENTS[message["type"]], **envelope))
