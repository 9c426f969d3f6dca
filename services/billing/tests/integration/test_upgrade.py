"""What earlier versions left waiting is done after an upgrade."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from billing import queries
from billing.models import Enrollment
from chassis import migrations
from chassis.database import Transactions
from chassis.testing import engine_of, service_database

from .changes import certificate_is, deadlines, leftovers
from .world import Group, World

Clock = Callable[[datetime], None]
PRESENT = (
    "ALTER TABLE funding_rules ADD clubs_at_once_max INTEGER, ADD direction_limits JSONB DEFAULT '{}' NOT NULL;"
    "ALTER TABLE enrollment ADD direction TEXT"
)
"""What the present code needs of later migrations, while it makes what an earlier version would have."""
PAST = "ALTER TABLE funding_rules DROP clubs_at_once_max, DROP direction_limits; ALTER TABLE enrollment DROP direction"


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts_of("billing")))
    config.attributes["url"] = url
    command.upgrade(config, revision)


@pytest.fixture
def earlier() -> Iterator[tuple[World, str]]:
    """A region in a database as the version before left it, and the database's address."""
    with service_database("billing", migrate=False) as url:
        upgrade(url, "0006")
        world = World(Transactions(engine_of(url)), "38")
        with world.transactions.writing() as session:
            session.execute(text(PRESENT))
        world.open_period()
        yield world, url


def upgrade_to_present(world: World, url: str) -> None:
    with world.transactions.writing() as session:
        session.execute(text(PAST))
    upgrade(url, "head")


def test_a_contract_that_has_waited_for_money_is_closed_after_its_period(
    earlier: tuple[World, str], clock_at: Clock
) -> None:
    world, url = earlier
    world.open_programme(budget=0)
    _, _, enrollment_id = world.enrol()
    with world.transactions.writing() as session:
        session.execute(text("UPDATE contract SET review_on = NULL"))
    upgrade_to_present(world, url)
    clock_at(datetime(2027, 8, 31, 16, tzinfo=UTC))
    deadlines(world)
    assert world.contract(enrollment_id).state == "closed"


def test_money_that_stayed_on_a_revoked_certificate_goes_back(earlier: tuple[World, str]) -> None:
    world, url = earlier
    world.open_programme(budget=1_000_000)
    child, *_ = world.enrol()
    world.hear(certificate_is(world, child, "revoked", date(2026, 10, 4)))
    with world.transactions.writing() as session:
        session.execute(text("DELETE FROM departure"))
    leftovers(world)
    assert world.pocket(child) == (1_000_000, 0)
    upgrade_to_present(world, url)
    leftovers(world)
    assert world.pocket(child) == (0, 0)
    assert world.budget()["available"]["value"] == "10000.00"


def test_what_was_decided_before_there_were_limits_stays_so(earlier: tuple[World, str]) -> None:
    world, url = earlier
    world.open_programme()
    child, _, enrollment_id = world.enrol()
    upgrade_to_present(world, url)
    with world.transactions.reading() as session:
        (version,) = queries.list_funding_programmes(session, world.officer())["items"]
        assert (version["clubs_at_once_max"], version["direction_limits"]) == (None, {})
        assert session.get_one(Enrollment, (world.region_code, enrollment_id)).direction is None
    _, _, second = world.enrol(Group(price=100000, normative=100000), child)
    assert [world.contract(each).state for each in (enrollment_id, second)] == ["active", "active"]
