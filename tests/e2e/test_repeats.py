"""Idempotency: a repeat has the first answer and no second effect."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import requests
from backstage import changed_terms
from people import Family, Person, new_key
from provoked import refused
from sqlalchemy import text

from chassis.commands import LOCK
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
    refused(family.post(path, {}), 400, "idempotency_key_missing")


def test_the_municipality_needs_a_key_too(municipality: Person) -> None:
    refused(municipality.post("/municipality/budgets", {}), 400, "idempotency_key_missing")


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
    refused(family.post("/children", family.child_body(), key), 422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["x" * 201, "two words", '""'])
def test_a_key_that_is_none_is_refused(family: Family, key: str) -> None:
    refused(family.post("/children", family.child_body(), key), 400, "idempotency_key_invalid")


def test_while_a_request_is_carried_out_its_copy_is_refused(suite: Suite, family: Family) -> None:
    key, me = new_key(), family.get("/me").json()["user_id"]
    with engine_of(suite.database_url["accounts"]).begin() as carrying_out:
        carrying_out.execute(LOCK, {"actor": me, "key": key})
        refused(family.post("/children", family.child_body(), key), 409, "operation_in_flight")
    assert family.post("/children", family.child_body(), key).status_code == 201


def announced(suite: Suite, child_id: str) -> int:
    """How many events about the child enrollment has recorded."""
    ours = text("SELECT count(*) FROM outbox WHERE data->>'child_id' = :child_id")
    with engine_of(suite.database_url["enrollment"]).connect() as connection:
        return int(connection.scalar(ours, {"child_id": child_id}) or 0)


def test_a_repeat_announces_nothing(suite: Suite, family: Family) -> None:
    offer, key = family.offer(family.new_child()), new_key()
    first = family.apply(offer, key)
    told = announced(suite, offer["child_id"])
    assert told > 0
    assert family.apply(offer, key).json() == first.json()
    assert announced(suite, offer["child_id"]) == told


def test_keys_of_different_people_do_not_meet(family: Family, other_family: Family) -> None:
    key = new_key()
    mine = family.post("/children", family.child_body(), key)
    theirs = other_family.post("/children", other_family.child_body(), key)
    assert mine.status_code == theirs.status_code == 201
    assert mine.json()["child_id"] != theirs.json()["child_id"]


def test_a_refusal_is_repeated_too(family: Family) -> None:
    offer = family.offer(family.new_child())
    assert family.apply(offer).status_code == 201
    key = new_key()
    first, again = family.apply(offer, key), family.apply(offer, key)
    assert first.status_code == again.status_code in (409, 422)
    assert first.json()["code"] == again.json()["code"]


def test_a_repeated_offer_is_the_same_offer(family: Family) -> None:
    child_id, key = family.new_child(), new_key()
    assert family.offer(child_id, key) == family.offer(child_id, key)


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
    refused(family.get(f"/operations/{new_key()}"), 404, "operation_unknown")
