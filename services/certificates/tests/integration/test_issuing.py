import itertools
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from certificates.commands import issuing
from certificates.models import Certificate, Enrollment, Holder
from chassis.database import Transactions
from chassis.outbox import Received
from chassis.testing import recorded
from contracts.certificates import CERTIFICATE_ISSUED

from .facts import BORN_ON, CHILD, child_registered, enrolled, hear

Clock = Callable[[datetime], None]


def certificates(transactions: Transactions) -> list[Certificate]:
    with transactions.writing() as session:
        return list(session.scalars(select(Certificate)))


def issued(transactions: Transactions) -> list[Received]:
    with transactions.reading() as session:
        return recorded(session)


def hear_each(transactions: Transactions, *events: Received) -> None:
    for event in events:
        with transactions.writing() as session:
            hear(session, event)


def test_an_enrolled_known_child_gets_its_certificate_and_the_world_hears_of_it(transactions: Transactions) -> None:
    hear_each(transactions, child_registered(), enrolled())
    (certificate,) = certificates(transactions)
    (event,) = issued(transactions)
    assert event.type == CERTIFICATE_ISSUED.type
    assert (event.subject, event.version, event.region_code) == (certificate.certificate_id, 1, "38")
    assert not CERTIFICATE_ISSUED.schema().validate(event.data)
    assert event.data["number"] == certificate.number
    assert event.data["child_id"] == CHILD
    assert event.data["payer_municipality_code"] == "25701000"
    assert event.data["valid_until"] == "2034-04-12"
    assert "born_on" not in event.data


def test_the_number_is_the_region_the_payer_and_six_random_digits(transactions: Transactions) -> None:
    with transactions.writing() as session:
        for _ in range(20):
            child_id = str(uuid.uuid4())
            hear(session, child_registered(child_id=child_id, payer_code="07"))
            hear(session, enrolled(child_id=child_id))
    numbers = [certificate.number for certificate in certificates(transactions)]
    assert len(set(numbers)) == 20
    assert {number[:4] for number in numbers} == {"3807"}
    serials = sorted(int(number[4:]) for number in numbers)
    assert serials[-1] - serials[0] > 1000


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_every_order_of_facts_and_their_repeats_gives_one_certificate_and_one_event(
    transactions: Transactions, order: tuple[int, ...]
) -> None:
    facts = [child_registered(), enrolled(), enrolled(), child_registered(version=2)]
    for place in order:
        hear_each(transactions, facts[place], facts[place])
    hear_each(transactions, *facts)
    assert len(certificates(transactions)) == 1
    assert [event.type for event in issued(transactions)] == [CERTIFICATE_ISSUED.type]


def test_facts_that_arrive_at_the_same_instant_give_one_certificate(transactions: Transactions) -> None:
    children = [str(uuid.uuid4()) for _ in range(8)]
    for child_id in children:
        facts = [child_registered(child_id=child_id), enrolled(child_id=child_id), enrolled(child_id=child_id)]
        together = Barrier(len(facts))

        def at_once(event: Received, together: Barrier = together) -> None:
            with transactions.writing() as session:
                together.wait(timeout=10)
                hear(session, event)

        with ThreadPoolExecutor(len(facts)) as threads:
            list(threads.map(at_once, facts))
    assert {certificate.child_id for certificate in certificates(transactions)} == set(children)
    assert len(issued(transactions)) == len(children)


def test_a_fact_waits_for_the_other_one_that_is_not_committed_yet(transactions: Transactions) -> None:
    with ThreadPoolExecutor(1) as threads:
        with transactions.writing() as first:
            hear(first, child_registered())
            second = threads.submit(hear_each, transactions, enrolled())
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
        second.result(timeout=10)
    assert len(certificates(transactions)) == 1


def test_only_one_certificate_of_a_child_fits_into_the_database(transactions: Transactions) -> None:
    hear_each(transactions, child_registered(), enrolled())
    (first,) = certificates(transactions)
    copied = {column.name: getattr(first, column.name) for column in Certificate.__table__.columns}
    second = Certificate(**(copied | {"certificate_id": str(uuid.uuid4()), "number": "3801999999"}))
    with pytest.raises(IntegrityError, match="uq_certificate_region_code_child_id"), transactions.writing() as session:
        session.add(second)


