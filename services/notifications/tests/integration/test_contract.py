from chassis.database import Transactions
from chassis.migrations import differences
from contracts import notifications, registry
from notifications.models import Base
from notifications.service import NotificationsService


def test_the_migrated_database_is_what_the_models_say(transactions: Transactions) -> None:
    assert differences(transactions.engine, Base.metadata) == []


def test_the_service_hears_what_the_registry_says() -> None:
    assert set(NotificationsService.handlers()) == {event.type for event in registry.READERS["notifications"]}


def test_the_service_answers_what_the_contract_says() -> None:
    answered = {getattr(getattr(NotificationsService, name), "contract", None) for name in dir(NotificationsService)}
    assert set(notifications.METHODS) <= answered


def test_no_column_can_hold_a_contact_or_a_token() -> None:
    columns = {column.name for table in Base.metadata.tables.values() for column in table.columns}
    assert not columns & {"email", "address", "full_name", "name", "phone", "token", "born_on"}
