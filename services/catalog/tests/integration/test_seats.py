from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from catalog.commands.groups import publish_group
from catalog.service import CatalogService
from chassis.testing import apply, received
from contracts import catalog as contract
from contracts import enrollment


def hear(catalogue: Any, group_id: str, version: int, taken: int, capacity: int = 12) -> None:
    data = {"group_id": group_id, "capacity": capacity, "taken": taken, "waiting": 0}
    event = received(enrollment.SEATS_CHANGED, subject=group_id, version=version, region_code="38", data=data)
    with catalogue.transactions.writing() as session:
        apply(CatalogService, session, event)


def places(catalogue: Any, group_id: str, programme_id: str) -> set[int]:
    return {
        catalogue.ask(contract.GET_GROUP, group_id=group_id)["places_free"],
        catalogue.ask(contract.GET_PROGRAMME, programme_id=programme_id)["places_free"],
        catalogue.ask(contract.SEARCH_PROGRAMMES)["items"][0]["places_free"],
    }


@pytest.fixture
def ids(values: Any) -> tuple[str, str]:
    return values["group"].group_id, values["programme"].programme_id


def test_a_group_that_nobody_spoke_of_is_empty(published: Any, ids: tuple[str, str]) -> None:
    assert places(published, *ids) == {12}


def test_free_places_follow_the_newest_version_in_whatever_order_it_comes(published: Any, ids: tuple[str, str]) -> None:
    hear(published, ids[0], version=3, taken=5)
    assert places(published, *ids) == {7}

    hear(published, ids[0], version=2, taken=4)
    hear(published, ids[0], version=3, taken=4)
    assert places(published, *ids) == {7}

    hear(published, ids[0], version=4, taken=1)
    assert places(published, *ids) == {11}


def test_a_group_with_more_children_than_places_shows_none_free(published: Any, ids: tuple[str, str]) -> None:
    hear(published, ids[0], version=1, taken=15)

    assert places(published, *ids) == {0}


def test_seats_may_be_heard_of_before_the_group(catalogue: Any, values: Any, ids: tuple[str, str]) -> None:
    hear(catalogue, ids[0], version=1, taken=2)

    assert catalogue.rows("SELECT version, taken FROM seats") == [(1, 2)]


def test_two_groups_heard_of_at_once_are_both_counted(published: Any, values: Any, ids: tuple[str, str]) -> None:
    second = "38000000-0000-4000-8000-0000000000a6"
    published.do(publish_group, replace(values["group"], group_id=second))
    for version in range(1, 9):
        barrier = Barrier(2)

        def tell(group_id: str, version: int = version, barrier: Barrier = barrier) -> None:
            barrier.wait()
            hear(published, group_id, version, taken=version)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(tell, (ids[0], second)))
        assert published.ask(contract.SEARCH_PROGRAMMES)["items"][0]["places_free"] == 2 * (12 - version)


def test_a_full_programme_is_not_found_with_places_until_one_is_free(published: Any, ids: tuple[str, str]) -> None:
    for version, taken, found in ((1, 12, 0), (2, 11, 1), (3, 12, 0)):
        hear(published, ids[0], version, taken)
        assert len(published.ask(contract.SEARCH_PROGRAMMES, with_places=True)["items"]) == found
    assert len(published.ask(contract.SEARCH_PROGRAMMES)["items"]) == 1
