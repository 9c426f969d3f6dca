"""The running market, and what tests ask of it."""

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pika
import requests
from sqlalchemy import text

from chassis.context import Actor
from chassis.testing import RpcClient, ServiceProcess, Suite, engine_of, infra, running_suite, wait_for
from chassis.testing.broker import api
from market import contracts, topology

SOURCES = Path(__file__).parent.parent
BUYER = Actor(subject="11111111-2222-3333-4444-555555555555", role="buyer", region_code=contracts.REGION)
FAST = {
    "KRUZHOK_RETRY_DELAYS_SECONDS": "1,1,1",
    "KRUZHOK_CATCH_UP_SECONDS": "1",
    "KRUZHOK_CATCH_UP_AGE_SECONDS": "2",
}


class World:
    """A running suite of the market's services."""

    def __init__(self, suite: Suite, journal: Path) -> None:
        self.suite = suite
        self.journal = journal
        self.client: RpcClient = suite.rpc("front")
        self.token = suite.token(BUYER)

    @property
    def orders(self) -> ServiceProcess:
        return self.suite.processes["orders"][0]

    @property
    def stock(self) -> ServiceProcess:
        return self.suite.processes["stock"][0]

    @property
    def front(self) -> ServiceProcess:
        return self.suite.processes["front"][0]

    def close(self) -> None:
        with suppress(pika.exceptions.AMQPError):
            self.client.close()

    def ask(self, service: str, method: str, fields: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Call as the front; the reply as it came."""
        return self.client.call(service, method, fields, **options)

    def place(self, basket: str, wish: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Place an order; `wish` is the stock's, `orders_wish` the orders' own. The reply as it came."""
        fields = {"basket_id": basket, "stock_wish": wish or {}, "wish": options.pop("orders_wish", {})}
        given = {"token": self.token, "key": str(uuid.uuid4())} | options
        return self.ask("orders", "place_order", fields, **given)

    def placed(self, basket: str, wish: Mapping[str, Any] | None = None) -> str:
        """Place an order that is accepted; its event's id."""
        reply = self.place(basket, wish)
        assert reply["error"] is None, reply
        return str(reply["result"]["event_id"])

    def http(self, path: str, fields: Mapping[str, Any] | None = None, **headers: str) -> requests.Response:
        """Ask the front over HTTP."""
        return requests.post(
            f"{self.suite.url}/{path}",
            json=fields or {},
            headers={"Authorization": f"Bearer {self.token}", **headers},
            timeout=30,
        )

    def pending(self) -> int:
        """Calls for which the front still waits."""
        return int(requests.get(f"{self.suite.url}/pending", timeout=5).json()["pending"])

    def rows(self, service: str, query: str, **values: Any) -> list[Any]:
        """Ask a service's database."""
        with engine_of(self.suite.database_url[service]).connect() as connection:
            return list(connection.execute(text(query), values))

    def change(self, service: str, *statements: str, **values: Any) -> None:
        """Change a service's database behind its back."""
        with engine_of(self.suite.database_url[service]).begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def effects(self, mark: str) -> int:
        """How often it took effect at the stock."""
        return int(self.rows("stock", "SELECT count(*) FROM effect WHERE mark = :mark", mark=mark)[0][0])

    def purchases(self, basket: str) -> int:
        """How often it took effect at the orders."""
        query = "SELECT count(*) FROM purchase WHERE basket_id = :basket"
        return int(self.rows("orders", query, basket=basket)[0][0])

    def attempts(self, event_id: str) -> int:
        """How often the stock has begun to handle the event."""
        return self.journal.read_text(encoding="utf-8").splitlines().count(event_id) if self.journal.exists() else 0

    def inbox(self, event_id: str) -> list[Any]:
        """The stock's inbox rows of the event, those that count deliveries left out."""
        query = "SELECT * FROM inbox WHERE event_id = :id AND handler NOT LIKE '%#begun'"
        return self.rows("stock", query, id=event_id)

    def applied(self, event_id: str) -> list[str]:
        """Outcomes of all deliveries of the event to the stock, by its log."""
        return [line["outcome"] for line in self.stock.logged("applied") if line["event_id"] == event_id]

    def redeliveries(self, event_id: str) -> int:
        """How often the event has come to the stock again."""
        query = "SELECT attempts FROM inbox WHERE event_id = :id AND handler LIKE '%#begun'"
        return sum(row.attempts for row in self.rows("stock", query, id=event_id))

    def parked(self, reason: str) -> list[Any]:
        """What the stock has parked with such a reason."""
        query = "SELECT * FROM inbox WHERE state = 'parked' AND error LIKE :reason"
        return self.rows("stock", query, reason=f"%{reason}%")

    def waiting(self, queue: str = topology.QUEUE) -> int:
        """Messages in a queue that nobody has been given."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    @contextmanager
    def channel(self, user: str = "") -> Iterator[Any]:
        """A channel as a broker user; as the administrator by default."""
        url = self.suite.amqp_url(user) if user else self._administrator()
        connection = pika.BlockingConnection(pika.URLParameters(f"{url}?heartbeat=0"))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def _administrator(self) -> str:
        parts = urlsplit(infra().amqp_admin_url)
        return urlunsplit((parts.scheme, parts.netloc, f"/{self.suite.vhost}", "", ""))

    def publish(self, *events: tuple[bytes, dict[str, Any]], user: str = "orders", **properties: Any) -> None:
        """Publish bodies and headers to the orders' exchange, past the outbox; None leaves a property out."""
        key = f"{contracts.PLACED.type}.{contracts.REGION}"
        usual = {"content_type": "application/json", "user_id": "orders", "delivery_mode": 2} | properties
        given = {name: value for name, value in usual.items() if value is not None}
        with self.channel(user) as channel:
            channel.confirm_delivery()
            for body, headers in events:
                channel.basic_publish("orders.events", key, body, pika.BasicProperties(headers=headers, **given))

    def published(self, event_id: str) -> tuple[bytes, dict[str, Any]]:
        """Body and headers of an event of the orders', as its relay has sent them."""
        (row,) = self.rows("orders", "SELECT * FROM outbox WHERE event_id = :id", id=event_id)
        _, headers = new_event(row.subject)
        headers |= {"ce-id": event_id, "ce-time": row.occurred_at.isoformat(), "version": row.version}
        return json.dumps(row.data).encode(), headers

    @contextmanager
    def overheard(self) -> Iterator[Callable[[], list[Any]]]:
        """Within the block, all events of the orders' are copied; call to get (properties, body) of those so far."""
        with self.channel() as channel:
            queue = channel.queue_declare("", exclusive=True).method.queue
            channel.queue_bind(queue, "orders.events", "#")
            heard: list[Any] = []

            def so_far() -> list[Any]:
                while True:
                    method, properties, body = channel.basic_get(queue, auto_ack=True)
                    if method is None:
                        return heard
                    heard.append((properties, json.loads(body)))

            yield so_far

    @contextmanager
    def unbound(self) -> Iterator[None]:
        """Within the block, the broker loses the orders' events."""
        api("DELETE", f"{self._bindings()}/{contracts.PLACED.type}.*")
        try:
            yield
        finally:
            self._bind()

    @contextmanager
    def without_exchange(self) -> Iterator[None]:
        """Within the block, the broker refuses the orders' events."""
        exchange = f"exchanges/{self.suite.vhost}/orders.events"
        api("DELETE", exchange)
        try:
            yield
        finally:
            api("PUT", exchange, {"type": "topic", "durable": True})
            self._bind()

    def _bindings(self) -> str:
        return f"bindings/{self.suite.vhost}/e/orders.events/q/{topology.QUEUE}"

    def _bind(self) -> None:
        api("POST", self._bindings(), {"routing_key": f"{contracts.PLACED.type}.*", "arguments": {}})

    def cut(self, user: str) -> int:
        """Close all connections of a broker user; how many there were."""
        wait_for(lambda: self._connections(user), 10, "connections in the broker's list")
        connections = self._connections(user)
        for each in connections:
            api("DELETE", f"connections/{quote(each, safe='')}")
        return len(connections)

    def _connections(self, user: str) -> list[str]:
        listed = api("GET", f"vhosts/{self.suite.vhost}/connections")
        named = [each for each in listed if each.get("client_properties", {}).get("connection_name")]
        return [each["name"] for each in named if each["user"] == user]

    def revive(self) -> None:
        """Make every process run and be ready, and the client connected, whatever tests have done meanwhile."""
        try:
            self.client.connection.process_data_events(0)
        except (pika.exceptions.AMQPError, ValueError):
            self.client = self.suite.rpc("front")
        for group in self.suite.processes.values():
            for process in group:
                if not process.running:
                    process.start()
        for group in self.suite.processes.values():
            for process in group:
                process.ready()

    def ended(self, process: ServiceProcess, seconds: float = 30) -> int:
        """Wait until the process has ended; its exit status."""
        return process.wait(seconds)


def new_event(basket: str, wish: Mapping[str, Any] | None = None, **headers: Any) -> tuple[bytes, dict[str, Any]]:
    """Body and headers of an event such as the orders' relay sends, but for what `headers` change (None: leave out)."""
    usual: dict[str, Any] = {
        "ce-id": str(uuid.uuid4()),
        "ce-type": contracts.PLACED.type,
        "ce-source": "/orders",
        "ce-time": datetime.now(UTC).isoformat(),
        "ce-subject": basket,
        "ce-specversion": "1.0",
        "version": 1,
        "position": 1,
        "region": contracts.REGION,
    }
    usual |= {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"basket_id": basket, "quantity": 1, "wish": dict(wish or {})}
    return json.dumps(body).encode(), {name: value for name, value in usual.items() if value is not None}


@contextmanager
def running_market(
    directory: Path, services: tuple[str, ...] = ("orders", "stock", "front"), **options: Any
) -> Iterator[World]:
    """The market's services, started and ready; `options` are `running_suite`'s."""
    journal = directory / "journal"
    environment = {
        "PYTHONPATH": os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")]),
        "STOCK_JOURNAL": str(journal),
        **FAST,
        **options.pop("environment", {}),
    }
    with running_suite(services, environment=environment, topology="market.topology", **options) as suite:
        world = World(suite, journal)
        try:
            yield world
        finally:
            world.close()


def name(prefix: str = "basket") -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


__all__ = ["BUYER", "World", "name", "new_event", "running_market", "wait_for"]
