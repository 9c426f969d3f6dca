"""A municipality's queue for money, served over HTTP alone: strictly in order, and within two seconds of a top-up."""

from time import monotonic
from typing import Any

import pytest
from people import NOBODY, OPEN, RULES, Cast, Person, new_key

from chassis.context import Actor
from chassis.testing import wait_for

NIZHNEUDINSK = "25628000"
"""It has no rules and no money in the sample."""
SERVED_SECONDS, PATIENCE_SECONDS = 2, 20


def certificate(cast: Cast, child_id: str) -> dict[str, Any]:
    return dict(cast.family.get(f"/children/{child_id}/certificate").json())


def positions(cast: Cast, children: list[str]) -> list[int | None]:
    return [certificate(cast, child_id).get("queue_position") for child_id in children]


@pytest.fixture(scope="module")
def payer(cast: Cast) -> Person:
    """A municipality that has set its rules for the present period, and has given no money yet."""
    actor = Actor(NOBODY, "municipality", "38", scope={"municipality_code": NIZHNEUDINSK})
    payer = Person(cast.suite.url, cast.suite.token(actor))
    period = next(each for each in payer.get("/municipality/periods").json()["items"] if each["state"] == "open")
    answer = payer.post("/municipality/funding-programmes", RULES | {"period_id": period["period_id"]}, new_key())
    assert answer.status_code == 201, answer.text
    return payer


@pytest.fixture(scope="module")
def line(cast: Cast, payer: Person) -> list[dict[str, Any]]:
    """Enrolments of four children of the municipality, in the order in which they wait for its money."""
    applications = []
    for number in range(1, 5):
        child_id = cast.family.new_child(municipality_code=NIZHNEUDINSK)
        answer = cast.family.apply(cast.family.offer(child_id, group_id=OPEN))
        assert (answer.status_code, answer.json()["status"]) == (201, "enrolled"), answer.text
        applications.append(answer.json())
        children = [each["child_id"] for each in applications]
        wait_for(lambda found=children: positions(cast, found)[-1] == len(found), PATIENCE_SECONDS, f"place {number}")
    return applications


def seconds_to_serve(cast: Cast, payer: Person, first: str, behind: list[str]) -> float:
    """From the municipality's request for one nominal more until the first is funded and the others have moved up."""
    programme = payer.get("/municipality/budgets").json()["items"][0]
    gift = {"funding_programme_id": programme["funding_programme_id"], "basis": "Постановление № 15 от 01.09.2026"}
    began_at = monotonic()
    answer = payer.post("/municipality/budgets", gift | {"amount": RULES["nominal"]}, new_key())
    assert answer.status_code == 201, answer.text

    def served() -> bool:
        found = certificate(cast, first)
        moved = positions(cast, behind) == list(range(1, len(behind) + 1))
        return found["state"] == "funded" and found["credited"] == RULES["nominal"] and moved

    wait_for(served, PATIENCE_SECONDS, "the first to be funded and the next to be first", every=0.02)
    return monotonic() - began_at


def test_a_top_up_funds_the_first_in_line_within_two_seconds_and_passes_over_who_has_left(
    cast: Cast, payer: Person, line: list[dict[str, Any]]
) -> None:
    first, leaving, third, last = (each["child_id"] for each in line)
    assert positions(cast, [first, leaving, third, last]) == [1, 2, 3, 4]
    assert seconds_to_serve(cast, payer, first, [leaving, third, last]) <= SERVED_SECONDS

    left = cast.family.post(f"/applications/{line[1]['application_id']}/withdrawal", {}, new_key())
    assert left.status_code == 200, left.text
    wait_for(lambda: positions(cast, [third, last]) == [1, 2], PATIENCE_SECONDS, "the others to move up")
    assert seconds_to_serve(cast, payer, third, [last]) <= SERVED_SECONDS
    assert certificate(cast, leaving)["credited"]["value"] == "0.00"
    assert certificate(cast, last)["state"] == "queued"
