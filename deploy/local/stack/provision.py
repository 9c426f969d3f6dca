"""What the broker and the database server must hold before a service starts: topology, users, roles, databases."""

import json
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any

import psycopg2
from psycopg2 import sql

from contracts import topology
from stack import rabbitmq
from stack.endpoints import Broker, Database
from stack.errors import StackError
from stack.infra import Infra
from stack.services import SERVICES


def definitions(infra: Infra, broker: Broker) -> dict[str, Any]:
    """The contracts' topology with this home's users, and the administrator where the broker is ours."""
    whole = topology.definitions(broker.vhost)
    whole["users"] = [rabbitmq.user(one["name"], infra.secret(one["name"]), one["tags"]) for one in whole["users"]]
    if broker.own:
        bare = infra.bare_definitions()
        whole["users"] += bare["users"]
        whole["permissions"] = [*whole["permissions"], *bare["permissions"]]
    return whole


def load_definitions(broker: Broker, content: dict[str, Any]) -> None:
    """Have a running broker take the definitions now."""
    token = b64encode(f"{broker.api_user}:{broker.api_password}".encode()).decode()
    request = urllib.request.Request(
        f"{broker.api_url}/api/definitions",
        data=json.dumps(content).encode(),
        headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        method="POST",
    )
    try:
        with rabbitmq.direct().open(request, timeout=30):
            return
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        raise StackError(f"RabbitMQ at {broker.api_url} refused the definitions: {error.code} {text}") from error
    except OSError as error:
        raise StackError(f"RabbitMQ's management API at {broker.api_url} does not answer: {error}.") from error


def databases(infra: Infra, database: Database) -> None:
    """Make each service's role and database, closed to everybody else."""
    try:
        connection = psycopg2.connect(database.admin_url, connect_timeout=5)
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise StackError(
            f"PostgreSQL at {database.host}:{database.port} refused its administrator: {reason}"
        ) from error
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for service in SERVICES:
                if service.has_database:
                    _role(cursor, service.name, infra.secret(service.name))
                    _database(cursor, service.name)
    finally:
        connection.close()


def _role(cursor: Any, name: str, password: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
    verb = "ALTER" if cursor.fetchone() else "CREATE"
    statement = sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %s")
    cursor.execute(statement.format(sql.Identifier(name)), (password,))


def _database(cursor: Any, name: str) -> None:
    identifier = sql.Identifier(name)
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    if cursor.fetchone() is None:
        # Another administrator than a superuser must be a member of the owning role.
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(identifier))
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8'").format(identifier, identifier))
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(identifier))
