"""Nobody sees or does what is not theirs."""

from typing import Any

import pytest
from people import Family, Person, staff
from provoked import refused

from chassis.testing import Suite, wait_for


@pytest.fixture(scope="module")
def application(family: Family) -> dict[str, Any]:
    """A child of `family`, enrolled, with its certificate."""
    made = family.enrolled()
    path = f"/children/{made['child_id']}/certificate"
    wait_for(lambda: family.get(path).status_code == 200, 10, "the certificate")
    return made


@pytest.mark.parametrize(
    "path",
    [
        "/children/{child_id}",
        "/children/{child_id}/certificate",
        "/children/{child_id}/certificate/operations",
        "/applications/{application_id}",
    ],
)
def test_what_is_another_family_s_is_not_there(
    family: Family, other_family: Family, application: dict[str, Any], path: str
) -> None:
    theirs = path.format(**application)
    assert family.get(theirs).status_code == 200
    assert other_family.get(theirs).status_code == 404


def test_another_family_s_lists_do_not_show_it(other_family: Family, application: dict[str, Any]) -> None:
    for path in ("/children", "/applications", "/messages"):
        assert application["child_id"] not in other_family.get(path, params={"limit": 100}).text


def test_another_family_s_child_gets_no_offer_and_no_application(
    family: Family, other_family: Family, application: dict[str, Any]
) -> None:
    asked = {"child_id": application["child_id"], "group_id": application["group_id"]}
    assert other_family.post("/offers", asked, "stranger-1").status_code == 404
    own = other_family.offer(other_family.new_child())
    body = {**asked, "offer_id": own["offer_id"]}
    assert other_family.post("/applications", body, "stranger-2").status_code in (404, 422)


def test_another_family_s_message_cannot_be_read(
    family: Family, other_family: Family, application: dict[str, Any]
) -> None:
    messages = wait_for(lambda: family.get("/messages").json()["items"], 10, "a message")
    path = f"/messages/{messages[0]['message_id']}/read"
    refused(other_family.post(path), 404, "message_not_found")
    first, again = family.post(path), family.post(path)
    assert first.status_code == again.status_code == 200
    assert first.json()["read_at"] == again.json()["read_at"] is not None


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("teacher", "GET", "/children"),
        ("provider", "POST", "/offers"),
        ("municipality", "GET", "/applications"),
        ("region", "GET", "/municipality/budgets"),
        ("municipality", "GET", "/provider/lessons/{lesson_id}"),
    ],
)
def test_a_role_cannot_do_another_s_work(suite: Suite, role: str, method: str, path: str) -> None:
    known = {"lesson_id": "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11"}
    refused(staff(suite.url, role, "38").send(method, path.format(**known), "role-1"), 403, "role_not_allowed")


def test_a_guardian_marks_no_lessons(family: Family, teacher: Person, application: dict[str, Any]) -> None:
    lessons = teacher.get(f"/provider/groups/{application['group_id']}/lessons").json()["items"]
    path = f"/provider/lessons/{lessons[0]['lesson_id']}/attendance"
    marks = {"marks": [{"enrollment_id": application["application_id"], "mark": "present"}]}
    assert family.send("PUT", path, json=marks).status_code == 403


def test_a_teacher_of_another_provider_finds_no_page(
    suite: Suite, teacher: Person, application: dict[str, Any]
) -> None:
    lessons = f"/provider/groups/{application['group_id']}/lessons"
    page = f"/provider/lessons/{teacher.get(lessons).json()['items'][0]['lesson_id']}"
    stranger = staff(suite.url, "teacher", "05")
    marks = {"marks": [{"enrollment_id": application["application_id"], "mark": "present"}]}
    assert stranger.get(lessons).status_code == 404
    assert stranger.get(page).status_code == 404
    assert stranger.send("PUT", f"{page}/attendance", json=marks).status_code == 404


def test_a_municipality_sees_only_its_own_money(suite: Suite, municipality: Person) -> None:
    other = staff(suite.url, "municipality", "05")
    ours, theirs = (person.get("/municipality/budgets").json()["items"] for person in (municipality, other))
    assert {budget["municipality_code"] for budget in ours} == {"25701000"}
    assert {budget["municipality_code"] for budget in theirs} == {"82654000"}
    body = {
        "funding_programme_id": theirs[0]["funding_programme_id"],
        "amount": {"value": "1.00", "unit": theirs[0]["unit"]},
        "basis": "Проверка",
    }
    assert municipality.post("/municipality/budgets", body, "stranger-3").status_code == 404


def test_who_signed_out_cannot_refresh(suite: Suite) -> None:
    anybody = Person(suite.url)
    body = {"email": "region38@example.org", "password": "kruzhok-demo-2026"}
    session = anybody.post("/sessions", body).json()
    signed_in = Person(suite.url, session["access_token"])
    assert signed_in.get("/me").json()["role"] == "region"
    assert signed_in.send("DELETE", "/sessions/current").status_code == 204
    refused(anybody.post("/sessions/refresh", {"refresh_token": session["refresh_token"]}), 401, "session_over")


def test_a_refresh_token_works_once_and_once_more_for_a_lost_answer(suite: Suite) -> None:
    anybody = Person(suite.url)
    body = {"email": "provider38@example.org", "password": "kruzhok-demo-2026"}
    first = {"refresh_token": anybody.post("/sessions", body).json()["refresh_token"]}
    assert [anybody.post("/sessions/refresh", first).status_code for _ in range(3)] == [200, 200, 401]
