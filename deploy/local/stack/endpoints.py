"""The broker and the database that the suite uses: its own, or existing ones named in the environment."""

import json
import os
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from stack import rabbitmq
from stack.errors import StackError
from stack.infra import ADMIN, Infra
from stack.ports import HOST


@dataclass(frozen=True)
class Broker:
    """A broker's address, virtual host and management API."""

    host: str
    port: int
    vhost: str
    api_url: str
    api_user: str
    api_password: str
    own: bool

    def url(self, user: str, password: str) -> str:
        """The AMQP address for one user."""
        vhost = quote(self.vhost, safe="")
        return f"amqp://{quote(user, safe='')}:{quote(password, safe='')}@{self.host}:{self.port}/{vhost}"

    def ask(self, method: str, path: str, content: Any = None) -> None:
        """Have the management API do something; what is to be deleted may be gone. `StackError` with its reason."""
        token = b64encode(f"{self.api_user}:{self.api_password}".encode()).decode()
        request = urllib.request.Request(
            f"{self.api_url}/api/{path}",
            data=None if content is None else json.dumps(content).encode(),
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with rabbitmq.direct().open(request, timeout=30):
                return
        except urllib.error.HTTPError as error:
            if method == "DELETE" and error.code == HTTPStatus.NOT_FOUND:
                return
            text = error.read().decode(errors="replace")
            raise StackError(f"RabbitMQ at {self.api_url} refused {method} {path}: {error.code} {text}") from error
        except OSError as error:
            raise StackError(f"RabbitMQ's management API at {self.api_url} does not answer: {error}.") from error


@dataclass(frozen=True)
class Database:
    """A database server's address and its administrator's."""

    host: str
    port: int
    admin_url: str
    own: bool

    def url(self, name: str, password: str) -> str:
        """The address of database `name` for the role of that name."""
        return f"postgresql+psycopg2://{name}:{quote(password, safe='')}@{self.host}:{self.port}/{name}"


def broker(infra: Infra, env: Mapping[str, str] = os.environ) -> Broker:
    """The broker in use."""
    amqp, api = env.get("KRUZHOK_AMQP_ADMIN_URL"), env.get("KRUZHOK_RABBITMQ_API_URL")
    if bool(amqp) != bool(api):
        raise StackError("KRUZHOK_AMQP_ADMIN_URL and KRUZHOK_RABBITMQ_API_URL must be set together or not at all.")
    if not amqp or not api:
        api_url = f"http://{HOST}:{infra.ports.management}"
        return Broker(HOST, infra.ports.amqp, "/", api_url, ADMIN, infra.secret("rabbitmq-admin"), own=True)
    address, management = urlsplit(amqp), urlsplit(api)
    if not address.hostname or not management.hostname:
        raise StackError("KRUZHOK_AMQP_ADMIN_URL and KRUZHOK_RABBITMQ_API_URL must be whole addresses with a host.")
    return Broker(
        host=address.hostname,
        port=address.port or 5672,
        vhost=unquote(address.path[1:]) or "/",
        api_url=f"{management.scheme}://{management.netloc.rpartition('@')[2]}{management.path.rstrip('/')}",
        api_user=unquote(management.username or address.username or "guest"),
        api_password=unquote(management.password or address.password or "guest"),
        own=False,
    )


def database(infra: Infra, env: Mapping[str, str] = os.environ) -> Database:
    """The database server in use."""
    url = env.get("KRUZHOK_DATABASE_ADMIN_URL")
    if not url:
        secret = quote(infra.secret("postgres-admin"), safe="")
        port = infra.ports.postgres
        return Database(HOST, port, f"postgresql://postgres:{secret}@{HOST}:{port}/postgres", own=True)
    address = urlsplit(url)
    if not address.hostname:
        raise StackError("KRUZHOK_DATABASE_ADMIN_URL must be a whole address with a host.")
    plain = url.replace(address.scheme, "postgresql", 1)
    return Database(address.hostname, address.port or 5432, plain, own=False)
