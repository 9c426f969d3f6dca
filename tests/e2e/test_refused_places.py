"""Why a child gets no offer or no place: each reason has its own code, in the order of the rules."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from backstage import changed_terms
from people import (
    CLOSED,
    DRAFT,
    NOBODY,
    NOT_YET_OPEN,
    OF_A_SUSPENDED_PROVIDER,
    OPEN,
    REVIEWED,
    Cast,
    Family,
    new_key,
)
from provoked import refused

from chassis.testing import wait_for

Provoke = Callable[[Cast], requests.Response]
AGES_7_TO_8 = "Робототехника: первые шаги"
WRESTLING = "05000000-0000-4000-8000-000000000010"
"""The group of the other region that admits at once."""


def years_ago(years: int, days: int = 0) -> str:
    today = datetime.now(UTC).date()
    return (date(today.year - years, today.month, min(today.day, 28)) + timedelta(days=days)).isoformat()


def group_of(person: Any, title: str) -> str:
    """The first group of the sample programme with this title."""
    found = person.get("/programmes", params={"q": title, "municipality_code": "25701000"}).json()["items"]
    programme = next(each for each in found if each["title"] == title)
    return str(person.get(f"/programmes/{programme['programme_id']}").json()["groups"][0]["group_id"])


def registers_elsewhere(cast: Cast) -> requests.Response:
    body = {
        "email": "somebody@example.org", "password": "an invented sentence", "full_name": "Анна Примерова",
        "region_code": "77", "consent": True,
    }  # fmt: skip
    return cast.anybody.post("/registrations", body, new_key())


def registers_child(**changes: Any) -> Provoke:
    return lambda cast: cast.family.post("/children", cast.family.child_body(**changes), new_key())


def registers_child_again(cast: Cast) -> requests.Response:
    body = cast.family.child_body()
    assert cast.family.post("/children", body, new_key()).status_code == 201
    return cast.family.post("/children", body, new_key())


@pytest.mark.parametrize(
    ("status", "code", "provoke"),
    [
        (400, "unknown_region", registers_elsewhere),
        (400, "unknown_municipality", registers_child(municipality_code="99999999")),
        (400, "unknown_municipality", registers_child(municipality_code="82654000")),
        (400, "invalid_birth_date", registers_child(born_on=years_ago(18))),
        (400, "invalid_birth_date", registers_child(born_on=years_ago(-1))),
        (400, "invalid_name", registers_child(given_name="R2D2")),
        (400, "invalid_snils", registers_child(snils="112-233-445 96")),
        (409, "child_already_registered", registers_child_again),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_registration_is_refused(cast: Cast, status: int, code: str, provoke: Provoke) -> None:
    refused(provoke(cast), status, code)


def asks_offer(group_id: str, **child: Any) -> Provoke:
    return lambda cast: cast.family.ask_offer(cast.family.new_child(**child), group_id)


def asks_offer_for_the_18th_birthday(cast: Cast) -> requests.Response:
    """Of a child of 17 whose birthday is the day of its first lesson."""
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    for group in cast.provider.get("/provider/groups", params={"limit": 100}).json()["items"]:
        found = cast.provider.get(f"/provider/groups/{group['group_id']}/lessons").json().get("items", [])
        ahead = [date.fromisoformat(each["on"]) for each in found if each["on"] >= today.isoformat()]
        if group["starts_on"] <= today.isoformat() and ahead and ahead[0] > today:
            born_on = ahead[0].replace(year=ahead[0].year - 18)
            return cast.family.ask_offer(cast.family.new_child(born_on=born_on.isoformat()), group["group_id"])
    raise AssertionError("every group of the sample meets today")


@pytest.mark.parametrize(
    ("status", "code", "provoke"),
    [
        (404, "group_not_found", asks_offer(NOBODY)),
        (404, "group_not_found", asks_offer(DRAFT)),
        (400, "region_mismatch", asks_offer(WRESTLING)),
        (422, "child_under_age", asks_offer(OPEN, born_on=years_ago(4))),
        (422, "child_over_age", asks_offer_for_the_18th_birthday),
        (404, "child_not_found", lambda cast: cast.family.ask_offer(NOBODY, OPEN)),
        (404, "child_not_found", lambda cast: cast.other_family.ask_offer(cast.family.new_child(), OPEN)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_offer_is_refused(cast: Cast, status: int, code: str, provoke: Provoke) -> None:
    refused(provoke(cast), status, code)


def applies(group_id: str, **child: Any) -> Provoke:
    """Apply with an offer for the group."""

    def provoke(cast: Cast) -> requests.Response:
        return cast.family.apply(cast.family.offer(cast.family.new_child(**child), group_id=group_id))

    return provoke


def applies_with(**changes: Any) -> Provoke:
    """Apply with an offer for the open group, and something else than it was made for."""
    return lambda cast: cast.family.apply(cast.family.offer(cast.family.new_child(), group_id=OPEN), **changes)


def applies_for(**child: Any) -> Provoke:
    """Apply for a child with the offer of another."""

    def provoke(cast: Cast) -> requests.Response:
        offer = cast.family.offer(cast.family.new_child(), group_id=OPEN)
        return cast.family.apply(offer, child_id=cast.family.new_child(**child))

    return provoke


def applies_with_a_stranger_s_offer(cast: Cast) -> requests.Response:
    theirs = cast.other_family.offer(cast.other_family.new_child(), group_id=OPEN)
    return cast.family.apply(theirs, child_id=cast.family.new_child())


def applies_for_a_child_out_of_the_group_s_ages(cast: Cast) -> requests.Response:
    child_id = cast.family.new_child(born_on=years_ago(15))
    return cast.family.apply(cast.family.offer(child_id, group_id=group_of(cast.family, AGES_7_TO_8)))


def applies_again(cast: Cast) -> requests.Response:
    child_id = cast.family.new_child()
    offers = [cast.family.offer(child_id, group_id=OPEN) for _ in range(2)]
    assert cast.family.apply(offers[0]).status_code == 201
    return cast.family.apply(offers[1])


def applies_twice_with_one_offer(cast: Cast) -> requests.Response:
    offer = cast.family.offer(cast.family.new_child(), group_id=REVIEWED)
    first = cast.family.apply(offer).json()
    path = f"/applications/{first['application_id']}/cancellation"
    assert cast.family.post(path, {}, new_key()).status_code == 200
    return cast.family.apply(offer)


@pytest.mark.parametrize(
    ("status", "code", "provoke"),
    [
        (404, "child_not_found", applies_with(child_id=NOBODY)),
        (404, "group_not_found", applies_with(group_id=NOBODY)),
        (404, "group_not_found", applies_with(group_id=DRAFT)),
        (422, "group_closed", applies_with(group_id=CLOSED)),
        (422, "group_closed", applies(CLOSED)),
        (422, "enrolment_not_open", applies_with(group_id=NOT_YET_OPEN)),
        (422, "age_not_fit", applies_for(born_on=years_ago(4))),
        (422, "age_not_fit", applies_for_a_child_out_of_the_group_s_ages),
        (409, "already_enrolled", applies_again),
        (422, "provider_suspended", applies(OF_A_SUSPENDED_PROVIDER)),
        (404, "offer_not_found", applies_with(offer_id=NOBODY)),
        (404, "offer_not_found", applies_with_a_stranger_s_offer),
        (422, "offer_of_another_child", applies_for()),
        (422, "offer_of_another_group", applies_with(group_id=REVIEWED)),
        (422, "offer_already_used", applies_twice_with_one_offer),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_application_is_refused(cast: Cast, status: int, code: str, provoke: Provoke) -> None:
    refused(provoke(cast), status, code)


def test_who_comes_too_early_is_told_the_exact_local_time(cast: Cast) -> None:
    opens_at = datetime.fromisoformat(cast.family.get(f"/groups/{NOT_YET_OPEN}").json()["opens_at"])
    body = refused(applies_with(group_id=NOT_YET_OPEN)(cast), 422, "enrolment_not_open")
    local = datetime.fromisoformat(body["details"]["opens_at_local"])
    assert datetime.fromisoformat(body["details"]["opens_at"]) == opens_at == local
    assert local.utcoffset() == timedelta(hours=8)
    assert local.strftime("%d.%m.%Y %H:%M") in body["detail"]


def test_an_offer_by_terms_that_have_not_arrived_asks_to_repeat(cast: Cast) -> None:
    with changed_terms(cast.suite, OPEN):
        answer = applies(OPEN)(cast)
    refused(answer, 503, "terms_not_known_yet")
    assert answer.headers["Retry-After"]


@pytest.mark.usefixtures("next_year")
class TestDrafts:
    def test_a_child_who_comes_of_age_before_has_no_lessons(self, cast: Cast) -> None:
        child_id = cast.family.new_child(born_on=years_ago(18, days=7))
        refused(cast.family.ask_offer(child_id, NOT_YET_OPEN), 422, "no_lessons_left")

    def test_a_draft_is_sent_no_earlier_than_enrolment_opens(self, cast: Cast) -> None:
        draft = cast.family.applied(NOT_YET_OPEN, draft=True)
        assert draft["status"] == "draft"
        path = f"/applications/{draft['application_id']}/submission"
        refused(cast.family.post(path, key=new_key()), 422, "enrolment_not_open")

    def test_a_child_has_one_draft_for_a_group(self, cast: Cast) -> None:
        child_id = cast.family.new_child()
        offers = [cast.family.offer(child_id, group_id=NOT_YET_OPEN) for _ in range(2)]
        assert cast.family.apply(offers[0], draft=True).status_code == 201
        refused(cast.family.apply(offers[1], draft=True), 409, "draft_exists")

    def test_a_draft_is_nobody_else_s(self, cast: Cast) -> None:
        draft = cast.family.applied(NOT_YET_OPEN, draft=True)
        path = f"/applications/{draft['application_id']}/submission"
        refused(cast.other_family.post(path, key=new_key()), 404, "application_not_found")


def left(family: Family, application_id: str, step: str, body: Any = None) -> requests.Response:
    return family.post(f"/applications/{application_id}/{step}", body, new_key())


class TestSteps:
    def test_what_was_given_up_is_not_sent_again(self, cast: Cast) -> None:
        application = cast.family.applied(REVIEWED)
        assert left(cast.family, application["application_id"], "cancellation", {}).status_code == 200
        for step, body in (("submission", None), ("acceptance", None), ("cancellation", {}), ("withdrawal", {})):
            refused(left(cast.family, application["application_id"], step, body), 409, "transition_not_allowed")

    @pytest.mark.parametrize(("step", "body"), [("acceptance", None), ("cancellation", {})])
    def test_an_enrolled_child_is_past_the_steps_before(self, cast: Cast, step: str, body: Any) -> None:
        application = cast.family.enrolled()
        refused(left(cast.family, application["application_id"], step, body), 409, "transition_not_allowed")

    def test_who_is_not_enrolled_cannot_leave(self, cast: Cast) -> None:
        application = cast.family.applied(REVIEWED)
        assert application["status"] == "submitted"
        answer = left(cast.family, application["application_id"], "withdrawal", {})
        refused(answer, 409, "transition_not_allowed")

    def test_the_last_day_is_not_in_the_past(self, cast: Cast) -> None:
        application = cast.family.enrolled()
        body = {"effective_on": "2020-01-01"}
        answer = left(cast.family, application["application_id"], "withdrawal", body)
        refused(answer, 422, "withdrawal_date_not_allowed")
        assert left(cast.family, application["application_id"], "withdrawal", {}).status_code == 200

    def test_a_provider_decides_in_order(self, cast: Cast) -> None:
        application_id = cast.family.applied(REVIEWED)["application_id"]
        path = f"/provider/applications/{application_id}"
        order = {"order_number": "17-у"}
        refused(cast.provider.post(f"{path}/enrolment", order, new_key()), 409, "transition_not_allowed")
        confirmed = cast.provider.post(f"{path}/confirmation", key=new_key())
        assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
        refused(cast.provider.post(f"{path}/confirmation", key=new_key()), 409, "transition_not_allowed")
        enrolled = cast.provider.post(f"{path}/enrolment", order, new_key())
        assert (enrolled.status_code, enrolled.json()["order_number"]) == (200, "17-у")
        refused(
            cast.provider.post(f"{path}/refusal", {"reason": "no_documents"}, new_key()), 409, "transition_not_allowed"
        )

    def test_a_provider_finds_no_application_of_another(self, cast: Cast) -> None:
        path = f"/provider/applications/{NOBODY}/confirmation"
        refused(cast.provider.post(path, key=new_key()), 404, "application_not_found")


def test_a_group_that_has_closed_its_enrolment_says_when(cast: Cast) -> None:
    group_id = group_of(cast.family, "Хор «Ангара»")
    closes_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    changed = cast.provider.send("PATCH", f"/provider/groups/{group_id}", new_key(), json={"closes_at": closes_at})
    assert changed.status_code == 200, changed.text
    wait_for(lambda: applies(group_id)(cast).status_code == 422, 10, "enrollment to hear of the change")
    body = refused(applies(group_id)(cast), 422, "enrolment_closed")
    assert datetime.fromisoformat(body["details"]["closes_at"]) == datetime.fromisoformat(closes_at)


def test_a_changed_price_makes_an_older_offer_void(cast: Cast) -> None:
    group_id = group_of(cast.family, AGES_7_TO_8)
    child = {"born_on": years_ago(8)}
    offers = [cast.family.offer(cast.family.new_child(**child), group_id=group_id) for _ in range(2)]
    price = {"value": "7920.50", "unit": "RUB"}
    changed = cast.provider.send("PATCH", f"/provider/groups/{group_id}", new_key(), json={"price": price})
    assert changed.status_code == 200, changed.text
    assert changed.json()["price"] == price

    def heard() -> bool:
        """A fresh offer is known to enrollment by the new terms."""
        fresh = cast.family.offer(cast.family.new_child(**child), group_id=group_id)
        return cast.family.apply(fresh).status_code == 201

    wait_for(heard, 10, "enrollment to hear of the new terms")
    refused(cast.family.apply(offers[0]), 422, "terms_changed")
