"""Connections to the own database: kept while they live, and never handed out once they have ended."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from chassis.database import Transactions, create
from chassis.testing import engine_of, service_database, wait_for

BACKEND = text("SELECT pg_backend_pid()")
END = text("SELECT pg_terminate_backend(:backend)")
RUNS = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :backend")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with service_database("orders") as made:
        yield made


def backend(transactions: Transactions) -> int:
    with transactions.writing() as session:
        return int(session.execute(BACKEND).scalar_one())


def test_one_transaction_after_the_other_uses_the_same_connection(url: str) -> None:
    transactions = Transactions(create(url, "test"))
    with transactions.writing() as first, transactions.writing() as second:
        assert first.scalar(BACKEND) != second.scalar(BACKEND)
    assert len({backend(transactions) for _ in range(5)}) == 1


def test_connections_that_the_server_ended_while_they_rested_are_replaced_before_anybody_notices(url: str) -> None:
    transactions = Transactions(create(url, "test"))
    with transactions.writing() as first, transactions.writing() as second:
        ended = [first.scalar(BACKEND), second.scalar(BACKEND)]
    with engine_of(url).begin() as other:
        for each in ended:
            other.execute(END, {"backend": each})
    with engine_of(url).connect() as other:
        wait_for(lambda: not any(other.scalar(RUNS, {"backend": each}) for each in ended))
    with transactions.writing() as first, transactions.writing() as second:
        assert not {first.scalar(BACKEND), second.scalar(BACKEND)} & {*ended}
