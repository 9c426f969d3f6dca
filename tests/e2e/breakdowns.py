"""What breaks in operation, for a while: a service, its database, its queue, the connection to the broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGCONT, SIGSTOP
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg2
from psycopg2 import sql
from sqlalchemy import text

from chassis.testing import ServiceProcess, Suite, engine_of, free_port, infra
from chassis.testing.broker import api
from contracts import topology

DOOR = "gateway"


@contextmanager
def another_door(suite: Suite, **environment: str) -> Iterator[tuple[ServiceProcess, str]]:
    """One more gateway, with settings of its own: what happens to it harms no other test."""
    address = f"127.0.0.1:{free_port()}"
    process = suite.start(DOOR, GATEWAY_HTTP_ADDRESS=address, **environment)
    try:
        yield process.ready(), f"http://{address}"
    finally:
        process.end()
        suite.processes[DOOR].remove(process)


@contextmanager
def frozen(suite: Suite, service: str) -> Iterator[None]:
    """The service hears nothing for a while."""
    for process in suite.processes[service]:
        process.signal(SIGSTOP)
    try:
        yield
    finally:
        for process in suite.processes[service]:
            process.signal(SIGCONT)


@contextmanager
def without_its_database(suite: Suite, service: str) -> Iterator[None]:
    """The database lets the service in no more, and has thrown it out."""
    name = urlsplit(suite.database_url[service]).path.removeprefix("/")
    connection = psycopg2.connect(infra().database_admin_url)
    connection.autocommit = True
    limit = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}")
    try:
        with connection.cursor() as cursor:
            cursor.execute(limit.format(sql.Identifier(name), sql.Literal(0)))
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            try:
                yield
            finally:
                cursor.execute(limit.format(sql.Identifier(name), sql.Literal(-1)))
    finally:
        connection.close()


@contextmanager
def without_its_table(suite: Suite, service: str, table: str) -> Iterator[None]:
    """A table of the service is not where its program looks for it: as good a bug as any."""
    engine = engine_of(suite.database_url[service])
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_elsewhere"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table}_elsewhere RENAME TO {table}"))


@contextmanager
def down(suite: Suite, service: str) -> Iterator[None]:
    """No process of the service runs."""
    for process in suite.processes[service]:
        process.term()
    try:
        yield
    finally:
        for process in suite.processes[service]:
            process.start()
        for process in suite.processes[service]:
            process.ready()


@contextmanager
def without_its_queue(suite: Suite, service: str) -> Iterator[None]:
    """The service is down, and the broker has no queue for it; both are back afterwards."""
    queue = f"rpc-{service}"
    with down(suite, service):
        api("DELETE", f"queues/{quote(suite.vhost, safe='')}/{queue}")
        try:
            yield
        finally:
            api("POST", "definitions", {kind: _of(queue, kind, suite.vhost) for kind in ("queues", "bindings")})


def _of(queue: str, kind: str, vhost: str) -> list[dict[str, Any]]:
    name = {"queues": "name", "bindings": "destination"}[kind]
    return [{**each, "vhost": vhost} for each in topology.definitions()[kind] if each[name] == queue]


def cut_off(suite: Suite, user: str) -> None:
    """The broker closes all connections of a user's, who may open new ones."""
    for connection in api("GET", f"vhosts/{quote(suite.vhost, safe='')}/connections"):
        if connection.get("user") == user:
            api("DELETE", f"connections/{quote(connection['name'], safe='')}")
