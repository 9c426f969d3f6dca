from certificates.models import Base
from certificates.service import CertificatesService
from chassis.database import Transactions
from chassis.migrations import differences
from contracts import certificates, registry


def test_the_migrated_database_is_what_the_models_say(transactions: Transactions) -> None:
    assert differences(transactions.engine, Base.metadata) == []


def test_the_service_hears_what_the_registry_says() -> None:
    assert set(CertificatesService.handlers()) == {event.type for event in registry.READERS["certificates"]}


def test_the_service_answers_what_the_contract_says() -> None:
    answered = {getattr(getattr(CertificatesService, name), "contract", None) for name in dir(CertificatesService)}
    assert set(certificates.METHODS) <= answered
