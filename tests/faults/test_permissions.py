"""The broker and PostgreSQL themselves refuse a service what is its neighbour's; the contracts say what that is."""

import uuid
from collections.abc import Callable, Iterator
from itertools import permutations

import pika
import psycopg2
import pytest
import requests
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker
from psycopg2 import sql
from servers import Servers
from stack import endpoints, provision

from chassis.testing import infra, vhost
from chassis.testing.infra import PASSWORD
from contracts import topology
from contracts.registry import METHODS, PRODUCERS, SERVICES

RPC = topology.RPC_EXCHANGE
ACCESS_REFUSED, PRECONDITION_FAILED = 403, 406
PAIRS = list(permutations(SERVICES, 2))
STORED = [producer.SERVICE for producer in PRODUCERS]
EVENTS = {f"{producer.SERVICE}.events": producer.SERVICE for producer in PRODUCERS}
Act = Callable[[BlockingChannel], object]


def owner(queue: str) -> str:
    """Whose queue it is: `rpc-billing`, `rpc.reply-billing-…`, `evt.billing.accounts.v1`."""
    return queue.split(".")[1] if queue.startswith("evt.") else queue.removeprefix("rpc.reply-").split("-")[-1]


QUEUES = [queue["name"] for queue in topology.definitions()["queues"]]
STRANGE_QUEUES = [(user, queue) for user in SERVICES for queue in QUEUES if owner(queue) != user]
STRANGE_EXCHANGES = [(user, name) for user in SERVICES for name, of in EVENTS.items() if of != user]


