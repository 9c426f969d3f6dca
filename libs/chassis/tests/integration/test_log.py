"""A producer's log is read in pages: each fits into one message, together they leave nothing out."""

import json
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from chassis.amqp import MESSAGE_BYTES_MAX
from chassis.outbox import EVENT_BYTES_MAX, read_log
from chassis.testing import engine_of, service_database

WRITTEN = text(
    "INSERT INTO outbox (occurred_at, event_id, region_code, type, subject, version, data, position, recorded_at)"
    " VALUES (now(), gen_random_uuid(), '38', 'told', 'one', :number, CAST(:data AS jsonb), :number,"
    " now() - interval '1 hour')"
)
ASKED = {"types": ["told"], "limit": 200, "age_seconds": 5}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with service_database("orders") as url:
        yield engine_of(url)


@pytest.fixture(params=[[100] * 450, [25_000] * 60, [EVENT_BYTES_MAX - 20] * 3, [300, 500_000, 200, 300_000] * 4])
def written(engine: Engine, request: pytest.FixtureRequest) -> int:
    """A log of events of these sizes, some that compress well and some that do not; how many."""
    random = Random(1)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE outbox"))
        for number, size in enumerate(request.param, 1):
            padding = "x" * size if number % 2 else "".join(random.choices("abcdefghijklmnop", k=size))
            connection.execute(WRITTEN, {"number": number, "data": json.dumps({"padding": padding})})
        connection.execute(text("UPDATE outbox_head SET position = :count"), {"count": len(request.param)})
    return len(request.param)


def test_pages_of_the_log_fit_into_messages_and_leave_nothing_out(engine: Engine, written: int) -> None:
    read, after, more = [], 0, True
    with Session(engine) as session:
        while more:
            page = read_log(session, after=after, subject=None, **ASKED)
            assert len(json.dumps(page, default=str)) < MESSAGE_BYTES_MAX
            positions = [event["position"] for event in page["events"]]
            more, after = bool(positions) and positions[-1] == page["through"], page["through"]
            read += positions
    assert (read, after) == (list(range(1, written + 1)), written)


def test_the_newest_of_one_subject_come_as_far_as_they_fit(engine: Engine, written: int) -> None:
    with Session(engine) as session:
        answer = read_log(session, after=0, subject="one", **ASKED)
    versions = [event["version"] for event in answer["events"]]
    assert versions == list(range(versions[0], written + 1))
    assert len(json.dumps(answer, default=str)) < MESSAGE_BYTES_MAX


def test_what_a_reader_knows_already_is_told_without_its_data(engine: Engine, written: int) -> None:
    with Session(engine) as session:
        page = read_log(session, after=0, subject=None, with_data=False, **{**ASKED, "limit": written})
    assert [event["position"] for event in page["events"]] == list(range(1, written + 1))
    assert {event["data"] for event in page["events"]} == {None}
    assert len(json.dumps(page, default=str)) < 400 * written


def test_a_reader_that_is_up_to_date_is_told_so(engine: Engine, written: int) -> None:
    with Session(engine) as session:
        for after in (written, written + 1):
            page = read_log(session, after=after, subject=None, **ASKED)
            assert (page["through"], page["events"]) == (after, [])
