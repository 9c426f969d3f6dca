"""A service's own PostgreSQL database: engine, transactions and what the tables of every service have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import eventlet
import structlog
from psycopg2.extensions import UNICODE, new_type, register_type
from sqlalchemy import BigInteger, Date, DateTime, Engine, MetaData, Text, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)
_select = eventlet.patcher.original("select")
POOL_SIZE = 8
COLLISIONS_MAX = 5
DOWN_PAUSE_SECONDS = 1.0
ANNOUNCED = "chassis.announced"
"""Set in `Session.info` by a transaction that recorded an event."""
OPTIONS = "-c statement_timeout=8000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=15000 -c timezone=UTC"
TYPES: dict[Any, Any] = {
    str: Text,
    int: BigInteger,
    datetime: DateTime(timezone=True),
    date: Date,
    dict[str, Any]: JSONB,
    list[Any]: JSONB,
}
"""`type_annotation_map` for every service's declarative base."""

ALIVE = {"tcp_user_timeout": 10_000, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 2}
"""What a firewall or a lost host has cut is found out in seconds, not when TCP gives up; the first in milliseconds."""


def new_metadata() -> MetaData:
    """Metadata whose constraint names are predictable, so that migrations can name them."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def create(url: str, application_name: str, pool_size: int = POOL_SIZE) -> Engine:
    """An engine whose every statement, lock and idle transaction has a limit."""
    if not url.startswith("postgresql+psycopg2://"):
        raise ValueError("The database URL must begin with postgresql+psycopg2:// (psycopg 3 blocks the event loop).")
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_recycle=1800,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"application_name": application_name, "connect_timeout": 3, "options": OPTIONS, **ALIVE},
    )
    event.listen(engine, "connect", _ids_as_text)
    _leave_the_ended(engine)
    return engine


def _ids_as_text(connection: Any, _record: Any) -> None:
    """Ids are text everywhere: none is made an object on its way in, to be made text again."""
    register_type(new_type((2950,), "UUID", UNICODE), connection)


def _leave_the_ended(engine: Engine) -> None:
    """Whoever takes a connection gets one that the server has not ended while it rested.

    It is looked at, not asked: a server has nothing to say to a connection that rests, except that it is over.
    """

    def taken(connection: Any, _record: Any, _proxy: Any) -> None:
        heard = _select.poll()
        heard.register(connection.fileno(), _select.POLLIN)
        if heard.poll(0):
            raise InvalidatePoolError

    event.listen(engine, "checkout", taken)


class Transactions:
    """Opens transactions on one engine and tells a listener after each commit."""

    def __init__(self, engine: Engine, committed: Callable[[], None] = lambda: None) -> None:
        self.engine = engine
        self.committed = committed

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises.

        The listener hears of the commits of transactions that recorded events.
        """
        with Session(self.engine, expire_on_commit=False) as session:
            with session.begin():
                yield session
            announced = bool(session.info.get(ANNOUNCED))
        if announced:
            self.committed()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only transaction that sees one snapshot."""
        connection = self.engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with connection, Session(connection) as session, session.begin():
            yield session


def is_down(error: BaseException) -> bool:
    """Whether the error means that the database cannot be reached or is shutting down."""
    if isinstance(error, PoolExhausted):
        return True
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    state = getattr(error.orig, "pgcode", None)
    if state is None:
        return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
    return str(state).startswith(("08", "57P", "53"))


def is_collision(error: BaseException) -> bool:
    """Whether two transactions got in each other's way and the same work may succeed at once if tried again."""
    state = getattr(getattr(error, "orig", None), "pgcode", None) or ""
    return str(state) in {"40001", "40P01", "55P03"}


def while_database_is_down(work: Callable[[], Any], collisions_max: int = COLLISIONS_MAX) -> Any:
    """Do the work; when the own database cannot be reached, wait and do it then. Collisions are tried again at once."""
    collisions = 0
    while True:
        try:
            return work()
        except Exception as error:
            if is_down(error):
                log.warning("database_down", reason=type(error).__name__)
                eventlet.sleep(DOWN_PAUSE_SECONDS)
            elif is_collision(error) and collisions < collisions_max:
                collisions += 1
            else:
                raise
