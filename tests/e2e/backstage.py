"""What no caller can do: a change behind the API's back, so that a test meets what is rare otherwise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from chassis.testing import Suite, engine_of

REINDEX_LOCK = 4
"""Of accounts: whoever holds it is the one that indexes children anew."""


@contextmanager
def changed_terms(suite: Suite, group_id: str) -> Iterator[None]:
    """The catalogue answers with newer terms of the group than it has announced, for a while."""
    change = text("UPDATE study_group SET terms_version = terms_version + :by WHERE group_id = :group_id")
    engine = engine_of(suite.database_url["catalog"])
    for by in (1, -1):
        with engine.begin() as connection:
            assert connection.execute(change, {"by": by, "group_id": group_id}).rowcount == 1
        if by == 1:
            yield


@contextmanager
def held_seats(suite: Suite, group_id: str) -> Iterator[Callable[[], bool]]:
    """The group's seats are held: its deadlines' own work passes it by, and whoever decides waits in line.

    Gives a function that tells whether somebody waits.
    """
    engine = engine_of(suite.database_url["enrollment"])
    waiting = text(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def somebody_waits() -> bool:
        with engine.connect() as connection:
            return bool(connection.scalar(waiting))

    with engine.begin() as holding:
        holding.execute(text("SELECT 1 FROM group_seats WHERE group_id = :group_id FOR UPDATE"), {"group_id": group_id})
        yield somebody_waits


@contextmanager
def children_of_an_older_rule(suite: Suite, child_id: str) -> Iterator[None]:
    """The child is indexed as an older version did it, and the work of indexing it anew does not come to it yet."""
    engine = engine_of(suite.database_url["accounts"])
    change = text("UPDATE child SET identity_rule = identity_rule + :by WHERE child_id = :child_id")
    with engine.begin() as reindexing:
        reindexing.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": REINDEX_LOCK})
        with engine.begin() as connection:
            assert connection.execute(change, {"by": -1, "child_id": child_id}).rowcount == 1
        try:
            yield
        finally:
            with engine.begin() as connection:
                connection.execute(change, {"by": 1, "child_id": child_id})


@contextmanager
def contradicting_terms(suite: Suite, group_id: str) -> Iterator[None]:
    """The catalogue says of the group that it ends before it starts."""
    said = "announced || jsonb_build_object('ends_on', CAST(:ends_on AS text))"
    change = text(f"UPDATE study_group SET announced = {said} WHERE group_id = :group_id RETURNING ends_on")
    engine = engine_of(suite.database_url["catalog"])
    with engine.begin() as connection:
        ends_on = connection.scalar(change, {"ends_on": "2000-01-01", "group_id": group_id})
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(change, {"ends_on": ends_on.isoformat(), "group_id": group_id})
