"""Events that are copied in by the thousand are those that would have been recorded one by one."""

from collections.abc import Iterator
from typing import Any

import pytest
from market import contracts
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from chassis.context import Context
from chassis.outbox import EVENT_BYTES_MAX, Announcement, InvalidEvent, copy_all, record_all
from chassis.testing import engine_of, service_database

CONTEXT = Context(correlation_id="one-load", traceparent="00-11111111111111111111111111111111-2222222222222222-01")
AWKWARD = 'a tab \t, a line\nand \r another, a \\ and \\N, "quotes", ёж'
COLUMNS = "region_code, type, subject, version, data, traceparent, correlation_id, position, published_at"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with service_database("orders") as url:
        yield engine_of(url)


def announcement(number: int, **wish: Any) -> Announcement:
    data = {"basket_id": f"basket {number}", "quantity": number, "wish": wish}
    context = CONTEXT if number % 2 else Context()
    return Announcement(contracts.PLACED, contracts.REGION, f"basket {number}", 1, data, context)


def written(engine: Engine) -> list[Any]:
    with engine.begin() as connection:
        rows = list(connection.execute(text(f"SELECT {COLUMNS} FROM outbox ORDER BY sequence")))
        connection.execute(text("TRUNCATE outbox"))
    return rows


def test_what_is_copied_is_what_would_have_been_recorded(engine: Engine) -> None:
    announcements = [announcement(number, words=AWKWARD) for number in range(1, 8)]
    with Session(engine) as session, session.begin():
        record_all(session, announcements)
    recorded = written(engine)
    with Session(engine) as session, session.begin():
        copied = copy_all(session, announcements)
    assert len(recorded) == 7
    assert written(engine) == recorded
    assert copied == [row.data for row in recorded]


@pytest.mark.parametrize(
    "bad",
    [
        {"basket_id": "basket 9", "quantity": None, "wish": {}},
        {"basket_id": "basket 9", "wish": {}},
        {"basket_id": "basket 9", "quantity": 1, "wish": {}, "colour": "red"},
        {"basket_id": "basket 9", "quantity": 1, "wish": {"words": "x" * EVENT_BYTES_MAX}},
    ],
    ids=["null", "missing", "unknown", "too long"],
)
def test_one_that_breaks_its_schema_is_refused_and_nothing_is_written(engine: Engine, bad: dict[str, Any]) -> None:
    wrong = Announcement(contracts.PLACED, contracts.REGION, "basket 9", 1, bad, CONTEXT)
    with pytest.raises(InvalidEvent), Session(engine) as session, session.begin():
        copy_all(session, [announcement(8), wrong])
    assert written(engine) == []
