"""A lesson page carries its version, and marks may rest on the version that was read."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from rpc_boundary import Services

from chassis.errors import Conflict

Bearer = Callable[..., dict[str, str]]
LESSON = "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a14"
PATH = f"/api/v1/provider/lessons/{LESSON}"
MARKS = {"marks": [{"enrollment_id": LESSON, "mark": "present"}], "reason": "Ошибка в журнале"}
PAGE = {"lesson_id": LESSON, "page_version": 7, "roster": []}


@pytest.fixture
def put(client: FlaskClient, services: Services, bearer: Bearer) -> Callable[..., Any]:
    services.answers["enrollment.record_attendance"] = PAGE

    def send(**headers: str) -> Any:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.put(f"{PATH}/attendance", json=MARKS, headers={**bearer("teacher"), **names})

    return send


def test_a_page_is_read_and_written_with_its_version(
    client: FlaskClient, services: Services, bearer: Bearer, put: Callable[..., Any]
) -> None:
    services.answers["enrollment.get_lesson"] = PAGE
    assert client.get(PATH, headers=bearer("teacher")).headers["ETag"] == '"7"'
    assert put().headers["ETag"] == '"7"'


@pytest.mark.parametrize(("given", "version"), [('"7"', 7), ('"0"', 0), ("*", None)])
def test_the_version_travels_with_the_marks(
    services: Services, put: Callable[..., Any], given: str, version: int | None
) -> None:
    assert put(If_Match=given).status_code == 200
    assert services.asked[0][1] == {**MARKS, "lesson_id": LESSON, "page_version": version}


def test_without_the_header_the_marks_rest_on_no_version(services: Services, put: Callable[..., Any]) -> None:
    assert put().status_code == 200
    assert services.asked[0][1]["page_version"] is None


@pytest.mark.parametrize("given", ["7", 'W/"7"', '"7", "8"', '"x"', '"-1"', '"', "", '"1234567890"', '"٧"'])
def test_what_is_no_version_is_400(services: Services, put: Callable[..., Any], given: str) -> None:
    answer = put(If_Match=given.encode().decode("latin-1"))
    assert (answer.status_code, answer.json["code"]) == (400, "if_match_invalid")
    assert services.asked == []


def test_a_stale_page_is_412(services: Services, put: Callable[..., Any]) -> None:
    services.answers["enrollment.record_attendance"] = Conflict("stale_page", page_version="8")
    answer = put(If_Match='"7"')
    assert (answer.status_code, answer.json["status"], answer.json["code"]) == (412, 412, "stale_page")
    assert answer.json["title"] == "Страница уже изменилась"