class Broker:
    """A virtual host with the definitions and nobody in it; one connection for each user."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.connections = {user: self._connect(user) for user in SERVICES}
        self.reply_queues = {user: self._reply_queue(user) for user in SERVICES}

    def _connect(self, user: str) -> BlockingConnection:
        return pika.BlockingConnection(pika.URLParameters(infra().amqp_url(user, self.name)))

    def _reply_queue(self, user: str) -> str:
        name = f"rpc.reply-{user}-{uuid.uuid4()}"
        self.connections[user].channel().queue_declare(name, durable=True)
        return name

    def outcome(self, user: str, act: Act) -> int:
        """0 when the broker let the user do it, else the code it closed the channel with."""
        channel = self.connections[user].channel()
        channel.confirm_delivery()
        try:
            act(channel)
            channel.close()
        except ChannelClosedByBroker as closed:
            return int(closed.reply_code)
        return 0

    def allowed(self, user: str, acts: dict[str, Act]) -> list[str]:
        """Which of these the broker let the user do."""
        return [what for what, act in acts.items() if self.outcome(user, act) != ACCESS_REFUSED]


@pytest.fixture(scope="module")
def broker(servers: Servers) -> Iterator[Broker]:
    with servers.in_use(), vhost(topology.definitions()) as name:
        made = Broker(name)
        yield made
        for connection in made.connections.values():
            connection.close()


def publish(exchange: str, key: str, **properties: object) -> Act:
    return lambda channel: channel.basic_publish(exchange, key, b"{}", pika.BasicProperties(**properties))


def on_queue(queue: str, user: str) -> dict[str, Act]:
    """All that could be done to a queue."""
    return {
        "consume": lambda channel: channel.basic_consume(queue, lambda *_: None),
        "get": lambda channel: channel.basic_get(queue),
        "purge": lambda channel: channel.queue_purge(queue),
        "delete": lambda channel: channel.queue_delete(queue),
        "declare": lambda channel: channel.queue_declare(queue, durable=True),
        "bind": lambda channel: channel.queue_bind(queue, RPC, f"reply.{user}.{uuid.uuid4()}"),
        "unbind": lambda channel: channel.queue_unbind(queue, RPC, f"reply.{user}.{uuid.uuid4()}"),
        "publish": publish("", queue),
    }


@pytest.mark.parametrize(("user", "queue"), STRANGE_QUEUES)
def test_a_neighbour_s_queue_is_closed(broker: Broker, user: str, queue: str) -> None:
    assert broker.allowed(user, on_queue(queue, user)) == []


@pytest.mark.parametrize(("user", "other"), PAIRS)
def test_a_neighbour_s_reply_queue_is_closed(broker: Broker, user: str, other: str) -> None:
    assert broker.allowed(user, on_queue(broker.reply_queues[other], user)) == []


@pytest.mark.parametrize("user", SERVICES)
def test_no_queue_can_be_reached_past_its_exchange(broker: Broker, user: str) -> None:
    own = [queue for queue in [*QUEUES, broker.reply_queues[user]] if owner(queue) == user]
    assert broker.allowed(user, {queue: publish("", queue) for queue in own}) == []


@pytest.mark.parametrize(("user", "exchange"), STRANGE_EXCHANGES)
def test_a_neighbour_s_exchange_is_closed(broker: Broker, user: str, exchange: str) -> None:
    mine = broker.reply_queues[user]
    own = f"{user}.events"
    acts = {
        "publish": publish(exchange, f"{exchange.partition('.')[0]}.child.registered.v1.38"),
        "publish as oneself": publish(exchange, f"{user}.child.registered.v1.38", user_id=user),
        "listen": lambda channel: channel.queue_bind(mine, exchange, "#"),
        "listen to one": lambda channel: channel.queue_bind(mine, exchange, f"{EVENTS[exchange]}.*.v1.38"),
        "delete": lambda channel: channel.exchange_delete(exchange),
        "declare": lambda channel: channel.exchange_declare(exchange, "topic", durable=True),
    }
    if user in STORED:
        acts |= {
            "pour in": lambda channel: channel.exchange_bind(exchange, own, "#"),
            "pour out": lambda channel: channel.exchange_bind(own, exchange, "#"),
        }
    assert broker.allowed(user, acts) == []


@pytest.mark.parametrize("user", STORED)
def test_nobody_announces_under_another_s_name(broker: Broker, user: str) -> None:
    own = f"{user}.events"
    others = {other: publish(own, f"{other}.something.v1.38") for other in SERVICES if other != user}
    assert broker.allowed(user, others) == []
    assert broker.outcome(user, publish(own, f"{user}.something.v1.38", user_id=user)) == 0


@pytest.mark.parametrize(("user", "other"), PAIRS)
def test_nobody_speaks_as_another_user(broker: Broker, user: str, other: str) -> None:
    allowed = next(f"{m.service}.{m.name}" for m in METHODS if may_call(user, m))
    assert broker.outcome(user, publish(RPC, allowed, user_id=user)) == 0
    assert broker.outcome(user, publish(RPC, allowed, user_id=other)) == PRECONDITION_FAILED
    if user in STORED:
        event = publish(f"{user}.events", f"{user}.something.v1.38", user_id=other)
        assert broker.outcome(user, event) == PRECONDITION_FAILED


def may_call(user: str, method: object) -> bool:
    """Peers as the contract says; whoever acts for a person, or for nobody, is the gateway."""
    return user in method.peers or (user == "gateway" and bool(method.allow))


@pytest.mark.parametrize("target", STORED)
@pytest.mark.parametrize("user", SERVICES)
def test_a_service_calls_the_methods_that_the_contracts_allow_and_no_others(
    broker: Broker, user: str, target: str
) -> None:
    methods = [method for method in METHODS if method.service == target]
    calls = {method.name: publish(RPC, f"{target}.{method.name}") for method in methods}
    calls |= {name: publish(RPC, f"{target}.{name}") for name in ("nothing", "log.more", "*", "#", "")}
    assert broker.allowed(user, calls) == [method.name for method in methods if may_call(user, method)]


@pytest.mark.parametrize(("user", "other"), PAIRS)
def test_nobody_hears_what_another_is_asked_or_told(broker: Broker, user: str, other: str) -> None:
    mine = broker.reply_queues[user]
    keys = [
        f"{other}.*", f"{other}.#", f"{other}.log", "#", "*", "*.*", "*.log", "reply.#", "reply.*.*", "*.*.*",
        f"reply.{other}.{uuid.uuid4()}", f"reply.{other}.*", f"reply.{uuid.uuid4()}",
    ]  # fmt: skip
    binds: dict[str, Act] = {key: lambda channel, key=key: channel.queue_bind(mine, RPC, key) for key in keys}
    assert broker.allowed(user, binds) == []
    assert broker.outcome(user, lambda channel: channel.queue_bind(mine, RPC, f"reply.{user}.{uuid.uuid4()}")) == 0


@pytest.mark.parametrize(("user", "other"), PAIRS)
def test_only_who_can_be_asked_answers(broker: Broker, user: str, other: str) -> None:
    answers = broker.outcome(user, publish(RPC, f"reply.{other}.{uuid.uuid4()}")) == 0
    assert answers == any(method.service == user and may_call(other, method) for method in METHODS)


@pytest.mark.parametrize("user", SERVICES)
def test_the_topology_is_not_a_service_s_to_change(broker: Broker, user: str) -> None:
    acts: dict[str, Act] = {
        "delete the calls' exchange": lambda channel: channel.exchange_delete(RPC),
        "declare it": lambda channel: channel.exchange_declare(RPC, "topic", durable=True),
        "a new exchange": lambda channel: channel.exchange_declare(f"new-{uuid.uuid4()}"),
        "a new queue": lambda channel: channel.queue_declare(f"new-{uuid.uuid4()}"),
        "the broker's exchange": publish("amq.topic", "anything"),
        "listen to the broker": lambda channel: channel.queue_bind(broker.reply_queues[user], "amq.topic", "#"),
    }
    assert broker.allowed(user, acts) == []
    api = infra().rabbitmq_api_url.rpartition("@")[2]
    assert requests.get(f"http://{user}:{PASSWORD}@{api}/api/overview", timeout=10).status_code == 401


@pytest.mark.parametrize("user", STORED)
def test_what_is_its_own_is_open(broker: Broker, user: str) -> None:
    own = [queue for queue in [*QUEUES, broker.reply_queues[user]] if owner(queue) == user]
    assert f"rpc-{user}" in own
    for queue in own:
        assert broker.outcome(user, lambda channel, queue=queue: channel.basic_consume(queue, lambda *_: None)) == 0


@pytest.fixture(scope="module")
def databases(servers: Servers) -> dict[str, str]:
    """URLs of databases made as `make up` makes them, with a table in each."""
    database = endpoints.database(servers.infra, {})
    provision.databases(servers.infra, database)
    urls = {role: f"postgresql://{role}:{PASSWORD}@{database.host}:{database.port}/{role}" for role in STORED}
    for role in STORED:
        with psycopg2.connect(urls[role]) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS own_table (value text)")
    return urls


def refusal(url: str, statement: str = "SELECT 1") -> str:
    """PostgreSQL's reason for refusing, or nothing."""
    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except psycopg2.OperationalError as error:
        return str(error)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except psycopg2.Error as error:
        return str(error)
    finally:
        connection.close()
    return ""


