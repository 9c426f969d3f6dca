from typing import Any

import pytest

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
