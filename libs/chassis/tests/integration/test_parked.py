"""Looking after parked events, with the functions and with the command line."""

import base64
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import inbox, parked, tables
from chassis.cli import main
from chassis.inbox import Delivery
from chassis.testing import engine_of, service_database

Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with service_database("shop") as made:
        yield made


@pytest.fixture
def session(url: str) -> Iterator[Session]:
    with Session(engine_of(url)) as opened:
        opened.execute(tables.inbox.delete())
        opened.commit()
        yield opened


@pytest.fixture
def kruzhok(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    (tmp_path / "shop.env").write_text(f"# the shop\nKRUZHOK_ENV=test\nKRUZHOK_DATABASE_URL={url}\n")
    (tmp_path / "gateway.env").write_text("KRUZHOK_ENV=test\n")
    monkeypatch.setenv("KRUZHOK_ENV_DIR", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str]:
        return main(arguments), capsys.readouterr().out

    return run


def _park(session: Session, customer: str = "Анна") -> str:
    delivery = Delivery(
        event_id=str(uuid.uuid4()),
        type="shop.sold.v1",
        region_code="38",
        subject="pair-7",
        version=3,
        occurred_at=datetime.now(UTC),
        data={"customer": customer},
    )
    inbox.begun(session, "on_sold", delivery)
    inbox.park(session, "on_sold", delivery, "ValueError: no such shoe")
    session.commit()
    return delivery.event_id


def _park_undecodable(session: Session) -> str:
    identity = str(uuid.uuid4())
    inbox.park_undecodable(session, "evt.shop.bank.v1", identity, datetime.now(UTC), "not JSON", {"a": 1}, b"{oops")
    session.commit()
    return identity


def test_a_parked_event_is_described_without_what_it_carries(session: Session) -> None:
    event_id = _park(session)
    (found,) = parked.find(session)
    assert found["event_id"] == event_id
    assert {name: found[name] for name in ("handler", "type", "subject", "version", "error", "attempts")} == {
        "handler": "on_sold",
        "type": "shop.sold.v1",
        "subject": "pair-7",
        "version": 3,
        "error": "ValueError: no such shoe",
        "attempts": 0,
    }
    assert "Анна" not in str(found)


def test_what_it_carries_is_shown_only_on_demand(session: Session) -> None:
    _park(session)
    undecodable = _park_undecodable(session)
    first, second = parked.find(session, with_data=True)
    assert first["data"] == {"customer": "Анна"}
    assert second["event_id"] == undecodable
    assert base64.b64decode(second["body_base64"]) == b"{oops"


def test_a_retried_event_is_due_at_once_with_all_attempts_and_deaths_forgotten(session: Session) -> None:
    event_id, other = _park(session), _park(session)
    assert parked.retry(session, [event_id]) == ([event_id], [])
    due = inbox.due(session)
    assert due is not None
    assert due[0] == "on_sold"
    assert due[1].event_id == event_id
    assert due[1].data == {"customer": "Анна"}
    assert inbox.begun(session, "on_sold", due[1]) == 1
    assert [event["event_id"] for event in parked.find(session)] == [other]


def test_an_undecodable_message_cannot_be_retried(session: Session) -> None:
    event_id, undecodable = _park(session), _park_undecodable(session)
    assert parked.retry(session) == ([event_id], [undecodable])
    assert [event["event_id"] for event in parked.find(session)] == [undecodable]


def test_a_dropped_event_counts_as_done_and_forgets_what_it_carried(session: Session) -> None:
    event_id = _park(session)
    assert parked.drop(session, [event_id]) == [event_id]
    row = session.execute(select(tables.inbox).where(tables.inbox.c.handler == "on_sold")).one()
    assert (row.state, row.message) == ("done", None)
    assert inbox.known(session, [event_id]) >= {("on_sold", event_id)}


def test_the_command_lists_shows_retries_and_drops(session: Session, kruzhok: Command) -> None:
    event_id, undecodable = _park(session), _park_undecodable(session)
    status, listed = kruzhok("parked", "list")
    assert status == 0
    assert [line.split()[:3] for line in listed.splitlines()] == [
        ["shop", event_id, "shop.sold.v1"],
        ["shop", undecodable, "undecodable"],
    ]
    assert "Анна" not in kruzhok("parked", "show", event_id)[1]
    assert "Анна" in kruzhok("parked", "show", "--data", "--service", "shop", event_id)[1]
    status, said = kruzhok("parked", "retry", "--all")
    assert status == 1
    assert f"{undecodable}  cannot be tried again" in said
    assert f"{event_id}  will be tried again now" in said
    assert kruzhok("parked", "drop", undecodable) == (0, f"shop  {undecodable}  dropped\n")
    assert kruzhok("parked", "list") == (0, "Nothing of the kind is parked.\n")


def test_nothing_is_retried_or_dropped_by_accident(session: Session, kruzhok: Command) -> None:
    _park(session)
    for action in ("retry", "drop"):
        with pytest.raises(SystemExit, match="--all"):
            kruzhok("parked", action)
    assert len(parked.find(session)) == 1


def test_an_unknown_service_is_named(kruzhok: Command) -> None:
    with pytest.raises(SystemExit, match="no service bank; there are gateway, shop"):
        kruzhok("parked", "list", "--service", "bank")


def test_a_database_that_is_down_is_one_sentence(kruzhok: Command, tmp_path: Path) -> None:
    (tmp_path / "shop.env").write_text("KRUZHOK_DATABASE_URL=postgresql+psycopg2://shop:x@127.0.0.1:9/shop\n")
    with pytest.raises(SystemExit, match="The database does not answer"):
        kruzhok("parked", "list")
