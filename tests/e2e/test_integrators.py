"""An integrator with nothing but docs/integrators.md: its access, the program in the document, and what is closed."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pika
import pytest
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker
from sqlalchemy import text
from stack import endpoints, integrators
from stack.errors import StackError
from stack.infra import Infra
from stack.ports import InfraPorts

import contracts
from chassis.database import Transactions, create
from chassis.outbox import record
from chassis.testing import infra, running_suite, wait_for
from chassis.testing.broker import api
from chassis.testing.suite import Suite
from contracts import asyncapi, topology
from contracts.integrators import history_of, queue_of
from contracts.registry import EVENTS

DOCUMENT = Path(__file__).parents[2] / "docs" / "integrators.md"
GOLDEN = Path(contracts.__file__).parent / "golden"
PROGRAM = re.compile(r"<!-- program: consumer\.py -->\n```python\n(.*?)```\n<!-- /program -->", re.DOTALL)
REFUSED = 403
SECONDS = 30
Act = Callable[[Any], object]


@dataclass
class Portal:
    """The enrolment service on a broker of its own, and whoever runs it."""

    suite: Suite
    transactions: Transactions
    operator: Infra
    broker: endpoints.Broker
    names: list[str] = field(default_factory=list)

    def grant(self, region_code: str) -> "Access":
        """What `make integrator` does."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        url = integrators.grant(self.operator, self.broker, name, region_code)
        self.names.append(name)
        return Access(name, region_code, url)

    def revoke(self, name: str) -> None:
        """What `make integrator` without a region does."""
        integrators.revoke(self.operator, self.broker, name)
        self.names.remove(name)

    def announce(self, event_type: str, region_code: str, subject: str, version: int) -> str:
        """The event's golden message about a subject of one's own, through the outbox; its id."""
        golden = json.loads((GOLDEN / event_type / "0001.json").read_text(encoding="utf-8"))
        event = EVENTS[event_type]
        with self.transactions.writing() as session:
            data = event.schema().load(golden["data"])
            return record(session, event, region_code=region_code, subject=subject, version=version, data=data)

    def publish_again(self, *event_ids: str) -> None:
        """What happens when the broker's confirm of these events was lost."""
        with self.transactions.writing() as session:
            again = "UPDATE outbox SET published_at = NULL WHERE CAST(event_id AS text) = ANY(:ids)"
            session.execute(text(again), {"ids": list(event_ids)})


@dataclass(frozen=True)
class Access:
    """What an integrator was told."""

    name: str
    region_code: str
    url: str

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel on a connection of its own."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def outcome(self, act: Act) -> int:
        """0 when the broker let the integrator do it, else the code it closed the channel with."""
        with self.channel() as channel:
            channel.confirm_delivery()
            try:
                act(channel)
            except ChannelClosedByBroker as closed:
                return int(closed.reply_code)
        return 0


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with running_suite(services=("enrollment",)) as suite:
        engine = create(suite.database_url["enrollment"], "integrators-tests")
        named = {"KRUZHOK_AMQP_ADMIN_URL": infra().amqp_admin_url + suite.vhost}
        named["KRUZHOK_RABBITMQ_API_URL"] = infra().rabbitmq_api_url
        operator = Infra(tmp_path_factory.mktemp("operator"), InfraPorts.from_base(26000))
        made = Portal(suite, Transactions(engine), operator, endpoints.broker(operator, named))
        try:
            yield made
        finally:
            engine.dispose()
            for name in list(made.names):
                made.revoke(name)


@pytest.fixture(scope="module")
def access(portal: Portal) -> Access:
    return portal.grant("38")


