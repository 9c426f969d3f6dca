"""A provider changes single days of a group's timetable, and the journal follows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from people import Cast, Person, new_key, staff
from provoked import refused

from chassis.testing import wait_for

CHOIR = "Хор «Ангара»"
HOURS = {"starts_at": "07:10", "ends_at": "07:55"}
"""Before any lesson of the timetable."""
Lessons = list[dict[str, Any]]


def change(person: Person, group_id: str, key: str | None = None, **changes: Any) -> requests.Response:
    return person.send("PATCH", f"/provider/groups/{group_id}", key or new_key(), json=changes)


def lessons(cast: Cast, group_id: str, on: str = "") -> Lessons:
    answer = cast.provider.get(f"/provider/groups/{group_id}/lessons", params={"on": on} if on else {})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def exceptions(group: dict[str, Any]) -> dict[str, Any]:
    return {name: group[name] for name in ("skipped_on", "extra_lessons")}


@pytest.fixture
def group(cast: Cast) -> Iterator[dict[str, Any]]:
    """A group of the provider; its timetable has the same exceptions before and after."""
    found = cast.provider.get("/provider/groups", params={"limit": 100}).json()["items"]
    chosen = next(each for each in found if each["title"].startswith(CHOIR))
    before = lessons(cast, chosen["group_id"])
    yield dict(chosen)
    assert change(cast.provider, chosen["group_id"], **exceptions(chosen)).status_code == 200
    wait_for(lambda: lessons(cast, chosen["group_id"]) == before, 20, "the journal as it was")


@pytest.fixture
def ahead(cast: Cast, group: dict[str, Any]) -> dict[str, Any]:
    """A lesson of the group that is some days ahead."""
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    return next(each for each in lessons(cast, group["group_id"]) if each["starts_at"] > soon)


def test_the_journal_follows_the_exceptions_of_a_timetable(
    cast: Cast, group: dict[str, Any], ahead: dict[str, Any]
) -> None:
    group_id, before = group["group_id"], lessons(cast, group["group_id"])
    day_after = (date.fromisoformat(ahead["on"]) + timedelta(days=1)).isoformat()
    extra = {"on": day_after, **HOURS}
    key, wanted = new_key(), {"skipped_on": [ahead["on"]], "extra_lessons": [extra, *group["extra_lessons"]]}

    changed = change(cast.provider, group_id, key, **wanted)
    assert changed.status_code == 200, changed.text
    assert changed.json().items() >= wanted.items()
    assert changed.json()["terms_version"] == group["terms_version"] + 1
    assert change(cast.provider, group_id, key, **wanted).json() == changed.json()
    refused(change(cast.provider, group_id, key, skipped_on=[]), 422, "idempotency_key_reused")

    wait_for(lambda: lessons(cast, group_id, ahead["on"]) == [], 20, "the skipped lesson to leave the journal")
    on_that_day = [each for each in before if each["on"] == day_after]
    (added,) = (each for each in lessons(cast, group_id, day_after) if each not in on_that_day)
    assert (added["state"], added["page_version"]) == ("planned", 0)
    page = cast.provider.get(f"/provider/lessons/{added['lesson_id']}")
    assert (page.status_code, page.json()["roster"]) == (200, [])
    shown = cast.anybody.get(f"/groups/{group_id}").json()
    assert shown["lesson_count"] == group["lesson_count"]
    assert "skipped_on" not in shown

    assert change(cast.provider, group_id, **exceptions(group)).status_code == 200
    wait_for(lambda: lessons(cast, group_id) == before, 20, "the journal as it was")


def test_only_its_own_provider_changes_a_timetable(cast: Cast, ahead: dict[str, Any]) -> None:
    group_id, skipped_on = ahead["group_id"], [ahead["on"]]
    for person in (cast.teacher, cast.family, cast.municipality, cast.region):
        refused(change(person, group_id, skipped_on=skipped_on), 403, "role_not_allowed")
    refused(change(cast.anybody, group_id, skipped_on=skipped_on), 401, "token_missing")
    refused(change(staff(cast.suite.url, "provider", "05"), group_id, skipped_on=skipped_on), 404, "group_not_found")
    without = cast.provider.send("PATCH", f"/provider/groups/{group_id}", json={"skipped_on": skipped_on})
    refused(without, 400, "idempotency_key_missing")
    assert lessons(cast, group_id, ahead["on"]) == [ahead]


def test_exceptions_that_do_not_fit_are_refused(cast: Cast, group: dict[str, Any], ahead: dict[str, Any]) -> None:
    extra, first = {"on": ahead["on"], **HOURS}, date.fromisoformat(group["starts_on"])
    days = [(first + timedelta(days=each)).isoformat() for each in range(366)]
    every_day = [day for day in days if day <= group["ends_on"]]
    for code, changes in (
        ("exception_outside_dates", {"skipped_on": ["2020-01-01"]}),
        ("exception_outside_dates", {"extra_lessons": [{**extra, "on": "2020-01-01"}]}),
        ("timetable_times_reversed", {"extra_lessons": [{**extra, "ends_at": "07:10"}]}),
        ("timetable_overlaps", {"extra_lessons": [extra, {**extra, "starts_at": "07:54"}]}),
        ("group_without_lessons", {"skipped_on": every_day, "extra_lessons": []}),
    ):
        refused(change(cast.provider, group["group_id"], **changes), 422, code)
    for wrong in (
        {"skipped_on": ahead["on"]},
        {"skipped_on": ["tomorrow"]},
        {"skipped_on": [ahead["on"]] * 367},
        {"extra_lessons": [{"on": ahead["on"]}]},
        {"extra_lessons": [{**extra, "starts_at": "7:10"}]},
        {"extra_lessons": [{**extra, "room": "12"}]},
    ):
        problem = refused(change(cast.provider, group["group_id"], **wrong), 400, "invalid_request")
        assert {name.partition(".")[0] for name in problem["errors"]} == set(wrong)
    assert lessons(cast, group["group_id"], ahead["on"]) == [ahead]
