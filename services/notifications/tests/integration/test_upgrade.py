"""What was heard before groups' time zones and rosters were kept is heard again, and nobody is told twice."""

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from chassis import migrations
from chassis.database import Transactions
from chassis.outbox import Received
from chassis.testing import engine_of, service_database
from notifications.domain.identities import told
from notifications.models import Message

from .facts import MOTHER, child_registered, enrolled, group_published, hear_each, lesson_cancelled, messages

HEARD = text("INSERT INTO inbox (occurred_at, handler, event_id, state) VALUES (:at, :handler, :event_id, 'done')")
GROUP = text(
    "INSERT INTO fact (region_code, kind, fact_id, version, body)"
    ' VALUES (\'38\', \'group\', :id, 1, \'{"title": "Хор", "provider_name": "Дом"}\')'
)
READ_TO = text("INSERT INTO event_cursor (producer, epoch, position) VALUES (:producer, 'an epoch', 7)")


def test_groups_and_enrolments_are_read_again_from_their_logs() -> None:
    family, group, enrolment = child_registered((MOTHER,)), group_published(), enrolled()
    heard = {"on_child_registered": family, "on_group_published": group, "on_enrolled": enrolment}
    with service_database("notifications", migrate=False) as url:
        transactions = Transactions(engine_of(url))
        upgrade(url, "0001")
        heard_by_the_earlier_version(transactions, heard)
        upgrade(url, "head")
        with transactions.reading() as session:
            known = session.execute(text("SELECT handler FROM inbox")).scalars().all()
            cursors: dict[str, int] = dict(
                session.execute(text("SELECT producer, position FROM event_cursor")).tuples().all()
            )
        assert list(known) == ["on_child_registered"]
        assert cursors == {"accounts": 7, "catalog": 0, "enrollment": 0}
        hear_each(transactions, family, group, enrolment, lesson_cancelled())
        assert [message.kind for message in messages(transactions)] == ["enrolled", "lesson_cancelled"]


def heard_by_the_earlier_version(transactions: Transactions, heard: dict[str, Received]) -> None:
    with transactions.writing() as session:
        for handler, event in heard.items():
            session.execute(HEARD, {"at": event.occurred_at, "handler": handler, "event_id": event.event_id})
        for producer in ("accounts", "catalog", "enrollment"):
            session.execute(READ_TO, {"producer": producer})
        session.execute(GROUP, {"id": heard["on_group_published"].subject})
        enrolment = heard["on_enrolled"]
        written = {"subject": "Ребёнок зачислен в группу", "text": "…", "kind": "enrolled", "user_id": MOTHER}
        identity = told(enrolment.event_id, MOTHER)
        child_id, at = enrolment.data["child_id"], enrolment.occurred_at
        session.add(Message(region_code="38", message_id=identity, child_id=child_id, created_at=at, **written))


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts_of("notifications")))
    config.attributes["url"] = url
    command.upgrade(config, revision)
