from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from certificates import queries
from chassis import clock
from chassis.context import Actor
from chassis.database import Transactions
from chassis.errors import NotFound
from contracts.certificates import GET_CERTIFICATE

from .facts import CHILD, FATHER, MOTHER, STRANGER, child_registered, enrolled, hear


def guardian(subject: str = MOTHER, region_code: str = "38") -> Actor:
    return Actor(subject, "guardian", region_code)


@pytest.fixture
def known(transactions: Transactions) -> Transactions:
    with transactions.writing() as session:
        hear(session, child_registered())
    return transactions


@pytest.fixture
def issued(known: Transactions) -> Transactions:
    with known.writing() as session:
        hear(session, enrolled())
    return known


@pytest.mark.parametrize("subject", [MOTHER, FATHER])
def test_each_guardian_sees_the_whole_certificate(issued: Transactions, subject: str) -> None:
    with issued.reading() as session:
        answer = queries.get_certificate(session, guardian(subject), CHILD)
    assert GET_CERTIFICATE.reply is not None
    assert set(answer) == set(GET_CERTIFICATE.reply().fields)
    assert not GET_CERTIFICATE.reply().validate(GET_CERTIFICATE.reply().dump(answer))
    assert answer["state"] == "valid"
    assert answer["valid_until"] == date(2034, 4, 12)


@pytest.mark.parametrize("caller", [guardian(STRANGER), guardian(CHILD), guardian(MOTHER, "05")])
def test_for_anybody_else_there_is_no_such_child(issued: Transactions, caller: Actor) -> None:
    with issued.reading() as session, pytest.raises(NotFound) as refusal:
        queries.get_certificate(session, caller, CHILD)
    assert refusal.value.code == "child_not_found"


def test_strangers_cannot_tell_a_child_without_certificate_from_no_child(known: Transactions) -> None:
    refusals = []
    for child_id in (CHILD, STRANGER):
        with known.reading() as session, pytest.raises(NotFound) as refusal:
            queries.get_certificate(session, guardian(STRANGER), child_id)
        refusals.append((refusal.value.code, refusal.value.message, refusal.value.details))
    assert refusals[0] == refusals[1]


def test_before_the_certificate_exists_the_guardian_is_told_so(known: Transactions) -> None:
    with known.reading() as session, pytest.raises(NotFound) as refusal:
        queries.get_certificate(session, guardian(), CHILD)
    assert (refusal.value.code, refusal.value.details) == ("certificate_not_issued", {})


def test_a_guardian_is_told_why_an_enrolment_brought_none(transactions: Transactions) -> None:
    with transactions.writing() as session:
        hear(session, child_registered(born_on=date(2005, 1, 1)))
        hear(session, enrolled())
    with transactions.reading() as session, pytest.raises(NotFound) as refusal:
        queries.get_certificate(session, guardian(), CHILD)
    assert (refusal.value.code, refusal.value.details) == ("certificate_not_issued", {"reason": "over_age"})


@pytest.mark.parametrize(
    ("instant", "state"),
    [(datetime(2034, 4, 12, 15, 59, tzinfo=UTC), "valid"), (datetime(2034, 4, 12, 16, 0, tzinfo=UTC), "expired")],
)
def test_it_expires_at_midnight_after_the_birthday_where_the_child_lives(
    issued: Transactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instant: datetime, state: str
) -> None:
    (tmp_path / "clock").write_text(instant.isoformat(), encoding="utf-8")
    monkeypatch.setenv(clock.FILE_VARIABLE, str(tmp_path / "clock"))
    with issued.reading() as session:
        assert queries.get_certificate(session, guardian(), CHILD)["state"] == state
