"""Marks, cancelled and moved lessons: what a page takes, and what it refuses."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from people import NOBODY, OPEN, REVIEWED, Cast, Person, new_key
from provoked import refused


def lessons(person: Person, group_id: str = OPEN) -> list[dict[str, Any]]:
    return list(person.get(f"/provider/groups/{group_id}/lessons").json()["items"])


def lesson_in(person: Person, days: int, group_id: str = OPEN) -> str:
    """The lesson of a group that meets every day, so many days from today in Irkutsk."""
    on = (datetime.now(UTC) + timedelta(hours=8, days=days)).date().isoformat()
    return next(str(each["lesson_id"]) for each in lessons(person, group_id) if each["on"] == on)


def mark(person: Person, lesson_id: str, whom: str, value: str = "present", **headers: str) -> requests.Response:
    path, body = f"/provider/lessons/{lesson_id}/attendance", {"enrollment_id": whom, "mark": value}
    names = {name.replace("_", "-"): given for name, given in headers.items()}
    return person.send("PUT", path, json={"marks": [body]}, headers=names)


@pytest.fixture(scope="module")
def pupil(cast: Cast) -> str:
    """An enrolled child's application."""
    return str(cast.family.enrolled()["application_id"])


def test_marks_for_a_page_that_has_changed_are_refused(cast: Cast, pupil: str) -> None:
    lesson_id = lesson_in(cast.teacher, 0)
    read = cast.teacher.get(f"/provider/lessons/{lesson_id}")
    seen = read.headers["ETag"]
    assert seen == f'"{read.json()["page_version"]}"'
    first = mark(cast.teacher, lesson_id, pupil, "present", If_Match=seen)
    assert first.status_code == 200
    assert first.headers["ETag"] != seen
    body = refused(mark(cast.provider, lesson_id, pupil, "absent", If_Match=seen), 412, "stale_page")
    assert body["details"]["page_version"] == str(first.json()["page_version"])
    line = next(
        each
        for each in cast.teacher.get(f"/provider/lessons/{lesson_id}").json()["roster"]
        if each["enrollment_id"] == pupil
    )
    assert line["mark"] == "present"
    assert mark(cast.provider, lesson_id, pupil, "absent", If_Match=first.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("given", ["7", 'W/"7"', '"seven"'])
def test_what_is_no_version_of_a_page(cast: Cast, pupil: str, given: str) -> None:
    answer = mark(cast.teacher, lesson_in(cast.teacher, 0), pupil, If_Match=given)
    refused(answer, 400, "if_match_invalid")


def test_a_lesson_ahead_takes_no_marks(cast: Cast, pupil: str) -> None:
    refused(mark(cast.teacher, lesson_in(cast.teacher, 1), pupil), 422, "lesson_in_future")


def test_a_line_of_nobody_is_named(cast: Cast) -> None:
    body = refused(mark(cast.teacher, lesson_in(cast.teacher, 0), NOBODY), 400, "invalid_request")
    assert set(body["errors"]) == {"marks.0.enrollment_id"}


def test_an_unknown_lesson_has_no_page(cast: Cast, pupil: str) -> None:
    refused(mark(cast.teacher, NOBODY, pupil), 404, "lesson_not_found")


def test_a_cancelled_lesson_takes_no_marks(cast: Cast) -> None:
    lesson_id = lesson_in(cast.provider, 0, REVIEWED)
    path = f"/provider/lessons/{lesson_id}/cancellation"
    cancelled = cast.provider.post(path, {"reason": "teacher_ill"}, new_key())
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert cancelled.headers["ETag"]
    refused(mark(cast.provider, lesson_id, NOBODY), 422, "lesson_cancelled")


def move(cast: Cast, lesson_id: str, on: date, starts_at: str = "12:00", ends_at: str = "13:00") -> requests.Response:
    body = {"reason": "holiday", "on": on.isoformat(), "starts_at": starts_at, "ends_at": ends_at}
    return cast.provider.post(f"/provider/lessons/{lesson_id}/move", body, new_key())


class TestMoves:
    TOMORROW = (datetime.now(UTC) + timedelta(hours=8, days=1)).date()

    def test_a_lesson_that_was_held_stays_where_it_was(self, cast: Cast, pupil: str) -> None:
        lesson_id = lesson_in(cast.provider, 0)
        assert mark(cast.teacher, lesson_id, pupil).status_code == 200
        refused(move(cast, lesson_id, self.TOMORROW), 422, "lesson_marked")

    def test_a_lesson_is_not_moved_into_the_past(self, cast: Cast) -> None:
        lesson_id = lesson_in(cast.provider, 2)
        refused(move(cast, lesson_id, self.TOMORROW - timedelta(days=3)), 422, "lesson_time_passed")

    def test_a_lesson_is_not_moved_out_of_its_group_s_dates(self, cast: Cast) -> None:
        lesson_id = lesson_in(cast.provider, 2)
        refused(move(cast, lesson_id, self.TOMORROW + timedelta(days=400)), 422, "outside_group_dates")

    def test_a_lesson_ends_after_it_starts(self, cast: Cast) -> None:
        lesson_id = lesson_in(cast.provider, 2)
        body = refused(move(cast, lesson_id, self.TOMORROW, "13:00", "12:00"), 400, "invalid_request")
        assert set(body["errors"]) == {"ends_at"}

    def test_a_lesson_is_not_moved_onto_another(self, cast: Cast) -> None:
        lesson_id = lesson_in(cast.provider, 3)
        refused(move(cast, lesson_id, self.TOMORROW, "10:30", "11:30"), 422, "lesson_overlaps")

    def test_a_lesson_is_moved(self, cast: Cast) -> None:
        lesson_id = lesson_in(cast.provider, 2)
        moved = move(cast, lesson_id, self.TOMORROW, "18:00", "19:00")
        assert (moved.status_code, moved.json()["on"]) == (200, self.TOMORROW.isoformat())
