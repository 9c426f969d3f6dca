"""Idempotency: a repeat has the first answer and no second effect."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
import requests
from people import Family, Person, new_key
from sqlalchemy import text

from chassis.testing import Suite, engine_of, wait_for

COPIES = 16


def at_once(send: Any) -> list[requests.Response]:
    """The same request from many threads, released together."""
    barrier = Barrier(COPIES)

    def copy(_number: int) -> requests.Response:
        barrier.wait(10)
        return send()

    with ThreadPoolExecutor(COPIES) as pool:
        return list(pool.map(copy, range(COPIES)))


def count(person: Person, path: str) -> int:
    return len(person.get(path, params={"limit": 100}).json()["items"])


@pytest.mark.parametrize("path", ["/registrations", "/children", "/offers", "/applications"])
def test_what_creates_needs_a_key(family: Family, path: str) -> None:
    answer = family.post(path, {})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_the_municipality_needs_a_key_too(municipality: Person) -> None:
    answer = municipality.post("/municipality/budgets", {})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a_repeat_has_the_same_answer_and_one_effect(family: Family) -> None:
    body, key, before = family.child_body(), new_key(), count(family, "/children")
    first, again = family.post("/children", body, key), family.post("/children", body, key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"]
    assert count(family, "/children") == before + 1


def test_a_quoted_key_is_the_same_key(family: Family) -> None:
    body, key = family.child_body(), new_key()
    assert family.post("/children", body, key).json() == family.post("/children", body, f'"{key}"').json()


def test_another_body_under_the_same_key_is_refused(family: Family) -> None:
    key = new_key()
    assert family.post("/children", family.child_body(), key).status_code == 201
    answer = family.post("/children", family.child_body(), key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_keys_of_different_people_do_not_meet(family: Family, other_family: Family) -> None:
    key = new_key()
    mine = family.post("/children", family.child_body(), key)
    theirs = other_family.post("/children", other_family.child_body(), key)
    assert mine.status_code == theirs.status_code == 201
    assert mine.json()["child_id"] != theirs.json()["child_id"]


def test_a_refusal_is_repeated_too(family: Family) -> None:
    offer = family.offer(family.new_child())
    body = {name: offer[name] for name in ("child_id", "group_id", "offer_id")}
    assert family.post("/applications", body, new_key()).status_code == 201
    key = new_key()
    first, again = family.post("/applications", body, key), family.post("/applications", body, key)
    assert first.status_code == again.status_code in (409, 422)
    assert first.json()["code"] == again.json()["code"]


def test_a_repeated_offer_is_the_same_offer(family: Family) -> None:
    child_id, key = family.new_child(), new_key()
    assert family.offer(child_id, key) == family.offer(child_id, key)


@contextmanager
def changed_terms(suite: Suite, group_id: str) -> Iterator[None]:
    """The catalogue answers with newer terms of the group for a while."""
    change = text("UPDATE study_group SET terms_version = terms_version + :by WHERE group_id = :group_id")
    engine = engine_of(suite.database_url["catalog"])
    for by in (1, -1):
        with engine.begin() as connection:
            assert connection.execute(change, {"by": by, "group_id": group_id}).rowcount == 1
        if by == 1:
            yield


def test_a_repeated_offer_is_the_same_offer_when_the_terms_have_changed_since(suite: Suite, family: Family) -> None:
    child_id, key = family.new_child(), new_key()
    first = family.offer(child_id, key)
    with changed_terms(suite, first["group_id"]):
        assert family.get(f"/groups/{first['group_id']}").json()["terms_version"] == first["terms_version"] + 1
        assert family.offer(child_id, key) == first
        assert family.offer(child_id)["terms_version"] == first["terms_version"] + 1


def test_sixteen_copies_of_a_child_are_one_child(family: Family) -> None:
    body, key, before = family.child_body(), new_key(), count(family, "/children")
    answers = at_once(lambda: family.post("/children", body, key))
    made = [answer.json()["child_id"] for answer in answers if answer.status_code == 201]
    others = {(answer.status_code, answer.json()["code"]) for answer in answers if answer.status_code != 201}
    assert len(set(made)) == 1
    assert others <= {(409, "operation_in_flight")}
    assert count(family, "/children") == before + 1


def test_sixteen_copies_of_an_application_take_one_place(family: Family) -> None:
    offer, key = family.offer(family.new_child()), new_key()
    free = family.group()["places_free"]
    body = {name: offer[name] for name in ("child_id", "group_id", "offer_id")}
    answers = at_once(lambda: family.post("/applications", body, key))
    made = {answer.json()["application_id"] for answer in answers if answer.status_code == 201}
    others = {(answer.status_code, answer.json()["code"]) for answer in answers if answer.status_code != 201}
    assert len(made) == 1
    assert others <= {(409, "operation_in_flight")}
    assert family.post("/applications", body, key).json()["application_id"] in made
    wait_for(lambda: family.group()["places_free"] == free - 1, 10, "one place taken")


def test_an_allocation_counts_once(municipality: Person) -> None:
    budget = municipality.get("/municipality/budgets").json()["items"][0]
    body = {
        "funding_programme_id": budget["funding_programme_id"],
        "amount": {"value": "1.00", "unit": budget["unit"]},
        "basis": "Проверка",
    }
    key = new_key()
    first, again = (municipality.post("/municipality/budgets", body, key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    after = municipality.get("/municipality/budgets").json()["items"][0]
    grown = float(after["allocated"]["value"]) - float(budget["allocated"]["value"])
    assert round(grown, 2) == 1.0


def test_whoever_heard_nothing_can_ask_what_happened(family: Family, other_family: Family) -> None:
    key = new_key()
    child = family.post("/children", family.child_body(), key).json()
    found = family.get(f"/operations/{key}").json()
    assert (found["status"], found["answer"]["child_id"]) == ("done", child["child_id"])
    offer_key = new_key()
    offer = family.offer(child["child_id"], offer_key)
    assert family.get(f"/operations/{offer_key}").json()["answer"]["offer_id"] == offer["offer_id"]
    assert other_family.get(f"/operations/{key}").status_code == 404
    unknown = family.get(f"/operations/{new_key()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "operation_unknown")
