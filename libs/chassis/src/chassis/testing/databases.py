"""Fresh databases of services, cloned from a template kept for each state of the service's migrations."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.errors import DuplicateObject, UniqueViolation
from psycopg2.extensions import cursor
from sqlalchemy import Engine, create_engine, func, pool

from chassis import clock, migrations, tables
from chassis.testing.infra import PASSWORD, infra

KEPT_TEMPLATES = 2
"""Of each service, the newest."""


def engine_of(url: str) -> Engine:
    """An engine that keeps no connection open between uses."""
    return create_engine(url, poolclass=pool.NullPool, connect_args={"options": "-c timezone=UTC"})


@contextmanager
def service_database(name: str, migrate: bool = True) -> Iterator[str]:
    """The URL of a new database of the service `name`, owned by a role of that name; dropped afterwards."""
    database = f"test_{name}_{uuid.uuid4().hex[:12]}"
    with _administrator() as admin:
        _ensure_role(admin, name)
        _create(admin, database, name, _template(admin, name) if migrate else "template1")
    url = infra().database_url(name, database)
    try:
        if migrate:
            with engine_of(url).begin() as connection:
                connection.execute(tables.outbox_head.update().values(epoch=func.gen_random_uuid()))
        yield url
    finally:
        with _administrator() as admin:
            _run(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


@contextmanager
def _administrator() -> Iterator[cursor]:
    connection = psycopg2.connect(infra().database_admin_url)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def _run(admin: cursor, statement: str, *names: str) -> None:
    admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _names(admin: cursor, query: str, *values: Any) -> list[str]:
    admin.execute(query, values)
    return [name for (name,) in admin.fetchall()]


def _ensure_role(admin: cursor, name: str) -> None:
    if not _names(admin, "SELECT rolname FROM pg_roles WHERE rolname = %s", name):
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD))
        with suppress(DuplicateObject, UniqueViolation):
            admin.execute(statement)


def _create(admin: cursor, database: str, owner: str, template: str) -> None:
    _run(admin, "CREATE DATABASE {} OWNER {} TEMPLATE {}", database, owner, template)
    _run(admin, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)


def _template(admin: cursor, service: str) -> str:
    """The service's migrated template, made when its migrations are new; one process makes it, others wait."""
    name = f"template_{service}_{_fingerprint(service)}"
    lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
    admin.execute("SELECT pg_advisory_lock(%s)", (lock,))
    if not _names(admin, "SELECT datname FROM pg_database WHERE datname = %s", name):
        _forget_templates(admin, service)
        _make_template(admin, service, name)
    admin.execute("SELECT pg_advisory_unlock(%s)", (lock,))
    return name


def _make_template(admin: cursor, service: str, name: str) -> None:
    draft = f"draft_{uuid.uuid4().hex}"
    _create(admin, draft, service, "template1")
    try:
        migrations.upgrade(service, infra().database_url(service, draft))
        _run(admin, "ALTER DATABASE {} RENAME TO {}", draft, name)
    finally:
        _run(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", draft)


def _forget_templates(admin: cursor, service: str) -> None:
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid DESC OFFSET %s"
    for name in _names(admin, query, f"template_{service}_", KEPT_TEMPLATES - 1):
        _run(admin, "DROP DATABASE IF EXISTS {}", name)


def _fingerprint(service: str) -> str:
    """What the migrated database depends on: migrations, models, the chassis's tables and the month."""
    scripts = migrations.scripts_of(service)
    models = [path for path in scripts.parent.rglob("src/*/**/*.py") if "models" in path.as_posix()]
    digest = hashlib.sha256(f"{clock.now():%Y-%m}".encode())
    for path in [*sorted([*scripts.rglob("*.py"), *models]), Path(tables.__file__), Path(migrations.__file__)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
