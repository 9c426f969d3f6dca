"""Every event is delivered twice, the second time when everything after it has happened: nothing changes by it."""

from collections import Counter
from functools import partial

import pytest
from families import Door, Family
from races import PATIENCE_SECONDS, made, side_by_side
from sqlalchemy import text
from storm import journey, settle
from town import STORED, Town

from chassis.testing import engine_of, wait_for
from contracts.registry import READERS

NOT_COMPARED = ("inbox", "event_cursor", "outbox", "sign_in_attempts")
"""They tell of deliveries, or go by the time of day; of the outbox, what was made is compared."""
TABLES = """
    SELECT relname AS name FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
      AND relname <> ALL(:left_out)"""
CONTENT = (
    "SELECT count(*) || ' rows ' || coalesce(md5(string_agg({row}, ' ' ORDER BY {row})), '') AS it FROM {table} each"
)
MAIL_SECONDS = 3
WITNESSED = {"enrollment.enrolled.v1", "enrollment.withdrawn.v1", "billing.debit.posted.v1"}
NOW = "SELECT now() AS at"
SINCE = "UPDATE outbox SET published_at = NULL WHERE recorded_at >= :began_at RETURNING event_id::text, type"


@pytest.mark.usefixtures("adding_up")
def test_every_event_that_comes_again_later_changes_nothing(town: Town, door: Door) -> None:
    began_at = {service: town.rows(service, NOW)[0].at for service in STORED}
    live_through_everything(town, door)
    before = at_rest(town)

    sent = [each for service in STORED for each in send_again(town, service, began_at[service])]
    assert {kind for _, kind in sent} >= WITNESSED
    for reader, events in READERS.items():
        read = {event.type for event in events}
        expected = {event_id for event_id, kind in sent if kind in read}
        wait_for(partial(heard_twice, town, reader, expected), PATIENCE_SECONDS, f"{reader} to hear all again", every=1)
    assert at_rest(town) == before


def live_through_everything(town: Town, door: Door) -> None:
    """Two families in each region from the child to the debit; one of each two then leaves its group."""
    families = side_by_side([partial(town.family, door, region_code) for region_code in ("38", "05", "38", "05")])
    teachers = {region_code: town.staff(door, "teacher", region_code) for region_code in ("38", "05")}
    side_by_side([partial(journey, family, teachers[family.region_code]) for family in families])
    side_by_side([partial(leave, family) for family in families[:2]])


def leave(family: Family) -> None:
    """Out of the group, today."""
    made(family, "POST", f"/applications/{family.known['application_id']}/withdrawal", {})


def send_again(town: Town, service: str, began_at: object) -> list[tuple[str, str]]:
    """Let the service's relay publish what it has published since then once more; the events and their types."""
    with engine_of(town.suite.database_url[service]).begin() as connection:
        return [(row.event_id, row.type) for row in connection.execute(text(SINCE), {"began_at": began_at})]


def heard_twice(town: Town, reader: str, expected: set[str]) -> bool:
    """Whether each of the events has been taken in hand at least twice by the service's processes."""
    lines = (line for process in town.processes(reader) for line in process.logged("applied"))
    times = Counter(line["event_id"] for line in lines)
    return all(times[event_id] >= 2 for event_id in expected)


def at_rest(town: Town) -> dict[tuple[str, str], str]:
    """What every service holds once nothing is under way, mail included."""
    settle(town)
    earlier: list[dict[tuple[str, str], str]] = []

    def still() -> dict[tuple[str, str], str]:
        earlier.append(pictures(town))
        return earlier[-1] if earlier[-2:-1] == earlier[-1:] else {}

    return wait_for(still, PATIENCE_SECONDS, "the town to be at rest", every=MAIL_SECONDS)


def pictures(town: Town) -> dict[tuple[str, str], str]:
    """What every table of every service holds, and which events were made."""
    found = {}
    for service in STORED:
        tables = {row.name: "each::text" for row in town.rows(service, TABLES, left_out=list(NOT_COMPARED))}
        for table, row in (tables | {"outbox": "event_id::text"}).items():
            found[service, table] = str(town.rows(service, CONTENT.format(row=row, table=table))[0].it)
    return found