def of(url: str, database: str) -> str:
    """The same role at another database."""
    return f"{url.rpartition('/')[0]}/{database}"


@pytest.mark.parametrize(("role", "other"), permutations(STORED, 2))
def test_a_neighbour_s_database_is_closed(databases: dict[str, str], role: str, other: str) -> None:
    assert refusal(of(databases[role], role), "SELECT value FROM own_table") == ""
    assert "permission denied for database" in refusal(of(databases[role], other))


@pytest.mark.parametrize(("role", "other"), permutations(STORED, 2))
def test_even_behind_an_open_door_a_neighbour_s_tables_are_closed(
    servers: Servers, databases: dict[str, str], role: str, other: str
) -> None:
    names = sql.Identifier(other), sql.Identifier(role)
    admin = psycopg2.connect(endpoints.database(servers.infra, {}).admin_url)
    admin.autocommit = True
    try:
        admin.cursor().execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(*names))
        for statement in (
            "SELECT value FROM own_table",
            "INSERT INTO own_table VALUES ('x')",
            "DROP TABLE own_table",
            "CREATE TABLE another (value text)",
        ):
            reason = refusal(of(databases[role], other), statement)
            assert "permission denied" in reason or "must be owner" in reason, statement
    finally:
        admin.cursor().execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {}").format(*names))
        admin.close()


@pytest.mark.parametrize("role", STORED)
def test_a_role_is_a_role_and_no_more(databases: dict[str, str], role: str) -> None:
    other = next(each for each in STORED if each != role)
    for statement in (
        f"SET ROLE {other}",
        "SET ROLE postgres",
        "CREATE ROLE another",
        "CREATE DATABASE another",
        f"ALTER ROLE {other} PASSWORD 'mine'",
        "SELECT rolpassword FROM pg_authid",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
    ):
        assert refusal(databases[role], statement), statement


def test_the_gateway_has_no_database(databases: dict[str, str]) -> None:
    for database in STORED:
        url = databases[database].replace(f"{database}:", "gateway:")
        assert "password authentication failed" in refusal(url)
