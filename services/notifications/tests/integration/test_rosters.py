"""News of a lesson reach the families that are in the group, in whatever order things are heard."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import text

from chassis.database import Transactions
from chassis.outbox import Received
from chassis.testing import wait_for
from notifications.models import Message

from .facts import (
    CHILD,
    FATHER,
    MOTHER,
    OTHER_CHILD,
    OTHER_ENROLLMENT,
    STRANGER,
    child_registered,
    enrolled,
    group_published,
    hear,
    hear_each,
    lesson_cancelled,
    lesson_moved,
    messages,
    withdrawn,
)

LESSON = ("lesson_cancelled", "lesson_moved")


@pytest.fixture
def families(transactions: Transactions) -> Transactions:
    """Two families, one child each, and a group."""
    strangers = child_registered((STRANGER,), OTHER_CHILD)
    hear_each(transactions, child_registered((MOTHER,)), strangers, group_published())
    return transactions


def of_lessons(transactions: Transactions) -> list[Message]:
    return [message for message in messages(transactions) if message.kind in LESSON]


def told(transactions: Transactions) -> list[str]:
    return sorted(message.user_id for message in of_lessons(transactions))


def test_a_cancelled_lesson_is_told_to_every_family_in_the_group_once(families: Transactions) -> None:
    cancelled = lesson_cancelled()
    hear_each(families, enrolled(), enrolled(OTHER_CHILD, OTHER_ENROLLMENT), cancelled, cancelled)
    assert told(families) == sorted([MOTHER, STRANGER])
    assert {message.child_id for message in of_lessons(families)} == {CHILD, OTHER_CHILD}
    assert "в 16:00 в группе «Робототехника каждый день»" in of_lessons(families)[0].text


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_in_every_order_a_change_before_the_last_day_is_told_once(
    transactions: Transactions, order: tuple[int, ...]
) -> None:
    heard = [child_registered((MOTHER, FATHER)), group_published(), enrolled(), lesson_moved()]
    hear_each(transactions, *(heard[place] for place in order))
    hear_each(transactions, *heard)
    assert told(transactions) == sorted([MOTHER, FATHER])


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_a_child_that_left_before_the_lesson_hears_nothing_of_it(
    families: Transactions, order: tuple[int, ...]
) -> None:
    heard = [enrolled(), withdrawn(on=date(2026, 11, 23))]
    hear_each(families, *(heard[place] for place in order), lesson_cancelled(on=date(2026, 11, 24)))
    assert told(families) == []


def test_a_child_hears_of_a_lesson_on_its_last_day(families: Transactions) -> None:
    hear_each(families, enrolled(), withdrawn(on=date(2026, 11, 24)), lesson_cancelled(on=date(2026, 11, 24)))
    assert told(families) == [MOTHER]


def test_a_lesson_moved_to_before_the_last_day_concerns_the_child_that_would_have_missed_it(
    families: Transactions,
) -> None:
    moved = lesson_moved(on=date(2026, 11, 27), to=date(2026, 11, 24))
    hear_each(families, moved, withdrawn(on=date(2026, 11, 25)), enrolled())
    assert told(families) == [MOTHER]


def test_who_enrols_after_the_change_finds_it_in_the_timetable_and_is_told_nothing(families: Transactions) -> None:
    before, after = "2026-11-22T01:00:00+00:00", "2026-11-22T02:00:00+00:00"
    hear_each(families, lesson_cancelled(at=before), enrolled(at=after), lesson_cancelled(at=before))
    assert told(families) == []


def test_a_guardian_of_two_children_in_the_group_is_told_once(transactions: Transactions) -> None:
    siblings = [child_registered((MOTHER,)), child_registered((MOTHER,), OTHER_CHILD)]
    hear_each(transactions, enrolled(), enrolled(OTHER_CHILD, OTHER_ENROLLMENT), lesson_cancelled(), *siblings)
    assert told(transactions) == []
    hear_each(transactions, group_published())
    assert told(transactions) == [MOTHER]


@pytest.mark.parametrize("heard", list(itertools.permutations([enrolled, lesson_cancelled])))
def test_a_change_and_an_enrolment_that_are_heard_at_once_do_not_miss_each_other(
    families: Transactions, heard: tuple[Callable[[], Received], ...]
) -> None:
    first, second = heard[0](), heard[1]()
    with ThreadPoolExecutor(1) as thread:
        with families.writing() as session:
            hear(session, first)
            other = thread.submit(hear_each, families, second)
            wait_for(lambda: other.done() or waits_for_a_lock(families), 10, "the other event")
        other.result(timeout=10)
    assert told(families) == [MOTHER]


def waits_for_a_lock(transactions: Transactions) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with transactions.engine.connect() as connection:
        return connection.execute(text(waiting)).first() is not None
