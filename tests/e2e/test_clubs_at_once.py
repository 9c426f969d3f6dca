"""A municipality limits how many clubs a certificate pays for at once; where a child studies stays its choice."""

from typing import Any

import pytest
from people import FREE, NOBODY, OPEN, REVIEWED, RULES, Cast, Person, new_key
from provoked import refused

from chassis.context import Actor
from chassis.testing import wait_for

TULUN, SAYANSK, SVIRSK = "25732000", "25726000", "25746000"
"""They have no rules and no money in the sample."""
RICH = {"value": "40000.00", "unit": "RUB"}
NOTHING = {"value": "0.00", "unit": "RUB"}


def officer(cast: Cast, municipality_code: str) -> Person:
    actor = Actor(NOBODY, "municipality", "38", scope={"municipality_code": municipality_code})
    return Person(cast.suite.url, cast.suite.token(actor))


def body_of(payer: Person, **rules: Any) -> dict[str, Any]:
    period = next(each for each in payer.get("/municipality/periods").json()["items"] if each["state"] == "open")
    return RULES | {"period_id": period["period_id"], "nominal": RICH} | rules


def funded(cast: Cast, municipality_code: str, **rules: Any) -> Person:
    """A municipality that has set these rules and given money for some certificates."""
    payer = officer(cast, municipality_code)
    answer = payer.post("/municipality/funding-programmes", body_of(payer, **rules), new_key())
    assert answer.status_code == 201, answer.text
    assert {name: answer.json()[name] for name in rules} == rules
    programme = payer.get("/municipality/budgets").json()["items"][0]
    gift = {"funding_programme_id": programme["funding_programme_id"], "basis": "Проверка"}
    amount = {"value": "400000.00", "unit": "RUB"}
    assert payer.post("/municipality/budgets", gift | {"amount": amount}, new_key()).status_code == 201
    return payer


def child_in_a_club(cast: Cast, municipality_code: str) -> tuple[str, str]:
    """A child whose certificate pays for a club, and the application that it began with."""
    child_id = cast.family.new_child(municipality_code=municipality_code)
    applied = cast.family.apply(cast.family.offer(child_id, group_id=OPEN))
    assert applied.status_code == 201, applied.text
    application_id = applied.json()["application_id"]
    path = f"/applications/{application_id}/contract"
    wait_for(lambda: cast.family.get(path).json().get("state") == "active", 30, "the contract")
    return child_id, application_id


def test_beyond_the_limit_a_family_reads_that_it_pays_and_may_join_all_the_same(cast: Cast) -> None:
    payer = funded(cast, TULUN, clubs_at_once_max=1)
    (listed,) = payer.get("/municipality/funding-programmes").json()["items"]
    assert (listed["clubs_at_once_max"], listed["direction_limits"]) == (1, {})
    child_id, application_id = child_in_a_club(cast, TULUN)
    offer = cast.family.offer(child_id, group_id=REVIEWED)
    assert (offer["certificate_share"], offer["parent_share"]) == (NOTHING, offer["price"])
    assert "Сертификат уже оплачивает 1\u00a0кружок одновременно, больше муниципалитет не оплачивает" in offer["terms"]
    assert cast.family.apply(offer).status_code == 201

    assert cast.family.post(f"/applications/{application_id}/withdrawal", {}, new_key()).status_code == 200
    wait_for(lambda: cast.family.offer(child_id, group_id=REVIEWED)["certificate_share"] != NOTHING, 20, "room again")
    assert (
        "муниципалитет оплачивает не больше 1\u00a0кружка." in cast.family.offer(child_id, group_id=REVIEWED)["terms"]
    )


def test_where_families_may_not_pay_the_limit_of_all_clubs_has_its_own_code(cast: Cast) -> None:
    funded(cast, SAYANSK, clubs_at_once_max=1, copayment_allowed=False)
    child_id, _ = child_in_a_club(cast, SAYANSK)
    body = refused(cast.family.ask_offer(child_id, REVIEWED), 422, "clubs_limit_reached")
    assert body["details"] == {"limit": "1"}
    assert cast.family.offer(child_id, group_id=FREE)["price"] == NOTHING


def test_where_families_may_not_pay_the_limit_of_a_direction_has_its_own_code(cast: Cast) -> None:
    funded(cast, SVIRSK, direction_limits={"arts": 0}, copayment_allowed=False)
    child_id, _ = child_in_a_club(cast, SVIRSK)
    body = refused(cast.family.ask_offer(child_id, REVIEWED), 422, "direction_limit_reached")
    assert body["details"] == {"limit": "0", "direction": "arts"}
    assert "художественная" in body["detail"]


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"clubs_at_once_max": 0}, "clubs_at_once_max"),
        ({"clubs_at_once_max": 1.5}, "clubs_at_once_max"),
        ({"clubs_at_once_max": 10**9}, "clubs_at_once_max"),
        ({"direction_limits": {"sport": -1}}, "direction_limits.sport.value"),
        ({"direction_limits": {"sport": None}}, "direction_limits.sport.value"),
        ({"direction_limits": {"alchemy": 1}}, "direction_limits.alchemy.key"),
        ({"direction_limits": ["sport"]}, "direction_limits"),
        ({"direction_limits": None}, "direction_limits"),
    ],
)
def test_what_is_no_limit_names_its_field(cast: Cast, rules: dict[str, Any], field: str) -> None:
    payer = officer(cast, TULUN)
    answer = payer.post("/municipality/funding-programmes", body_of(payer, **rules), new_key())
    assert set(refused(answer, 400, "invalid_request")["errors"]) == {field}