def test_a_taken_number_leads_to_another_draw(transactions: Transactions, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([4217, 4217, 4217, 4218])
    monkeypatch.setattr(issuing.secrets, "randbelow", lambda _limit: next(draws))
    other = str(uuid.uuid4())
    hear_each(transactions, child_registered(), enrolled())
    hear_each(transactions, child_registered(child_id=other), enrolled(child_id=other))
    assert {certificate.number for certificate in certificates(transactions)} == {"3801004217", "3801004218"}


def test_a_payer_without_free_numbers_fails_loudly_and_loses_no_fact(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = str(uuid.uuid4())
    monkeypatch.setattr(issuing.secrets, "randbelow", lambda _limit: 1)
    hear_each(transactions, child_registered(), enrolled(), child_registered(child_id=other))
    late = enrolled(child_id=other)
    with pytest.raises(issuing.NumbersExhausted):
        hear_each(transactions, late)
    monkeypatch.undo()
    hear_each(transactions, late)
    assert len(certificates(transactions)) == 2


def test_the_first_day_is_the_local_date_of_issue(transactions: Transactions, clock_at: Clock) -> None:
    clock_at(datetime(2026, 11, 22, 17, 30, tzinfo=UTC))
    west = str(uuid.uuid4())
    hear_each(transactions, child_registered(), enrolled(date(2026, 11, 22)))
    hear_each(
        transactions,
        child_registered(child_id=west, region_code="05", time_zone="Europe/Moscow"),
        enrolled(date(2026, 11, 22), child_id=west, region_code="05"),
    )
    first_days = {certificate.region_code: certificate.valid_from for certificate in certificates(transactions)}
    assert first_days == {"38": date(2026, 11, 23), "05": date(2026, 11, 22)}


@pytest.mark.parametrize(
    ("born_on", "reason"),
    [(date(2021, 11, 23), "under_age"), (date(2008, 11, 22), "over_age")],
)
def test_a_child_outside_the_ages_gets_none_and_the_enrolment_says_why(
    transactions: Transactions, clock_at: Clock, born_on: date, reason: str
) -> None:
    clock_at(datetime(2026, 11, 22, 3, tzinfo=UTC))
    hear_each(transactions, child_registered(born_on=born_on), enrolled(date(2026, 11, 22)))
    assert certificates(transactions) == []
    assert issued(transactions) == []
    with transactions.reading() as session:
        assert session.scalar(select(Enrollment.withheld)) == reason


def test_a_child_of_four_enrolled_in_august_is_five_at_the_first_lesson_and_gets_its_certificate(
    transactions: Transactions, clock_at: Clock
) -> None:
    clock_at(datetime(2026, 8, 20, 3, tzinfo=UTC))
    lessons_on = (date(2026, 9, 8), date(2026, 9, 1))
    hear_each(
        transactions,
        child_registered(born_on=date(2021, 8, 31)),
        enrolled(date(2026, 8, 20), lessons_on=lessons_on),
    )
    assert [certificate.valid_from for certificate in certificates(transactions)] == [date(2026, 8, 20)]


def test_a_later_enrolment_at_the_right_age_brings_the_certificate(transactions: Transactions, clock_at: Clock) -> None:
    clock_at(datetime(2021, 4, 11, 3, tzinfo=UTC))
    hear_each(transactions, child_registered(), enrolled(date(2021, 4, 11)))
    assert certificates(transactions) == []
    clock_at(datetime(2021, 4, 12, 3, tzinfo=UTC))
    hear_each(transactions, enrolled(date(2021, 4, 12)))
    (certificate,) = certificates(transactions)
    assert certificate.valid_from - BORN_ON > timedelta(days=5 * 365)


def test_an_older_version_of_a_child_does_not_replace_a_newer_one(transactions: Transactions) -> None:
    newer = child_registered(version=2, guardian_ids=[CHILD])
    hear_each(transactions, newer, child_registered(version=1))
    with transactions.reading() as session:
        assert session.scalar(select(Holder.guardian_ids)) == [CHILD]
        assert session.scalar(select(func.count()).select_from(Holder)) == 1


def test_the_same_child_id_in_another_region_is_another_child(transactions: Transactions) -> None:
    hear_each(transactions, child_registered(region_code="05"), enrolled(region_code="38"))
    assert certificates(transactions) == []
