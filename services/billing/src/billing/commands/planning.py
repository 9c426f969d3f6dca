"""How PostgreSQL is to plan the wide queries of this service."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_AS_WRITTEN = text("SET LOCAL join_collapse_limit = 1")


def join_as_written(session: Session) -> None:
    """Until the transaction ends, join tables in the order in which queries name them.

    A dozen tables joined by their keys have one good order, which the query has already; looking for a better one
    takes PostgreSQL ten times as long as the query.
    """
    if not session.info.get(_AS_WRITTEN):
        session.execute(_AS_WRITTEN)
        session.info[_AS_WRITTEN] = True
