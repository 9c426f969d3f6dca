"""A clash with the child's timetable is told beside the place that is given: a warning, not a wall."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from people import FREE, OPEN, Cast, new_key


def moved(cast: Cast, lesson: dict[str, Any], hours: tuple[str, str]) -> dict[str, Any]:
    """Hold the lesson at these local hours of its day."""
    body = {"reason": "teacher_ill", "on": lesson["on"], "starts_at": hours[0], "ends_at": hours[1]}
    answer = cast.provider.post(f"/provider/lessons/{lesson['lesson_id']}/move", body, new_key())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def overlapping(cast: Cast) -> Iterator[dict[str, Any]]:
    """Tomorrow's lesson of one group, which begins before that of the other is over; at its own hours afterwards."""
    tomorrow = (datetime.now(UTC) + timedelta(hours=8, days=1)).date().isoformat()
    lessons = cast.provider.get(f"/provider/groups/{FREE}/lessons", params={"on": tomorrow}).json()["items"]
    yield moved(cast, lessons[0], ("10:45", "11:45"))
    moved(cast, lessons[0], ("14:00", "15:00"))


def applied(cast: Cast, child_id: str, group_id: str) -> dict[str, Any]:
    answer = cast.family.apply(cast.family.offer(child_id, group_id=group_id))
    assert (answer.status_code, answer.json()["status"]) == (201, "enrolled"), answer.text
    return dict(answer.json())


def test_a_child_joins_a_second_group_at_the_hours_of_the_first_and_both_name_the_other(
    cast: Cast, overlapping: dict[str, Any]
) -> None:
    child_id = cast.family.new_child()
    first = applied(cast, child_id, OPEN)
    second = applied(cast, child_id, FREE)
    assert second["clashes"] == [
        {
            "application_id": first["application_id"],
            "group_id": OPEN,
            "title": first["title"],
            "starts_at": overlapping["starts_at"],
        }
    ]
    seen = cast.family.get(f"/applications/{first['application_id']}").json()
    assert [clash["group_id"] for clash in seen["clashes"]] == [FREE]


def test_groups_at_different_hours_do_not_clash(cast: Cast) -> None:
    child_id = cast.family.new_child()
    first = applied(cast, child_id, OPEN)
    assert applied(cast, child_id, FREE)["clashes"] == []
    assert cast.family.get(f"/applications/{first['application_id']}").json()["clashes"] == []
