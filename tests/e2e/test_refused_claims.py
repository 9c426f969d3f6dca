"""A child that two families register: a claim, which the municipality decides once."""

from typing import Any
from uuid import uuid4

import pytest
import requests
from people import NOBODY, Cast, Family, new_key
from provoked import refused


def valid_snils() -> str:
    """An insurance number that nobody has, with the right control digits."""
    digits = f"{uuid4().int % 10**9:09d}"
    control = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True)) % 101 % 100
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {control:02d}"


def claimed(cast: Cast, **changes: Any) -> dict[str, Any]:
    """A claim of the other family on a child of the family, as the claimant sees it."""
    body = cast.family.child_body(**changes)
    assert cast.family.post("/children", body, new_key()).status_code == 201
    problem = refused(cast.other_family.post("/children", body, new_key()), 409, "child_claimed")
    mine = cast.other_family.get("/claims", params={"limit": 100}).json()["items"]
    return next(dict(each) for each in mine if each["claim_id"] == problem["details"]["claim_id"])


def decide(person: Any, claim_id: str, decision: str) -> requests.Response:
    body = {"decision": decision, "basis": "Свидетельство о рождении предъявлено лично"}
    return person.post(f"/municipality/claims/{claim_id}/decision", body, new_key())


def test_a_claim_is_decided_once(cast: Cast) -> None:
    claim = claimed(cast)
    assert claim["state"] == "open"
    listed = cast.municipality.get("/municipality/claims", params={"limit": 100}).json()["items"]
    assert claim["claim_id"] in {each["claim_id"] for each in listed}
    approved = decide(cast.municipality, claim["claim_id"], "approved")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert cast.other_family.get(f"/children/{approved.json()['child_id']}").status_code == 200
    refused(decide(cast.municipality, claim["claim_id"], "rejected"), 409, "claim_decided")


def test_two_children_do_not_share_an_insurance_number(cast: Cast) -> None:
    claim = claimed(cast, snils=valid_snils())
    refused(decide(cast.municipality, claim["claim_id"], "another_child"), 422, "claim_matched_by_snils")


@pytest.mark.parametrize("decision", ["approved", "rejected", "another_child"])
def test_an_unknown_claim_cannot_be_decided(cast: Cast, decision: str) -> None:
    refused(decide(cast.municipality, NOBODY, decision), 404, "claim_not_found")


def test_a_claim_cannot_be_reopened(cast: Cast) -> None:
    refused(decide(cast.municipality, NOBODY, "open"), 400, "invalid_request")


def test_a_stranger_sees_no_claim_of_others(cast: Cast) -> None:
    claim = claimed(cast)
    stranger = Family.registered(cast.suite.url, cast.suite.mail, "38")
    assert claim["claim_id"] not in stranger.get("/claims").text
