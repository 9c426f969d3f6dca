"""Migrations of a service's database: its first tables, monthly partitions, upgrades, and whether models agree.

Every table partitioned by RANGE of one date or timestamptz column gets a partition for each month and `<table>_default`
for rows outside them.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, create_engine, func, pool, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from chassis import clock, tables

log = structlog.get_logger(__name__)
URL_VARIABLE = "KRUZHOK_DATABASE_URL"
MONTHS = range(-1, 3)
"""Partitions kept ready, counted from this month."""
_UPGRADE_LOCK, _PARTITIONS_LOCK = 7_305_001, 7_305_002

_PARTITIONED = text(
    """
    SELECT c.relname AS name, a.attname AS key
    FROM pg_partitioned_table p
    JOIN pg_class c ON c.oid = p.partrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
    WHERE p.partstrat = 'r' AND p.partnatts = 1 AND c.relnamespace = current_schema()::regnamespace
      AND a.atttypid IN ('date'::regtype, 'timestamptz'::regtype)
    ORDER BY 1
    """
)
_DESCRIPTION = text(
    """
    WITH relation AS (
      SELECT oid, relname, relkind FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition AND relname <> 'alembic_version'
        AND relkind IN ('r', 'p', 'S')
    )
    SELECT 'sequence ' || relname FROM relation WHERE relkind = 'S'
    UNION ALL SELECT 'table ' || relname || coalesce(' by ' || pg_get_partkeydef(oid), '')
      FROM relation WHERE relkind <> 'S'
    UNION ALL SELECT format('column %s.%s %s%s%s', relname, attname, format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN ' not null' ELSE '' END, coalesce(' default ' || pg_get_expr(adbin, adrelid), ''))
      FROM relation JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE relkind <> 'S'
    UNION ALL SELECT format('constraint %s.%s %s', relname, conname, pg_get_constraintdef(c.oid, true))
      FROM relation JOIN pg_constraint c ON conrelid = relation.oid AND contype <> 't'
    UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid, 0, true)
      FROM relation JOIN pg_index ON indrelid = relation.oid
    """
)


def run_environment(*metadatas: MetaData) -> None:
    """What a service's env.py does: migrate the database in one transaction, one process at a time."""
    url = context.config.attributes.get("url") or os.environ[URL_VARIABLE]
    engine = create_engine(url, poolclass=pool.NullPool, connect_args={"options": "-c timezone=UTC"})
    with engine.connect() as connection:
        context.configure(connection, target_metadata=_all(metadatas), include_name=_without_partitions(connection))
        with context.begin_transaction():
            connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            context.run_migrations()
            ensure_partitions(connection)


def create_chassis_tables() -> None:
    """Make the tables of `chassis.tables` with their partitions; the first step of a service's first migration."""
    connection = op.get_bind()
    tables.metadata.create_all(connection, checkfirst=False)
    connection.execute(tables.outbox_head.insert().values(singleton=1, epoch=func.gen_random_uuid(), position=0))
    ensure_partitions(connection)


def upgrade(service_module: str, database_url: str) -> None:
    """Bring the database of the service, named by its package, to its newest migration."""
    config = Config()
    config.set_main_option("script_location", str(scripts_of(service_module)).replace("%", "%%"))
    config.attributes["url"] = database_url
    command.upgrade(config, "head")


def scripts_of(service_module: str) -> Path:
    """The service's directory of migrations: beside `src` in the repository, inside the package when installed."""
    spec = find_spec(service_module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"There is no package {service_module}.")
    package = Path(spec.origin).parent
    candidates = (package.parent.parent / "migrations", package / "migrations")
    for directory in candidates:
        if (directory / "env.py").is_file():
            return directory
    raise FileNotFoundError(f"No env.py in {candidates[0]} or {candidates[1]}.")


def ensure_partitions(connection: Connection) -> list[str]:
    """Add the missing partitions within the connection's transaction; the names of those added.

    Safe in several processes at once. Rows of a new month that already wait in the default partition are moved. A
    partition that cannot be added now (its table is busy) is logged and left for the next time.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_PARTITIONS_LOCK)))
    present = _partitions(connection)
    added = []
    for table, key in connection.execute(_PARTITIONED).tuples().all():
        if f"{table}_default" not in present:
            connection.execute(text(f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT'))
        for first, after in _months():
            name = f"{table}_{first:%Y_%m}"
            if name not in present and _add(connection, table, key, name, first, after):
                added.append(name)
    return added


def differences(engine: Engine, *metadatas: MetaData) -> list[str]:
    """How the migrated database differs from the models (the chassis's tables included); empty when it does not.

    The models are created in a scratch schema, rolled back afterwards, and PostgreSQL's own descriptions of tables,
    partition keys, columns, defaults, constraints, indexes and sequences are compared.
    """
    with engine.connect() as connection:
        migrated = set(connection.execute(_DESCRIPTION).scalars())
        connection.execute(text("CREATE SCHEMA models_scratch"))
        connection.execute(text("SET LOCAL search_path = models_scratch, public"))
        for metadata in _all(metadatas):
            metadata.create_all(connection, checkfirst=False)
        modelled = set(connection.execute(_DESCRIPTION).scalars())
        connection.rollback()
    missing = [f"only in the models: {line}" for line in sorted(modelled - migrated)]
    return missing + [f"only in the database: {line}" for line in sorted(migrated - modelled)]


def _all(metadatas: tuple[MetaData, ...]) -> list[MetaData]:
    return list(dict.fromkeys((tables.metadata, *metadatas)))


def _without_partitions(connection: Connection) -> Any:
    def included(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name not in _partitions(connection)

    return included


def _partitions(connection: Connection) -> set[str]:
    query = "SELECT relname FROM pg_class WHERE relispartition AND relnamespace = current_schema()::regnamespace"
    return set(connection.execute(text(query)).scalars())


def _months() -> Iterator[tuple[date, date]]:
    today = clock.now().astimezone(UTC)
    this = today.year * 12 + today.month - 1
    for number in (this + offset for offset in MONTHS):
        yield _first_day(number), _first_day(number + 1)


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _add(connection: Connection, table: str, key: str, name: str, first: date, after: date) -> bool:
    begins, ends = f"'{first} 00:00:00+00'", f"'{after} 00:00:00+00'"
    statements = (
        f'LOCK TABLE "{table}_default" IN ACCESS EXCLUSIVE MODE',
        f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
        f'WITH moved AS (DELETE FROM "{table}_default" WHERE "{key}" >= {begins} AND "{key}" < {ends} RETURNING *) '
        f'INSERT INTO "{name}" SELECT * FROM moved',
        f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES FROM ({begins}) TO ({ends})',
    )
    try:
        with connection.begin_nested():
            for statement in statements:
                connection.exec_driver_sql(statement)
    except (IntegrityError, OperationalError) as error:
        log.warning("partition_not_added", table=table, partition=name, reason=type(error.orig).__name__)
        return False
    return True
