"""What the tests of races share: people who start at the same moment, and what is looked at when all is over."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
import requests
from families import IN_FLIGHT, Family, Person, new_key, new_name, new_snils
from prober import violations
from storm import settle, today
from town import STORED, Town

from chassis.context import Actor
from chassis.testing import engine_of, wait_for

Found = TypeVar("Found")
DAILY, REVIEWED = (f"38000000-0000-4000-8000-0000000000{number}" for number in (10, 15))
"""Groups of the sample that have a lesson every day: one admits at once, one after the provider's review."""
CROWD = 50
"""Families that want the same place."""
SEATED = ("submitted", "offered", "confirmed", "enrolled", "paused")
ANSWER_SECONDS = 10
PATIENCE_SECONDS = 60
HELPERS = 8
"""Threads that prepare what a race needs."""


def at_once(calls: Sequence[Callable[[], Found]]) -> list[Found]:
    """All calls, begun in the same moment; their results in the order of the calls."""
    together = Barrier(len(calls))

    def run(call: Callable[[], Found]) -> Found:
        together.wait(PATIENCE_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def side_by_side(calls: Sequence[Callable[[], Found]]) -> list[Found]:
    """All calls, a few at a time."""
    with ThreadPoolExecutor(HELPERS) as threads:
        return list(threads.map(lambda call: call(), calls))


def send(person: Person, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    """One operation under one key: sent again while nobody can say what became of it; its answer, also a refusal."""
    key, ends_at = new_key(), time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        answer = person.door.once(
            method, path, json=body, headers={**person.headers, "Idempotency-Key": key, **headers}
        )
        if answer is not None and answer.status_code == 401 and isinstance(person, Family):
            person.sign_in(person.email, person.password)
        elif answer is not None and answer.status_code != 503 and code(answer) != IN_FLIGHT:
            return answer
        time.sleep(0.3)
    raise AssertionError(f"{method} {path}: no answer for {PATIENCE_SECONDS} s")


def made(person: Person, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """The same for what must not be refused: the answer's JSON."""
    answer = send(person, method, path, body)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return dict(answer.json())


def code(answer: requests.Response) -> str:
    """The code of a refusal."""
    return "" if answer.ok else str(answer.json()["code"])


def new_child(family: Family, municipality_code: str = "25701000") -> str:
    """A child of ten that nobody has; its id."""
    child = {
        "family_name": f"{new_name().capitalize()}ова", "given_name": "Мария", "born_on": "2016-01-15",
        "municipality_code": municipality_code, "snils": new_snils(),
    }  # fmt: skip
    return str(made(family, "POST", "/children", child)["child_id"])


def offer(family: Family, child_id: str, group_id: str) -> dict[str, Any]:
    """What an application needs."""
    found = made(family, "POST", "/offers", {"child_id": child_id, "group_id": group_id})
    return {"child_id": child_id, "group_id": group_id, "offer_id": found["offer_id"]}


def enrolled(town: Town, family: Family, group_id: str = DAILY) -> dict[str, Any]:
    """A new child in a group, its contract active."""
    application = made(family, "POST", "/applications", offer(family, new_child(family), group_id))
    assert application["status"] == "enrolled", application
    await_contracts(town, [application["application_id"]], "active")
    return application


def await_contracts(town: Town, enrollment_ids: Sequence[str], *states: str) -> list[str]:
    """Wait until billing has brought each enrolment's contract to one of these states; the states."""
    query = "SELECT state FROM contract WHERE enrollment_id::text = ANY(:ids)"

    def reached() -> list[str]:
        found = [row.state for row in town.rows("billing", query, ids=list(enrollment_ids))]
        return found if len(found) == len(enrollment_ids) and set(found) <= set(states) else []

    return wait_for(reached, PATIENCE_SECONDS, f"{states} of {len(enrollment_ids)} contracts", every=0.2)


def account(family: Family, child_id: str) -> dict[str, Any]:
    """The child's certificate page, once there is one."""
    found = family.until("the certificate", lambda: family.find(f"/children/{child_id}/certificate"), PATIENCE_SECONDS)
    return dict(found)


def municipality(town: Town, municipality_code: str) -> Person:
    """Somebody who works there."""
    scope = {"municipality_code": municipality_code}
    subject = "38000000-0000-4000-8000-00000000ffff"
    return Person(town.door(), town.suite.token(Actor(subject, "municipality", "38", subject, scope), 3600))


def emitted(town: Town, kind: str, subject: str) -> int:
    """How many events of a kind enrollment has made of something."""
    query = "SELECT count(*) AS count FROM outbox WHERE type = :type AND subject = :subject"
    return int(town.rows("enrollment", query, type=f"enrollment.{kind}.v1", subject=subject)[0].count)


def seats(town: Town, group_id: str) -> Any:
    """How full a group is: capacity, taken, waiting."""
    query = "SELECT capacity, taken, waiting FROM group_seats WHERE group_id::text = :id"
    return town.rows("enrollment", query, id=group_id)[0]


def resize(town: Town, provider: Person, group_id: str, capacity: int) -> None:
    """The provider gives the group another capacity; enrollment knows it afterwards."""
    made(provider, "PATCH", f"/provider/groups/{group_id}", {"capacity": capacity})
    wait_for(lambda: seats(town, group_id).capacity == capacity, PATIENCE_SECONDS, "the new capacity")


def set_aside(town: Town) -> set[tuple[str, ...]]:
    """What no service could handle so far, in its own words."""
    query = "SELECT handler, event_id, state, error FROM inbox WHERE state IN ('retry', 'parked')"
    return {(service, *row) for service in STORED for row in town.rows(service, query)}


def everything_adds_up(town: Town, known: set[tuple[str, ...]]) -> None:
    """After a race: every sum of billing's, every seat, nothing set aside but what is known, nothing half done."""
    settle(town)
    with engine_of(town.suite.database_url["billing"]).connect() as connection:
        assert violations(connection) == []
    town.suite.run("billing", "cli.ledger", "verify")
    assert set_aside(town) - known == set()
    miscounted = """
        SELECT group_id, capacity, taken, waiting FROM group_seats LEFT JOIN (
            SELECT region_code, group_id,
                   count(*) FILTER (WHERE status = ANY(:seated)) AS seated,
                   count(*) FILTER (WHERE status = 'waitlisted') AS queue
            FROM application GROUP BY region_code, group_id
        ) AS counted USING (region_code, group_id)
        WHERE taken <> coalesce(seated, 0) OR waiting <> coalesce(queue, 0)"""
    assert town.rows("enrollment", miscounted, seated=list(SEATED)) == []


def count(town: Town, service: str, tables: str, child_id: str) -> int:
    """How many rows a service has of a child."""
    query = f"SELECT count(*) AS count FROM {tables} WHERE child_id::text = :child"
    return int(town.rows(service, query, child=child_id)[0].count)


def own_groups(provider: Person) -> list[dict[str, Any]]:
    """The provider's groups that admit a child of ten at once, for roubles or for nothing."""
    groups = provider.ask("GET", "/provider/groups", params={"limit": 100})["items"]
    return [group for group in groups if admits(group)]


def admits(group: dict[str, Any]) -> bool:
    """Whether a new child of ten is enrolled there at once."""
    wanted = (group["state"], group["admission"], group["price"]["unit"]) == ("published", "instant", "RUB")
    return bool(wanted and group["age_min"] <= 10 <= group["age_max"] and group["starts_on"] <= today("38"))


def one_was_served(answers: Sequence[requests.Response], status: str) -> None:
    """One answer says what became of the application, the other that it came too late."""
    assert sorted(answer.status_code for answer in answers) == [200, 409], [answer.text for answer in answers]
    assert [code(answer) for answer in answers if not answer.ok] == ["transition_not_allowed"]
    assert [answer.json()["status"] for answer in answers if answer.ok] == [status]


def kopecks(amount: dict[str, str]) -> int:
    """An amount as a number."""
    return int(amount["value"].replace(".", ""))


def each_round(town: Town, rounds: int) -> Iterator[int]:
    """The rounds of a race; after each, every sum of billing's money is compared."""
    for number in range(rounds):
        yield number
        with engine_of(town.suite.database_url["billing"]).connect() as connection:
            assert violations(connection) == [], f"after round {number + 1} of {rounds}"


def repeated(few: int, many: int) -> pytest.MarkDecorator:
    """So often in `make test`, and so often in `make test-long`."""
    return pytest.mark.parametrize("rounds", [few, pytest.param(many, marks=pytest.mark.long)])


def told(answer: requests.Response | None) -> tuple[int, str]:
    """Status and code of an answer; 0 when the connection broke."""
    return (0, "") if answer is None else (answer.status_code, code(answer))
