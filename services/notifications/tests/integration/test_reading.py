from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chassis.context import Actor
from chassis.database import Transactions
from chassis.errors import InvalidInput, NotFound
from contracts.notifications import LIST_MESSAGES, READ_MESSAGE
from notifications import commands, queries

from .facts import FATHER, MOTHER, STRANGER, child_registered, credited, hear_each, messages

AT = datetime(2026, 11, 22, 3, tzinfo=UTC)


def reader(subject: str = MOTHER, region_code: str = "38") -> Actor:
    return Actor(subject, "guardian", region_code)


@pytest.fixture
def seven(transactions: Transactions, clock_at: Callable[[datetime], None]) -> Transactions:
    """Seven messages for each guardian, the last three at one instant."""
    hear_each(transactions, child_registered())
    for number in range(7):
        clock_at(AT + timedelta(minutes=min(number, 4)))
        hear_each(transactions, credited())
    return transactions


def page(transactions: Transactions, caller: Actor, cursor: str | None = None, limit: int = 20) -> dict[str, object]:
    with transactions.reading() as session:
        return queries.list_messages(session, caller, cursor, limit)


def test_a_person_sees_their_own_messages_newest_first(seven: Transactions) -> None:
    answer = page(seven, reader())
    assert LIST_MESSAGES.reply is not None
    on_wire = LIST_MESSAGES.reply().dump(answer)
    assert not LIST_MESSAGES.reply().validate(on_wire)
    own = {message.message_id for message in messages(seven) if message.user_id == MOTHER}
    assert {item["message_id"] for item in on_wire["items"]} == own
    times = [item["created_at"] for item in on_wire["items"]]
    assert times == sorted(times, reverse=True)
    assert answer["next_cursor"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
def test_pages_together_are_the_whole_inbox_each_message_once(seven: Transactions, limit: int) -> None:
    whole = page(seven, reader())["items"]
    gathered: list[object] = []
    cursor: str | None = None
    while True:
        answer = page(seven, reader(), cursor, limit)
        items = answer["items"]
        assert isinstance(items, list)
        assert 0 < len(items) <= limit
        gathered += items
        if answer["next_cursor"] is None:
            break
        cursor = str(answer["next_cursor"])
    assert gathered == whole


@pytest.mark.parametrize("caller", [reader(STRANGER), reader(MOTHER, "05")])
def test_nobody_else_sees_any(seven: Transactions, caller: Actor) -> None:
    assert page(seven, caller) == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["", "x", "0KQ=", "bm90IGEgY3Vyc29y", "MjAyNi0xMS0yMlQwMzowMDowMCBhYmM="])
def test_a_made_up_cursor_is_refused(seven: Transactions, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        page(seven, reader(), cursor)
    assert refusal.value.code == "invalid_cursor"


def read(transactions: Transactions, caller: Actor, message_id: str) -> dict[str, object]:
    with transactions.writing() as session:
        return commands.read_message(session, caller, message_id)


def test_reading_keeps_the_first_time(seven: Transactions, clock_at: Callable[[datetime], None]) -> None:
    message_id = next(message.message_id for message in messages(seven) if message.user_id == MOTHER)
    clock_at(AT + timedelta(hours=1))
    first = read(seven, reader(), message_id)
    clock_at(AT + timedelta(hours=2))
    assert read(seven, reader(), message_id) == first
    assert first["read_at"] == AT + timedelta(hours=1)
    assert READ_MESSAGE.reply is not None
    assert not READ_MESSAGE.reply().validate(READ_MESSAGE.reply().dump(first))
    unread = [message for message in messages(seven) if message.read_at is None]
    assert len(unread) == 13


@pytest.mark.parametrize("caller", [reader(FATHER), reader(STRANGER), reader(MOTHER, "05")])
def test_somebody_elses_message_cannot_be_read(seven: Transactions, caller: Actor) -> None:
    message_id = next(message.message_id for message in messages(seven) if message.user_id == MOTHER)
    with pytest.raises(NotFound) as refusal:
        read(seven, caller, message_id)
    assert refusal.value.code == "message_not_found"
    assert all(message.read_at is None for message in messages(seven))
