"""What the plugin promises to tests."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis import metrics, outbox, tables
from chassis.context import Actor, actor
from chassis.errors import Unauthenticated
from chassis.testing import acting, engine_of, infra, received, recorded, service_database, vhost, wait_for
from chassis.testing.broker import api

DEFINITIONS: dict[str, Any] = {
    "users": [{"name": "shop", "tags": ""}],
    "permissions": [{"user": "shop", "vhost": "/", "configure": "", "write": "", "read": "^evt"}],
    "queues": [{"name": "evt.shop", "vhost": "/", "durable": True, "auto_delete": False, "arguments": {}}],
    "exchanges": [],
    "bindings": [{"source": "amq.topic", "vhost": "/", "destination": "evt.shop", "destination_type": "queue",
                  "routing_key": "sold", "arguments": {}}],
}  # fmt: skip


class SoldSchema(Schema):
    shoe_id = fields.String(required=True)
    sold_on = fields.Date(required=True)


class Sold:
    producer = "shop"
    type = "shop.sold.v1"
    schema = SoldSchema


def _vhosts() -> set[str]:
    return {host["name"] for host in api("GET", "vhosts")}


def test_a_database_is_fresh_and_gone_afterwards() -> None:
    with service_database("shop") as first, service_database("shop") as second:
        with engine_of(first).begin() as connection:
            connection.execute(tables.fact.insert().values(region_code="38", kind="k", fact_id="1", version=1, body={}))
        with engine_of(second).connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM fact")) == 0
    with pytest.raises(OperationalError, match="does not exist"):
        engine_of(first).connect()


def test_a_database_goes_even_while_somebody_is_connected() -> None:
    with service_database("shop", migrate=False) as url:
        connection = engine_of(url).connect()
    with pytest.raises(OperationalError):
        connection.execute(text("SELECT 1"))
    connection.invalidate()


def test_a_neighbours_role_cannot_connect() -> None:
    refused = pytest.raises(OperationalError, match="permission denied")
    with service_database("shop") as url, service_database("bakery", migrate=False), refused:
        engine_of(url.replace("//shop:", "//bakery:")).connect()


def test_a_virtual_host_has_the_definitions_and_is_gone_afterwards() -> None:
    with vhost(DEFINITIONS) as name:
        assert name in _vhosts()
        assert [queue["name"] for queue in api("GET", f"queues/{name}")] == ["evt.shop"]
        (permission,) = (each for each in api("GET", f"vhosts/{name}/permissions") if each["user"] == "shop")
        assert permission["read"] == "^evt"
        assert ("amq.topic", "sold") in {
            (binding["source"], binding["routing_key"]) for binding in api("GET", f"bindings/{name}")
        }
    assert name not in _vhosts()


def test_users_are_shared_between_virtual_hosts() -> None:
    with vhost(DEFINITIONS) as first, vhost(DEFINITIONS) as second:
        assert first != second
        assert infra().amqp_url("shop", first).endswith(f"/{first}")


def test_the_caller_is_set_within_the_block_only() -> None:
    guardian = Actor("person-1", "guardian", "38")
    with acting(guardian):
        assert actor() == guardian
    with pytest.raises(Unauthenticated):
        actor()


def test_what_was_recorded_is_read_in_order() -> None:
    with service_database("shop") as url, Session(engine_of(url)) as session:
        for version in (1, 2):
            data = {"shoe_id": "s-1", "sold_on": date(2026, 9, version)}
            outbox.record(session, Sold(), region_code="38", subject="s-1", version=version, data=data)
        events = recorded(session)
    assert [(event.type, event.subject, event.version) for event in events] == [
        ("shop.sold.v1", "s-1", 1),
        ("shop.sold.v1", "s-1", 2),
    ]
    assert events[1].data == {"shoe_id": "s-1", "sold_on": "2026-09-02"}


@pytest.mark.parametrize("sold_on", ["2026-09-01", date(2026, 9, 1)])
def test_an_event_for_a_handler_is_loaded_by_its_contract(sold_on: Any) -> None:
    event = received(Sold(), subject="s-1", data={"shoe_id": "s-1", "sold_on": sold_on}, version=4)
    assert (event.data["sold_on"], event.version, event.region_code) == (date(2026, 9, 1), 4, "38")
    assert uuid.UUID(event.event_id)
    with pytest.raises(ValidationError, match="sold_on"):
        received(Sold(), subject="s-1", data={"shoe_id": "s-1"})


def test_waiting_returns_what_it_waited_for_or_tells_what_it_last_saw() -> None:
    answers = iter([None, 0, "here"])
    assert wait_for(lambda: next(answers), 5, every=0) == "here"
    with pytest.raises(AssertionError, match="a shoe did not happen within 0 s; last seen: 0"):
        wait_for(lambda: 0, 0, "a shoe")


def test_the_backlog_is_measured() -> None:
    with service_database("shop") as url, Session(engine_of(url)) as session:
        outbox.record(
            session, Sold(), region_code="38", subject="s", version=1,
            data={"shoe_id": "s", "sold_on": date(2026, 9, 1)},
        )  # fmt: skip
        session.execute(tables.outbox.update().values(recorded_at=text("now() - interval '90 seconds'")))
        for number, state in enumerate(["retry", "parked", "parked", "done"]):
            session.execute(
                tables.inbox.insert().values(
                    occurred_at=datetime.now(UTC), handler="h", event_id=str(number), state=state
                )
            )
        metrics.measure_backlog(session)
        gauges = [metrics.OUTBOX_WAITING, metrics.INBOX_RETRY, metrics.INBOX_PARKED]
        assert [gauge.collect()[0].samples[0].value for gauge in gauges] == [1, 1, 2]
        assert 89 < metrics.OUTBOX_LAG.collect()[0].samples[0].value < 120
        session.execute(tables.outbox.update().values(published_at=text("now()")))
        metrics.measure_backlog(session)
        assert metrics.OUTBOX_WAITING.collect()[0].samples[0].value == 0
        assert metrics.OUTBOX_LAG.collect()[0].samples[0].value == 0
