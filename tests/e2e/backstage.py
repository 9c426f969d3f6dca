"""What no caller can do: a change behind the API's back, so that a test meets what is rare otherwise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from chassis.testing import Suite, engine_of


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