class Consumer:
    """The document's program, running."""

    def __init__(self, directory: Path, url: str, queue: str, since: str = "") -> None:
        (program,) = PROGRAM.findall(DOCUMENT.read_text(encoding="utf-8"))
        directory.mkdir(exist_ok=True)
        (directory / "consumer.py").write_text(program, encoding="utf-8")
        self.store, self.output = directory / "events.sqlite", directory / "output"
        self.environment = {
            "PATH": os.environ["PATH"], "PYTHONUTF8": "1", "INTEGRATOR_URL": url, "INTEGRATOR_QUEUE": queue,
            "INTEGRATOR_SINCE": since,
        }  # fmt: skip
        self.command = [sys.executable, "consumer.py"]
        self.start()

    def start(self) -> None:
        """Run it, again when it was ended."""
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=self.store.parent, env=self.environment, stdout=output, stderr=output
            )

    def end(self) -> None:
        """As a machine's restart would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def query(self, statement: str, *values: Any) -> list[Any]:
        """Rows of its database; none while it has not made it."""
        with sqlite3.connect(self.store, timeout=30) as store:
            try:
                return store.execute(statement, values).fetchall()
            except sqlite3.OperationalError:
                return []

    def has(self, *event_ids: str) -> None:
        """Wait until it has kept all of them."""
        marks = ", ".join("?" * len(event_ids))
        statement = f"SELECT id FROM event WHERE id IN ({marks})"
        wait_for(
            lambda: len(self.query(statement, *event_ids)) == len(event_ids), SECONDS, f"{self.said()} {event_ids}"
        )

    def said(self) -> str:
        """All it has printed."""
        return self.output.read_text(encoding="utf-8")


@contextmanager
def consumer(directory: Path, url: str, queue: str, since: str = "") -> Iterator[Consumer]:
    running = Consumer(directory, url, queue, since)
    try:
        yield running
    finally:
        running.end()


def test_the_program_reads_its_region_once_and_in_order_through_restarts(
    portal: Portal, access: Access, tmp_path: Path
) -> None:
    pupil, stranger = str(uuid.uuid4()), str(uuid.uuid4())
    first = portal.announce("enrollment.application.submitted.v1", "38", pupil, 1)
    portal.announce("enrollment.enrolled.v1", "05", stranger, 1)
    with consumer(tmp_path, access.url, queue_of(access.name)) as running:
        running.has(first)
        second = portal.announce("enrollment.enrolled.v1", "38", pupil, 2)
        running.has(second)

        running.end()
        third = portal.announce("enrollment.withdrawn.v1", "38", pupil, 3)
        portal.publish_again(first, second)
        running.start()
        late = portal.announce("enrollment.application.confirmed.v1", "38", pupil, 1)
        running.has(third, late)

        assert running.query("SELECT count(*) FROM event WHERE subject = ?", pupil) == [(4,)]
        assert running.query("SELECT version, type FROM newest WHERE subject = ?", pupil) == [
            (3, "enrollment.withdrawn.v1")
        ]
        assert running.query("SELECT 1 FROM event WHERE subject = ?", stranger) == []
        printed = [json.loads(line) for line in running.said().splitlines() if line.startswith("{")]
        kinds = [line["type"] for line in printed]
        assert kinds.count("enrollment.application.submitted.v1") == kinds.count("enrollment.enrolled.v1") == 1


def test_the_program_catches_up_from_the_history_into_an_empty_database(
    portal: Portal, access: Access, tmp_path: Path
) -> None:
    lesson = str(uuid.uuid4())
    events = [portal.announce("enrollment.lesson.moved.v1", "38", lesson, version) for version in (1, 2, 3)]
    with consumer(tmp_path / "queue", access.url, queue_of(access.name)) as running:
        running.has(*events)
    for name, since in (("first", "first"), ("instant", "2020-01-01T00:00+08:00")):
        with consumer(tmp_path / name, access.url, history_of("38"), since) as again:
            again.has(*events)
            assert again.query("SELECT version FROM newest WHERE subject = ?", lesson) == [(3,)]


def test_what_is_on_the_wire_is_what_the_asyncapi_document_says(portal: Portal) -> None:
    access, document = portal.grant("05"), asyncapi.document()
    for event_type in document["channels"]:
        portal.announce(event_type, "05", str(uuid.uuid4()), 1)
    seen = {}
    with access.channel() as channel:
        for delivery, properties, body in channel.consume(queue_of(access.name), inactivity_timeout=SECONDS):
            assert delivery is not None, f"only {sorted(seen)} came"
            seen[properties.type] = delivery.routing_key
            message = document["components"]["messages"][properties.type]
            for part, schema in ((properties.headers, message["headers"]), (json.loads(body), message["payload"])):
                jsonschema.validate(part, {**schema, "components": document["components"]})
            assert properties.content_type == message["contentType"]
            assert (properties.content_encoding, properties.delivery_mode) == ("utf-8", 2)
            assert properties.message_id == properties.headers["ce-id"]
            channel.basic_ack(delivery.delivery_tag)
            if len(seen) == len(document["channels"]):
                break
        channel.cancel()
    assert seen == {
        event_type: channel["address"].format(region="05") for event_type, channel in document["channels"].items()
    }


def test_an_integrator_s_own_queue_and_its_region_s_history_are_open(portal: Portal, access: Access) -> None:
    for queue in (queue_of(access.name), history_of("38")):
        assert access.outcome(lambda channel, queue=queue: consume(channel, queue)) == 0


def test_what_nobody_reads_does_not_fill_the_broker(portal: Portal, access: Access) -> None:
    for queue, limit in ((queue_of(access.name), "message-ttl"), (history_of("38"), "max-age")):
        path = f"queues/{portal.suite.vhost}/{queue}"
        known = wait_for(lambda path=path: api("GET", path).get("effective_policy_definition"), SECONDS, path)
        assert {limit, "max-length-bytes"} <= set(known)


def consume(channel: Any, queue: str) -> None:
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue, lambda *_: None)


def test_every_other_queue_is_closed(portal: Portal, access: Access) -> None:
    neighbour = portal.grant("05")
    queues = [queue["name"] for queue in topology.definitions()["queues"]]
    for queue in [*queues, queue_of(neighbour.name), history_of("05")]:
        acts: dict[str, Act] = {
            "consume": lambda channel, queue=queue: consume(channel, queue),
            "get": lambda channel, queue=queue: channel.basic_get(queue),
            "purge": lambda channel, queue=queue: channel.queue_purge(queue),
            "delete": lambda channel, queue=queue: channel.queue_delete(queue),
            "publish": lambda channel, queue=queue: channel.basic_publish("", queue, b"{}"),
        }
        assert {what: access.outcome(act) for what, act in acts.items()} == dict.fromkeys(acts, REFUSED), queue


def test_no_other_region_or_exchange_can_be_listened_to_and_nothing_can_be_published(
    portal: Portal, access: Access
) -> None:
    own = queue_of(access.name)
    exchanges = [exchange["name"] for exchange in topology.definitions()["exchanges"]]
    acts: dict[str, Act] = {
        f"{what} {exchange}": act
        for exchange in [*exchanges, "amq.topic", "amq.fanout"]
        for what, act in {
            "bind": lambda channel, exchange=exchange: channel.queue_bind(own, exchange, "enrollment.enrolled.v1.05"),
            "bind its own region": lambda channel, exchange=exchange: channel.queue_bind(own, exchange, "#.38"),
            "unbind": lambda channel, exchange=exchange: channel.queue_unbind(own, exchange, "#"),
            "publish": lambda channel, exchange=exchange: channel.basic_publish(exchange, f"{exchange}.v1.38", b"{}"),
            "delete": lambda channel, exchange=exchange: channel.exchange_delete(exchange),
        }.items()
    }
    acts |= {
        "a new queue": lambda channel: channel.queue_declare(f"int.{access.name}.more"),
        "a queue without a name": lambda channel: channel.queue_declare("", exclusive=True),
        "a new exchange": lambda channel: channel.exchange_declare(f"int.{access.name}"),
        "delete its queue": lambda channel: channel.queue_delete(own),
        "publish to its queue": lambda channel: channel.basic_publish("", own, b"{}"),
        "publish to its history": lambda channel: channel.basic_publish("", history_of("38"), b"{}"),
    }
    assert {what: access.outcome(act) for what, act in acts.items()} == dict.fromkeys(acts, REFUSED)


def test_access_that_is_taken_away_ends_at_once(portal: Portal) -> None:
    access = portal.grant("38")
    with access.channel() as channel:
        channel.basic_consume(queue_of(access.name), lambda *_: None)
        channel.connection.call_later(SECONDS, channel.stop_consuming)
        portal.revoke(access.name)
        with pytest.raises((AMQPConnectionError, ChannelClosedByBroker)):
            channel.start_consuming()
    with pytest.raises(AMQPConnectionError):
        pika.BlockingConnection(pika.URLParameters(access.url))
    with pytest.raises(StackError, match="no integrator"):
        integrators.revoke(portal.operator, portal.broker, access.name)


def test_what_was_granted_is_there_after_a_boot_of_an_empty_broker(portal: Portal, access: Access) -> None:
    whole = integrators.definitions(portal.operator, portal.broker)
    assert {"name": f"int-{access.name}", "tags": ""} in whole["users"]
    assert queue_of(access.name) in {queue["name"] for queue in whole["queues"]}
    assert {one["vhost"] for one in whole["permissions"]} == {portal.suite.vhost}


def test_a_name_belongs_to_one_region_and_has_a_plain_form(portal: Portal, access: Access) -> None:
    with pytest.raises(StackError, match="reads region 38"):
        integrators.grant(portal.operator, portal.broker, access.name, "05")
    with pytest.raises(StackError, match="small letters"):
        integrators.grant(portal.operator, portal.broker, "a.*", "38")
