"""What the broker and the database server must hold before a service starts: topology, users, roles, databases."""

from typing import Any

import psycopg2
from psycopg2 import sql

from contracts import topology
from stack import integrators, rabbitmq
from stack.endpoints import Broker, Database
from stack.errors import StackError
from stack.infra import Infra
from stack.services import SERVICES


def definitions(infra: Infra, broker: Broker) -> dict[str, Any]:
    """The contracts' topology with this home's users, its integrators, and the administrator of a broker of its own."""
    whole = topology.definitions(broker.vhost)
    for kind, items in integrators.definitions(infra, broker).items():
        whole[kind] = [*whole[kind], *items]
    whole["users"] = [rabbitmq.user(one["name"], infra.secret(one["name"]), one["tags"]) for one in whole["users"]]
    if broker.own:
        bare = infra.bare_definitions()
        whole["users"] += bare["users"]
        whole["permissions"] = [*whole["permissions"], *bare["permissions"]]
    return whole


def load_definitions(broker: Broker, content: dict[str, Any]) -> None:
    """Have a running broker take the definitions now."""
    broker.ask("POST", "definitions", content)


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
