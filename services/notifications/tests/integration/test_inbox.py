import itertools
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from chassis.database import Transactions
from chassis.outbox import Received
from contracts import accounts, catalog
from notifications import commands
from notifications.domain.texts import KINDS
from notifications.models import Delivery, WaitingNotice

from .facts import (
    CHILD,
    FATHER,
    MOTHER,
    STRANGER,
    child_registered,
    contract,
    credited,
    debit,
    enrolled,
    group_published,
    guardian_registered,
    hear,
    hear_each,
    messages,
    one_of_each_kind,
)


def waiting(transactions: Transactions) -> int:
    with transactions.reading() as session:
        return session.scalar(select(func.count()).select_from(WaitingNotice)) or 0


def deliveries(transactions: Transactions) -> list[Delivery]:
    with transactions.writing() as session:
        return list(session.scalars(select(Delivery)))


def test_every_kind_reaches_every_guardian_in_the_inbox_and_by_mail(transactions: Transactions) -> None:
    hear_each(transactions, child_registered(), group_published(), *one_of_each_kind())
    inbox = messages(transactions)
    assert sorted((message.kind, message.user_id) for message in inbox) == sorted(
        itertools.product(KINDS, (MOTHER, FATHER))
    )
    mails = deliveries(transactions)
    assert {mail.message_id for mail in mails} == {message.message_id for message in inbox}
    assert {(mail.purpose, mail.state) for mail in mails} == {("notice", "pending")}


def test_a_debit_is_told_with_the_groups_title_and_what_is_left(transactions: Transactions) -> None:
    hear_each(transactions, child_registered((MOTHER,)), group_published(), debit())
    (message,) = messages(transactions)
    assert message.child_id == CHILD
    assert message.read_at is None
    assert message.text.replace("\u202f", " ").replace("\u00a0", " ") == (
        "Списано 82,50 ₽ за занятие 22.11.2026 в группе «Робототехника каждый день» (отметка: присутствие). "
        "На сертификате осталось 9 000,00 ₽, в резерве 2 917,50 ₽."
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_every_order_of_facts_and_their_repeats_gives_each_guardian_one_message_of_each(
    transactions: Transactions, order: tuple[int, ...]
) -> None:
    facts = [child_registered(), group_published(), debit(), credited()]
    for place in order:
        hear_each(transactions, facts[place], facts[place])
    hear_each(transactions, *facts)
    told = [(message.kind, message.user_id) for message in messages(transactions)]
    assert told == sorted(itertools.product(("certificate_credited", "debit_posted"), (MOTHER, FATHER)))
    assert len(deliveries(transactions)) == 4
    assert waiting(transactions) == 0


def test_what_does_not_concern_a_group_does_not_wait_for_one(transactions: Transactions) -> None:
    hear_each(transactions, child_registered((MOTHER,)), credited(), contract())
    assert [message.kind for message in messages(transactions)] == ["certificate_credited"]
    assert waiting(transactions) == 1


def test_a_notice_of_a_family_that_is_not_known_waits_and_is_never_lost(transactions: Transactions) -> None:
    hear_each(transactions, group_published(), *one_of_each_kind())
    assert messages(transactions) == []
    assert waiting(transactions) == len(KINDS)
    hear_each(transactions, child_registered((MOTHER,)))
    assert [message.kind for message in messages(transactions)] == sorted(KINDS)
    assert waiting(transactions) == 0


def test_another_childs_family_settles_nothing(transactions: Transactions) -> None:
    hear_each(transactions, group_published(), debit(), child_registered(child_id=str(uuid.uuid4())))
    assert messages(transactions) == []
    assert waiting(transactions) == 1


def test_the_newest_title_counts_whatever_arrives_last(transactions: Transactions) -> None:
    renamed = group_published(catalog.GROUP_CHANGED, "Робототехника: старт", version=2)
    hear_each(transactions, child_registered((MOTHER,)), renamed, group_published(), enrolled())
    (message,) = messages(transactions)
    assert "«Робототехника: старт»" in message.text


def test_the_newest_family_counts_whatever_arrives_last(transactions: Transactions) -> None:
    hear_each(transactions, child_registered((FATHER,), version=2), child_registered((STRANGER,)), credited())
    assert [message.user_id for message in messages(transactions)] == [FATHER]


def test_a_new_guardian_hears_of_what_happens_from_then_on(transactions: Transactions) -> None:
    joined = child_registered((MOTHER, FATHER), version=2, event=accounts.CHILD_CHANGED)
    hear_each(transactions, child_registered((MOTHER,)), credited(), joined, debit(), group_published())
    told = [(message.kind, message.user_id) for message in messages(transactions)]
    assert told == [("certificate_credited", MOTHER), ("debit_posted", MOTHER), ("debit_posted", FATHER)]


def test_facts_that_miss_each_other_in_flight_are_settled_a_moment_later(
    transactions: Transactions, clock_at: Callable[[datetime], None]
) -> None:
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    clock_at(at)
    facts = [child_registered((MOTHER,)), group_published(), debit()]
    together = Barrier(len(facts))

    def at_once(event: Received) -> None:
        with transactions.writing() as session:
            hear(session, event)
            together.wait(timeout=10)

    with ThreadPoolExecutor(len(facts)) as threads:
        list(threads.map(at_once, facts))
    assert messages(transactions) == []
    clock_at(at + timedelta(seconds=11))
    with transactions.writing() as session:
        assert commands.settle_overdue(session) is False
    assert [message.kind for message in messages(transactions)] == ["debit_posted"]
    assert waiting(transactions) == 0


def test_what_still_lacks_a_fact_is_looked_at_again_later_and_stops_nobody(
    transactions: Transactions, clock_at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "SETTLED_AT_ONCE", 1)
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    clock_at(at)
    hear_each(transactions, debit(), debit())
    clock_at(at + timedelta(seconds=11))
    rounds = []
    for _ in range(3):
        with transactions.writing() as session:
            rounds.append(commands.settle_overdue(session))
    assert rounds == [True, True, False]
    assert waiting(transactions) == 2


def test_a_registered_guardian_gets_one_confirmation_mail_and_no_message(transactions: Transactions) -> None:
    registered = guardian_registered()
    hear_each(transactions, registered, registered)
    (mail,) = deliveries(transactions)
    assert (mail.purpose, mail.user_id, mail.message_id, mail.state) == ("email_confirmation", MOTHER, None, "pending")
    assert messages(transactions) == []
