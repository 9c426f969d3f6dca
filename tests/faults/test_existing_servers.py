"""A broker that was there before us is given each service's user, with that user's rights and queues."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker
from stack import endpoints, provision
from stack.infra import Infra
from stack.ports import InfraPorts

from chassis.testing import infra
from chassis.testing.broker import api
from chassis.testing.infra import PASSWORD
from contracts import topology
from contracts.registry import SERVICES


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[endpoints.Broker]:
    """The test broker as if somebody else's, set up in a virtual host that did not exist."""
    home: Path = tmp_path_factory.mktemp("home")
    servers, name = infra(), f"test-existing-{uuid.uuid4().hex[:8]}"
    environ = {
        "KRUZHOK_AMQP_ADMIN_URL": servers.amqp_admin_url.rpartition("/")[0] + f"/{name}",
        "KRUZHOK_RABBITMQ_API_URL": servers.rabbitmq_api_url,
    }
    ours = Infra(home, InfraPorts.from_base(26000))
    keep_passwords(ours)
    found = endpoints.broker(ours, environ)
    try:
        for _ in range(2):
            provision.load_definitions(found, provision.definitions(ours, found))
        yield found
    finally:
        api("DELETE", f"vhosts/{name}")


def keep_passwords(ours: Infra) -> None:
    """Users are the whole broker's: those of the tests beside keep the password they have."""
    for service in SERVICES:
        path = ours.home / "secrets" / service
        path.parent.mkdir(exist_ok=True)
        path.write_text(PASSWORD, encoding="utf-8")


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_finds_its_own_queues_and_no_other_s(broker: endpoints.Broker, service: str) -> None:
    queues = [queue["name"] for queue in topology.definitions()["queues"]]
    own = [name for name in queues if service in name.replace("-", ".").split(".")[1:2]]
    with pika.BlockingConnection(pika.URLParameters(broker.url(service, PASSWORD))) as connection:
        for name in own:
            connection.channel().queue_declare(name, passive=True)
        with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
            connection.channel().basic_get(next(name for name in queues if name not in own))


def test_nobody_else_s_administrator_is_touched(broker: endpoints.Broker, tmp_path: Path) -> None:
    ours = Infra(tmp_path, InfraPorts.from_base(26000))
    assert {user["name"] for user in provision.definitions(ours, broker)["users"]} == set(SERVICES)
