"""What search says of free places is at most two seconds old."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
from people import FREE, Cast, new_key

from chassis.testing import wait_for

FRESH_SECONDS, PATIENCE_SECONDS = 2, 20
FILTERS = {"q": "Дворовые игры", "municipality_code": "25701000", "with_places": "true"}
"""Of a programme whose only group is `FREE`."""


def resized(cast: Cast, capacity: int) -> dict[str, Any]:
    answer = cast.provider.send("PATCH", f"/provider/groups/{FREE}", new_key(), json={"capacity": capacity})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def is_found(cast: Cast) -> bool:
    answer = cast.anybody.get("/programmes", params=FILTERS)
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["items"])


def seconds_until(cast: Cast, *, found: bool) -> float:
    began_at = monotonic()
    what = f"the group to be {'found' if found else 'left out'}"
    wait_for(lambda: is_found(cast) is found, PATIENCE_SECONDS, what, every=0.02)
    return monotonic() - began_at


@pytest.fixture
def one_place_left(cast: Cast) -> Iterator[None]:
    """The group has room for one child more than it holds; as before afterwards."""
    group = cast.family.get(f"/groups/{FREE}").json()
    resized(cast, group["capacity"] - group["places_free"] + 1)
    yield
    resized(cast, group["capacity"])


@pytest.mark.usefixtures("one_place_left")
def test_a_group_whose_last_place_is_taken_leaves_the_search_within_two_seconds_and_so_it_returns(cast: Cast) -> None:
    assert is_found(cast)

    application = cast.family.applied(FREE)
    taken_for = seconds_until(cast, found=False)
    assert application["status"] == "enrolled"
    assert taken_for <= FRESH_SECONDS

    path = f"/applications/{application['application_id']}/withdrawal"
    answer = cast.family.post(path, {}, new_key())
    assert answer.status_code == 200, answer.text
    assert seconds_until(cast, found=True) <= FRESH_SECONDS
