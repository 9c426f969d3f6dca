"""A full group's waiting list, over HTTP alone: a position, a timed offer of the place, and the next in line."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from people import FREE, Cast, new_key
from provoked import refused

from chassis.testing import wait_for

PATIENCE_SECONDS = 10
OFFER_STANDS = timedelta(days=3)
SHORTLY = timedelta(minutes=5)


def resize(cast: Cast, capacity: int) -> None:
    answer = cast.provider.send("PATCH", f"/provider/groups/{FREE}", new_key(), json={"capacity": capacity})
    assert answer.status_code == 200, answer.text


def count(cast: Cast, status: str) -> int:
    """How many of the group's applications have the status."""
    query = {"status": status, "limit": 100}
    page = cast.provider.get(f"/provider/groups/{FREE}/applications", params=query).json()
    assert page["next_cursor"] is None
    return len(page["items"])


def taken(cast: Cast) -> int:
    return count(cast, "enrolled") + count(cast, "offered")


@pytest.fixture
def line(cast: Cast) -> Iterator[list[dict[str, Any]]]:
    """Two applications that wait, in the order in which they came; the group is as before afterwards."""
    capacity = cast.family.get(f"/groups/{FREE}").json()["capacity"]
    resize(cast, 0)

    def waiting() -> dict[str, Any] | None:
        application = cast.family.applied(FREE)
        return application if application["status"] == "waitlisted" else None

    yield [wait_for(waiting, PATIENCE_SECONDS, "the group to be full"), cast.family.applied(FREE)]
    resize(cast, capacity)
    wait_for(lambda: not count(cast, "waitlisted"), PATIENCE_SECONDS, "places for all who wait")


def seen(cast: Cast, application: dict[str, Any]) -> dict[str, Any]:
    return dict(cast.family.get(f"/applications/{application['application_id']}").json())


def standing(cast: Cast, application: dict[str, Any]) -> tuple[str, int | None]:
    found = seen(cast, application)
    return found["status"], found["position"]


def test_a_place_more_is_offered_to_the_first_who_takes_it_and_the_next_moves_up(
    cast: Cast, line: list[dict[str, Any]]
) -> None:
    first, second = line
    assert [(each["status"], each["position"]) for each in line] == [("waitlisted", 1), ("waitlisted", 2)]
    early = cast.family.post(f"/applications/{first['application_id']}/acceptance", key=new_key())
    refused(early, 409, "transition_not_allowed")

    resize(cast, taken(cast) + 1)
    wait_for(lambda: standing(cast, first) == ("offered", None), PATIENCE_SECONDS, "the first to be offered the place")
    left = datetime.fromisoformat(seen(cast, first)["decide_by"]) - datetime.now(UTC)
    assert OFFER_STANDS - SHORTLY < left <= OFFER_STANDS
    assert standing(cast, second) == ("waitlisted", 1)

    answer = cast.family.post(f"/applications/{first['application_id']}/acceptance", key=new_key())
    assert (answer.status_code, answer.json()["status"]) == (200, "enrolled"), answer.text
    assert seen(cast, first)["enrolled_at"]
    assert standing(cast, second) == ("waitlisted", 1)


def test_a_place_that_is_not_wanted_goes_to_the_next_in_line(cast: Cast, line: list[dict[str, Any]]) -> None:
    first, second = line
    resize(cast, taken(cast) + 1)
    wait_for(lambda: standing(cast, first)[0] == "offered", PATIENCE_SECONDS, "the first to be offered the place")

    answer = cast.family.post(f"/applications/{first['application_id']}/cancellation", {}, new_key())
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled"), answer.text
    assert standing(cast, second) == ("offered", None)
