"""Ends that came before accounts kept them are read from enrollment's log."""

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from chassis import migrations
from chassis.database import Transactions
from chassis.testing import engine_of, service_database

READ_TO = text("INSERT INTO event_cursor (producer, epoch, position) VALUES (:producer, 'an epoch', 7)")


def test_enrollments_log_is_read_again_from_its_beginning_and_catalogs_is_not() -> None:
    with service_database("accounts", migrate=False) as url:
        transactions = Transactions(engine_of(url))
        upgrade(url, "0002")
        with transactions.writing() as session:
            for producer in ("catalog", "enrollment"):
                session.execute(READ_TO, {"producer": producer})
        upgrade(url, "0003")
        with transactions.reading() as session:
            cursors = session.execute(text("SELECT producer, epoch, position FROM event_cursor")).tuples().all()
    assert sorted(cursors) == [("catalog", "an epoch", 7), ("enrollment", "an epoch", 0)]


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts_of("accounts")))
    config.attributes["url"] = url
    command.upgrade(config, revision)
