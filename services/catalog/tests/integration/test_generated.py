"""Generated programmes on a real database: written with COPY as if the service's commands had done it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg2.extensions
import pytest
from sqlalchemy import event, text
from structlog.testing import capture_logs

from catalog import sample
from catalog.commands.groups import publish_group
from catalog.commands.programmes import save_module, save_programme
from catalog.commands.providers import save_provider, save_teacher
from catalog.domain.calendar import school_year
from catalog.generated import load as loading
from catalog.generated.plan import Inventor
from chassis import clock
from contracts import catalog as contract

SEED, COUNT = 3, 25
TABLES = ("provider", "teacher", "programme", "module", "study_group", "group_teacher", "opening", "search_word")


@pytest.fixture
def places(catalogue: Any) -> Iterator[Any]:
    """A catalogue with the regions and municipalities alone; how green threads wait is restored afterwards."""
    waits = psycopg2.extensions.get_wait_callback()
    for region in sample.regions():
        catalogue.do(sample.publish_region, region)
        for municipality in sample.municipalities(region.region_code):
            catalogue.do(sample.publish_municipality, municipality)
    yield catalogue
    psycopg2.extensions.set_wait_callback(waits)


def generate(catalogue: Any, count: int = COUNT, *, announce: bool = True) -> int:
    return loading.load(catalogue.transactions, sample.regions(), SEED, count, announce=announce)


def everything(catalogue: Any) -> dict[str, list[Any]]:
    return {table: sorted(map(repr, catalogue.rows(f"SELECT * FROM {table}"))) for table in TABLES}


def test_the_rows_and_events_are_those_that_the_commands_write(places: Any) -> None:
    assert generate(places) == COUNT
    copied, said = everything(places), places.announced(contract.GROUP_PUBLISHED.type)
    for table in (*reversed(TABLES), "outbox"):
        places.do(lambda session, name=table: session.execute(text(f"TRUNCATE {name} CASCADE")))
    inventor = Inventor(SEED, school_year(clock.today("Europe/Moscow")), tuple(sample.regions()))
    for number in range(COUNT):
        owner = inventor.provider(number // 20)
        places.do(save_provider, owner.provider)
        for teacher in owner.teachers:
            places.do(save_teacher, teacher)
        invented = inventor.programme(number, owner)
        places.do(save_programme, invented.programme)
        for module in invented.modules:
            places.do(save_module, module)
        for group in invented.groups:
            assert places.do(publish_group, group)

    assert everything(places) == copied
    again = {each.subject: each for each in places.announced(contract.GROUP_PUBLISHED.type)}
    assert len(said) == len(again) == 25 * 4 + 5
    for each in said:
        twin = again[each.subject]
        assert (each.type, each.region_code, each.version) == (twin.type, twin.region_code, twin.version)
        assert each.data == twin.data
        contract.GroupPublished().load(each.data)


def test_generating_again_adds_nothing_and_more_adds_the_rest(places: Any) -> None:
    generate(places, 5)
    before = everything(places), places.announced()

    assert generate(places, 5) == 0
    assert (everything(places), places.announced()) == before
    assert generate(places, 25) == 20


@pytest.fixture
def kept(places: Any) -> Iterator[list[str]]:
    """What the planner was told to look at anew, statement by statement."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "ANALYZE" in statement:
            statements.append(statement.split(" provider")[0])

    event.listen(places.transactions.engine, "before_cursor_execute", note)
    yield statements
    event.remove(places.transactions.engine, "before_cursor_execute", note)


def test_the_planner_looks_again_when_there_is_twice_as_much_and_at_the_end(places: Any, kept: list[str]) -> None:
    generate(places, 900, announce=False)
    assert kept == ["ANALYZE"] * 4 + ["VACUUM ANALYZE"]
    kept.clear()

    generate(places, 900, announce=False)
    assert kept == []
    generate(places, 1000, announce=False)
    assert kept == ["ANALYZE", "VACUUM ANALYZE"]


def test_what_is_not_announced_is_found_but_has_no_page(places: Any) -> None:
    assert generate(places, 5, announce=False) == 5

    assert places.announced(contract.GROUP_PUBLISHED.type) == []
    found = places.ask(contract.SEARCH_PROGRAMMES)["items"]
    assert len(found) == 5
    assert places.ask(contract.GET_PROGRAMME, programme_id=found[0]["programme_id"])["groups"] == []


def test_a_generated_programme_is_found_by_its_settlement_and_with_a_typo(places: Any) -> None:
    generate(places, 40)
    item = places.ask(contract.SEARCH_PROGRAMMES, limit=1)["items"][0]
    activity = item["summary"].split(":")[0]

    assert item in places.ask(contract.SEARCH_PROGRAMMES, q=activity, limit=100)["items"]
    groups = places.ask(contract.GET_PROGRAMME, programme_id=item["programme_id"])["groups"]
    assert sum(group["places_free"] for group in groups) == item["places_free"]
    assert date.fromisoformat(groups[0]["starts_on"]) < date.fromisoformat(groups[0]["ends_on"])


def test_a_long_load_says_how_far_it_is(places: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PROGRESS_SECONDS", -1)
    monkeypatch.setattr(loading, "BATCH", 20)
    with capture_logs() as said:
        generate(places, 45)
    lines = [line for line in said if line["event"] == "sample_progress"]
    assert [(line["programmes"], line["of"]) for line in lines] == [(20, 45), (40, 45), (45, 45)]
    assert all(line["seconds"] >= 0 for line in lines)


def test_a_short_load_says_nothing_on_the_way(places: Any) -> None:
    with capture_logs() as said:
        generate(places)
    assert said == []
