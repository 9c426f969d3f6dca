"""The catalogue on a real database, asked through its service's own methods and contracts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import Engine, text

from catalog import sample
from catalog.commands.groups import publish_group
from catalog.commands.places import publish_municipality, publish_region
from catalog.commands.programmes import save_module, save_programme
from catalog.commands.providers import save_provider, save_teacher
from catalog.domain.groups import Group
from catalog.domain.places import Municipality, Region
from catalog.domain.programmes import Module, Programme, Provider, Teacher
from catalog.domain.timetable import WeeklyLesson
from catalog.models import Base
from catalog.service import CatalogService
from chassis import tables
from chassis.context import Actor
from chassis.database import Transactions, create
from chassis.outbox import Received
from chassis.testing import acting, recorded, service_database
from chassis.values import Amount
from contracts.base import Method


@dataclass(frozen=True)
class Catalogue:
    """The service's database, its commands' transactions and its answers."""

    transactions: Transactions

    def ask(self, method: Method, **fields: Any) -> dict[str, Any]:
        """The answer as it crosses the wire: request and reply go through the contract, strictly."""
        return self.answer(method, None, fields)

    def ask_as(self, caller: Actor, method: Method, **fields: Any) -> dict[str, Any]:
        """What a person is answered; a command's transaction is committed."""
        return self.answer(method, caller, fields)

    def answer(self, method: Method, caller: Actor | None, fields: dict[str, Any]) -> dict[str, Any]:
        """One call of an entrypoint."""
        request = method.request().load(fields)
        entrypoint = getattr(CatalogService, method.name).__wrapped__
        assert method.reply is not None
        transaction = self.transactions.writing if method.command else self.transactions.reading
        with acting(caller), transaction() as session:
            answer = entrypoint(None, session, request)
            unknown = set(answer) - set(method.reply().fields)
            reply: dict[str, Any] = method.reply().dump(answer)
        assert not unknown
        assert method.reply().validate(reply) == {}
        return reply

    def do(self, command: Any, *values: Any, **changes: Any) -> Any:
        """Run a command in a transaction of its own."""
        with self.transactions.writing() as session:
            return command(session, *values, **changes)

    def announced(self, of_type: str = "") -> list[Received]:
        """The outbox so far, in order; all of it or one type."""
        with self.transactions.reading() as session:
            return [event for event in recorded(session) if of_type in (event.type, "")]

    def rows(self, sql: str) -> list[Any]:
        """What a plain query finds."""
        with self.transactions.reading() as session:
            return list(session.execute(text(sql)).tuples())


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A migrated database of the service for the whole run."""
    with service_database("catalog") as url:
        engine = create(url, "test")
        yield engine
        engine.dispose()


@pytest.fixture
def catalogue(engine: Engine) -> Catalogue:
    """An empty catalogue."""
    names = [table.name for table in (*Base.metadata.sorted_tables, tables.outbox, tables.inbox)]
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(names)} CASCADE"))
    return Catalogue(Transactions(engine))


@pytest.fixture(scope="session")
def sampled() -> Iterator[Catalogue]:
    """A catalogue with the whole sample of the school year 2026/27, for tests that only read."""
    with service_database("catalog") as url:
        engine = create(url, "test")
        catalogue = Catalogue(Transactions(engine))
        for region in sample.regions():
            catalogue.do(sample.load_region, region, date(2026, 11, 22))
        yield catalogue
        engine.dispose()


REGION = Region("38", "Иркутская область", "Asia/Irkutsk", "финансирование", "сертификат", ("p38.example",), "почта")
MUNICIPALITY = Municipality("38", "25701000", "33", "Иркутск")
PROVIDER = Provider(
    "38", "38000000-0000-4000-8000-0000000000a1", "club", "Студия «Маяк»", "25701000", "3899661153", "1153899750927"
)
TEACHER = Teacher("38", "38000000-0000-4000-8000-0000000000a2", PROVIDER.provider_id, "Вера Павловна Образцова")
PROGRAMME = Programme(
    "38",
    "38000000-0000-4000-8000-0000000000a3",
    PROVIDER.provider_id,
    "25701000",
    "Авиамоделирование",
    "Модели самолётов и планёров",
    "technical",
    7,
    12,
)
MODULE = Module(
    "38",
    "38000000-0000-4000-8000-0000000000a4",
    PROGRAMME.programme_id,
    "Первый год",
    Amount(900_000, "RUB"),
    Amount(800_000, "RUB"),
)
GROUP = Group(
    region_code="38",
    group_id="38000000-0000-4000-8000-0000000000a5",
    module_id=MODULE.module_id,
    teacher_ids=(TEACHER.teacher_id,),
    address="ул. Вымышленная, 1",
    age_min=7,
    age_max=9,
    capacity=12,
    admission="instant",
    opens_at=datetime(2026, 8, 1, tzinfo=UTC),
    closes_at=datetime(2027, 5, 31, 16, tzinfo=UTC),
    starts_on=date(2026, 9, 1),
    ends_on=date(2027, 5, 31),
    timetable=(WeeklyLesson(3, time(16), time(17)), WeeklyLesson(6, time(10), time(11))),
)


@pytest.fixture
def published(catalogue: Catalogue) -> Catalogue:
    """A catalogue with one group and all that is above it."""
    catalogue.do(publish_region, REGION)
    catalogue.do(publish_municipality, MUNICIPALITY)
    catalogue.do(save_provider, PROVIDER)
    catalogue.do(save_teacher, TEACHER)
    catalogue.do(save_programme, PROGRAMME)
    catalogue.do(save_module, MODULE)
    catalogue.do(publish_group, GROUP)
    return catalogue


@pytest.fixture
def values() -> dict[str, Any]:
    """What `published` was made from, for tests that publish it again or change it."""
    return {
        "region": REGION,
        "municipality": MUNICIPALITY,
        "provider": PROVIDER,
        "teacher": TEACHER,
        "programme": PROGRAMME,
        "module": MODULE,
        "group": GROUP,
    }
