"""Where the suite finds its broker and database."""

from pathlib import Path

import pytest
from stack import endpoints
from stack.errors import StackError
from stack.infra import Infra
from stack.ports import InfraPorts


@pytest.fixture
def infra(tmp_path: Path) -> Infra:
    return Infra(tmp_path, InfraPorts.from_base(26000))


def test_without_settings_both_are_ours(infra: Infra) -> None:
    broker, database = endpoints.broker(infra, {}), endpoints.database(infra, {})
    assert broker.own
    assert broker.url("billing", "p/w") == "amqp://billing:p%2Fw@127.0.0.1:26000/%2F"
    assert database.own
    assert database.url("billing", "pw") == "postgresql+psycopg2://billing:pw@127.0.0.1:26005/billing"


def test_existing_servers_are_taken_from_the_environment(infra: Infra) -> None:
    env = {
        "KRUZHOK_AMQP_ADMIN_URL": "amqp://root:p%40ss@mq.example/house",
        "KRUZHOK_RABBITMQ_API_URL": "https://root:p%40ss@mq.example:15671/rabbit/",
        "KRUZHOK_DATABASE_ADMIN_URL": "postgres://root:pw@db.example/postgres",
    }
    broker, database = endpoints.broker(infra, env), endpoints.database(infra, env)
    assert (broker.api_url, broker.api_user, broker.api_password) == ("https://mq.example:15671/rabbit", "root", "p@ss")
    assert broker.url("billing", "pw") == "amqp://billing:pw@mq.example:5672/house"
    assert database.url("billing", "pw") == "postgresql+psycopg2://billing:pw@db.example:5432/billing"
    assert database.admin_url == "postgresql://root:pw@db.example/postgres"


def test_half_a_broker_is_refused(infra: Infra) -> None:
    with pytest.raises(StackError, match="together"):
        endpoints.broker(infra, {"KRUZHOK_AMQP_ADMIN_URL": "amqp://mq.example"})


def test_a_secret_is_made_once_and_is_private(infra: Infra) -> None:
    first = infra.secret("billing")
    assert infra.secret("billing") == first
    assert (infra.home / "secrets" / "billing").stat().st_mode & 0o077 == 0
