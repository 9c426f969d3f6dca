import json
from pathlib import Path

import pytest

import contracts
from certificates.models import Base
from certificates.service import CertificatesService
from chassis.database import Transactions
from chassis.migrations import differences
from chassis.testing import received
from contracts import certificates, registry

from .facts import hear

_MESSAGES = Path(contracts.__file__).parent / "golden"
GOLDEN = sorted(path for event in registry.READERS["certificates"] for path in (_MESSAGES / event.type).glob("*.json"))


def test_the_migrated_database_is_what_the_models_say(transactions: Transactions) -> None:
    assert differences(transactions.engine, Base.metadata) == []


def test_the_service_hears_what_the_registry_says() -> None:
    assert set(CertificatesService.handlers()) == {event.type for event in registry.READERS["certificates"]}


def test_the_service_answers_what_the_contract_says() -> None:
    answered = {getattr(getattr(CertificatesService, name), "contract", None) for name in dir(CertificatesService)}
    assert set(certificates.METHODS) <= answered


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_messages_of_all_times_are_understood(transactions: Transactions, path: Path) -> None:
    message = json.loads(path.read_text(encoding="utf-8"))
    envelope = {name: message[name] for name in ("subject", "region_code", "version", "data")}
    with transactions.writing() as session:
        hear(session, received(registry.EVENTS[message["type"]], **envelope))
