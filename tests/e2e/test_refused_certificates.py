"""A certificate that is frozen or revoked pays for nothing, and whoever decides about it decides in order."""

from typing import Any

import pytest
import requests
from people import FREE, NOBODY, REVIEWED, Cast, Person, new_key, staff
from provoked import refused

from chassis.testing import wait_for

DECISION = {"reason": "data_check", "basis": "Приказ № 8 от 02.10.2026"}


@pytest.fixture
def certificate(cast: Cast) -> dict[str, Any]:
    """Of a child of the family, new for each test."""
    return cast.family.certificate(cast.family.enrolled()["child_id"])


def decide(person: Person, whose: str, certificate_id: str, act: str) -> requests.Response:
    return person.post(f"/{whose}/certificates/{certificate_id}/{act}", DECISION, new_key())


def offer_is_refused(cast: Cast, child_id: str, code: str) -> None:
    """Billing has heard of the certificate's state: a group with a price gets no offer, a free one does."""
    wait_for(lambda: cast.family.ask_offer(child_id, REVIEWED).status_code == 422, 10, code)
    refused(cast.family.ask_offer(child_id, REVIEWED), 422, code)
    free = cast.family.ask_offer(child_id, FREE)
    assert free.status_code == 201, free.text
    applied = cast.family.apply(free.json())
    assert (applied.status_code, applied.json()["status"]) == (201, "enrolled")


def test_a_frozen_certificate_pays_for_nothing_and_a_free_group_is_open(
    cast: Cast, certificate: dict[str, Any]
) -> None:
    frozen = decide(cast.municipality, "municipality", certificate["certificate_id"], "freezing")
    assert (frozen.status_code, frozen.json()["state"]) == (200, "frozen")
    assert cast.family.certificate(certificate["child_id"])["state"] == "frozen"
    refused(decide(cast.region, "region", certificate["certificate_id"], "freezing"), 409, "certificate_state")
    offer_is_refused(cast, certificate["child_id"], "certificate_frozen")
    thawed = decide(cast.region, "region", certificate["certificate_id"], "unfreezing")
    assert (thawed.status_code, thawed.json()["state"]) == (200, "valid")
    wait_for(lambda: cast.family.ask_offer(certificate["child_id"], REVIEWED).ok, 10, "an offer again")


def test_a_revoked_certificate_pays_for_nothing_for_good(cast: Cast, certificate: dict[str, Any]) -> None:
    revoked = decide(cast.region, "region", certificate["certificate_id"], "revocation")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    for act in ("freezing", "unfreezing", "revocation"):
        answer = decide(cast.municipality, "municipality", certificate["certificate_id"], act)
        refused(answer, 409, "certificate_state")
    offer_is_refused(cast, certificate["child_id"], "certificate_revoked")


def test_a_certificate_is_found_by_those_who_decide_about_it(cast: Cast, certificate: dict[str, Any]) -> None:
    number = {"number": certificate["number"]}
    for person, whose in ((cast.municipality, "municipality"), (cast.region, "region")):
        found = person.get(f"/{whose}/certificates", params=number)
        assert (found.status_code, found.json()["certificate_id"]) == (200, certificate["certificate_id"])
        stranger = staff(cast.suite.url, whose, "05")
        refused(stranger.get(f"/{whose}/certificates", params=number), 404, "certificate_not_found")
        answer = decide(stranger, whose, certificate["certificate_id"], "freezing")
        refused(answer, 404, "certificate_not_found")
        refused(person.get(f"/{whose}/certificates", params={"number": "0000000000"}), 404, "certificate_not_found")


@pytest.mark.parametrize("number", ["", "123", "12345678901", "12345abcde", "١٢٣٤٥٦٧٨٩٠"])
def test_what_is_no_number_is_not_looked_for(cast: Cast, number: str) -> None:
    body = refused(cast.region.get("/region/certificates", params={"number": number}), 400, "invalid_request")
    assert set(body["errors"]) == {"number"}


@pytest.mark.parametrize("reason", ["age_reached", "bad_mood"])
def test_a_decision_has_a_reason_of_the_list(cast: Cast, reason: str) -> None:
    body = DECISION | {"reason": reason}
    answer = cast.region.post(f"/region/certificates/{NOBODY}/freezing", body, new_key())
    refused(answer, 400, "invalid_request")


def test_before_the_first_enrolment_there_is_no_certificate(cast: Cast) -> None:
    path = f"/children/{cast.family.new_child()}/certificate"
    wait_for(lambda: cast.family.get(path).json()["code"] != "child_not_found", 10, "the child to be known")
    refused(cast.family.get(path), 404, "certificate_not_issued")
