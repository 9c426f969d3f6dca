"""A contract that would cost a family more than it accepted waits for its word: a new acceptance, or a refusal."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from people import NOBODY, OPEN, RULES, Cast, Family, Person, new_key
from provoked import refused

from chassis.context import Actor
from chassis.testing import wait_for

PATIENCE_SECONDS = 10
KOPECK = Decimal("0.01")
USOLYE = "25736000"
"""It has no rules and no money in the sample."""
ByState = dict[str, list[str]]


@pytest.fixture(scope="module")
def contracts(cast: Cast) -> ByState:
    """Enrolments of one child, by the state of their contracts: the second and third find half of what they need."""
    groups = priced_groups(cast.family)[:3]
    elsewhere = cast.family.new_child()
    first, second, _ = (Decimal(cast.family.offer(elsewhere, group_id=each)["price"]["value"]) for each in groups)
    give_nominals(cast, first + (second / 2).quantize(KOPECK))
    child_id = cast.family.new_child(municipality_code=USOLYE)
    offers = [cast.family.offer(child_id, group_id=each) for each in groups]
    applied = [cast.family.apply(offer).json()["application_id"] for offer in offers]

    def by_state() -> ByState:
        found: ByState = {}
        for enrollment_id in applied:
            answer = cast.family.get(f"/applications/{enrollment_id}/contract")
            found.setdefault(answer.json().get("state", "none"), []).append(enrollment_id)
        return found

    settled = {"active": applied[:1], "awaiting_acceptance": applied[1:]}
    wait_for(lambda: by_state() == settled, 30, "contracts that settled")
    return settled


def give_nominals(cast: Cast, nominal: Decimal) -> None:
    """Let the child's municipality set its rules and give money for one such nominal."""
    amount = {"value": str(nominal), "unit": "RUB"}
    actor = Actor(NOBODY, "municipality", "38", scope={"municipality_code": USOLYE})
    payer = Person(cast.suite.url, cast.suite.token(actor))
    period = next(each for each in payer.get("/municipality/periods").json()["items"] if each["state"] == "open")
    rules = RULES | {"period_id": period["period_id"], "nominal": amount}
    answer = payer.post("/municipality/funding-programmes", rules, new_key())
    assert answer.status_code == 201, answer.text
    programme = payer.get("/municipality/budgets").json()["items"][0]
    gift = {"funding_programme_id": programme["funding_programme_id"], "amount": amount, "basis": "Проверка"}
    assert payer.post("/municipality/budgets", gift, new_key()).status_code == 201


def priced_groups(family: Family) -> list[str]:
    """Groups that admit a child of ten at once for roubles, from different modules, the dearest first."""
    found = family.get("/programmes", params={"age": 10, "municipality_code": "25701000", "limit": 100}).json()["items"]
    programmes = [family.get(f"/programmes/{programme['programme_id']}").json() for programme in found]
    fitting = ([group for group in programme["groups"] if fits(group)] for programme in programmes)
    return [group["group_id"] for group in sorted((groups[0] for groups in fitting if groups), key=price, reverse=True)]


def fits(group: dict[str, Any]) -> bool:
    """Whether a child of ten can join at once for roubles."""
    return bool(
        group["state"] == "published" and group["admission"] == "instant" and group["places_free"]
        and group["age_min"] <= 10 <= group["age_max"] and group["price"]["unit"] == "RUB"
        and price(group) > 0 and group["opens_at"] < datetime.now(UTC).isoformat()
    )  # fmt: skip


def price(group: dict[str, Any]) -> Decimal:
    return Decimal(group["price"]["value"])


def contract_of(cast: Cast, application_id: str) -> dict[str, Any]:
    return dict(cast.family.get(f"/applications/{application_id}/contract").json())


def held(cast: Cast, child_id: str) -> Decimal:
    """What the child's certificate holds for its contracts, in roubles."""
    return Decimal(cast.family.certificate(child_id)["held"]["value"])


def test_a_contract_that_is_active_waits_for_no_word(cast: Cast, contracts: ByState) -> None:
    path = f"/applications/{contracts['active'][0]}/contract"
    refused(cast.family.post(f"{path}/refusal", key=new_key()), 409, "contract_not_waiting")
    answer = cast.family.post(f"{path}/acceptance", {"offer_id": NOBODY}, new_key())
    refused(answer, 409, "contract_not_waiting")


def test_a_new_price_needs_an_offer_of_one_s_own(cast: Cast, contracts: ByState) -> None:
    path = f"/applications/{contracts['awaiting_acceptance'][0]}/contract/acceptance"
    refused(cast.family.post(path, {"offer_id": NOBODY}, new_key()), 404, "offer_not_found")
    of_another_child = cast.family.offer(cast.family.new_child(), group_id=OPEN)
    answer = cast.family.post(path, {"offer_id": of_another_child["offer_id"]}, new_key())
    refused(answer, 404, "offer_not_found")


def test_another_family_s_contract_is_not_there(cast: Cast, contracts: ByState) -> None:
    path = f"/applications/{contracts['active'][0]}/contract"
    assert cast.family.get(path).status_code == 200
    refused(cast.other_family.get(path), 404, "contract_not_found")
    refused(cast.other_family.post(f"{path}/refusal", key=new_key()), 404, "contract_not_found")


def test_a_new_price_that_is_accepted_opens_the_contract_and_its_share_is_held(cast: Cast, contracts: ByState) -> None:
    application_id = contracts["awaiting_acceptance"][0]
    application = cast.family.get(f"/applications/{application_id}").json()
    waiting, before = contract_of(cast, application_id), held(cast, application["child_id"])
    assert waiting["reason"] == "parent_share_grew"
    assert datetime.fromisoformat(waiting["accept_by"]) > datetime.now(UTC)

    offer = cast.family.offer(application["child_id"], group_id=application["group_id"])
    assert Decimal(offer["parent_share"]["value"]) > 0
    path = f"/applications/{application_id}/contract/acceptance"
    answer = cast.family.post(path, {"offer_id": offer["offer_id"]}, new_key())
    assert (answer.status_code, answer.json()["state"]) == (200, "active"), answer.text
    shares = ("price", "certificate_share", "parent_share")
    assert {name: answer.json()[name] for name in shares} == {name: offer[name] for name in shares}

    share = Decimal(offer["certificate_share"]["value"])
    assert share > 0
    assert held(cast, application["child_id"]) == before + share
    assert cast.family.get(f"/applications/{application_id}").json()["status"] == "enrolled"


def test_a_new_price_that_is_refused_ends_the_enrolment_and_nothing_is_held(cast: Cast, contracts: ByState) -> None:
    application_id = contracts["awaiting_acceptance"][-1]
    child_id = contract_of(cast, application_id)["child_id"]
    before = held(cast, child_id)
    path = f"/applications/{application_id}/contract/refusal"
    answer = cast.family.post(path, key=new_key())
    assert (answer.status_code, answer.json()["state"]) == (200, "refused"), answer.text
    assert answer.json()["reason"] == "refused_by_family"

    def end() -> tuple[str, str | None]:
        found = cast.family.get(f"/applications/{application_id}").json()
        return found["status"], found["reason"]

    wait_for(lambda: end() == ("withdrawn", "terms_not_accepted"), PATIENCE_SECONDS, "the enrolment to end")
    assert held(cast, child_id) == before
    assert contract_of(cast, application_id)["state"] == "refused"
    refused(cast.family.post(path, key=new_key()), 409, "contract_not_waiting")
