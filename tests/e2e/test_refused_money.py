"""Amounts, budgets, rules and periods: what money is, and who may give it by which rules."""

from datetime import date, timedelta
from typing import Any

import pytest
import requests
from people import NOBODY, RULES, Cast, Person, new_key, staff
from provoked import refused

from chassis.context import Actor


def rub(value: Any) -> dict[str, Any]:
    return {"value": value, "unit": "RUB"}


@pytest.fixture(scope="module")
def budget(cast: Cast) -> dict[str, Any]:
    return dict(cast.municipality.get("/municipality/budgets").json()["items"][0])


def allocate(cast: Cast, funding_programme_id: str, amount: Any) -> requests.Response:
    body = {"funding_programme_id": funding_programme_id, "amount": amount, "basis": "Проверка"}
    return cast.municipality.post("/municipality/budgets", body, new_key())


@pytest.mark.parametrize(
    ("amount", "code", "field"),
    [
        (rub("-1.00"), "amount_not_positive", "amount"),
        (rub("0.00"), "amount_not_positive", "amount"),
        ({"value": "1.00", "unit": "HOUR"}, "unit_mismatch", "amount"),
        ({"value": "1.00", "unit": "USD"}, "invalid_request", "amount.unit"),
        (rub("1.000"), "invalid_request", "amount.value"),
        (rub("1.5"), "invalid_request", "amount.value"),
        (rub("1"), "invalid_request", "amount.value"),
        (rub("01.00"), "invalid_request", "amount.value"),
        (rub("1e3.00"), "invalid_request", "amount.value"),
        (rub("12345678901234.00"), "invalid_request", "amount.value"),
        (rub(1.5), "invalid_request", "amount.value"),
        (rub(1), "invalid_request", "amount.value"),
        (rub(None), "invalid_request", "amount.value"),
        ("1.00", "invalid_request", "amount"),
        ({"value": "1.00"}, "invalid_request", "amount.unit"),
        ({**rub("1.00"), "kopecks": 100}, "invalid_request", "amount.kopecks"),
    ],
)
def test_what_is_no_amount_to_give(cast: Cast, budget: dict[str, Any], amount: Any, code: str, field: str) -> None:
    body = refused(allocate(cast, budget["funding_programme_id"], amount), 400, code)
    assert set(body["errors"]) == {field}


def test_a_refused_amount_moves_nothing(cast: Cast, budget: dict[str, Any]) -> None:
    found = cast.municipality.get("/municipality/budgets").json()["items"]
    same = next(each for each in found if each["funding_programme_id"] == budget["funding_programme_id"])
    assert same["allocated"] == budget["allocated"]


def test_money_goes_to_one_s_own_programme_only(cast: Cast) -> None:
    refused(allocate(cast, NOBODY, rub("1.00")), 404, "funding_programme_not_found")
    theirs = staff(cast.suite.url, "municipality", "05").get("/municipality/budgets").json()["items"][0]
    answer = allocate(cast, theirs["funding_programme_id"], rub("1.00"))
    refused(answer, 404, "funding_programme_not_found")


def set_rules(cast: Cast, **changes: Any) -> requests.Response:
    period = cast.municipality.get("/municipality/periods").json()["items"][0]
    body = RULES | {"period_id": period["period_id"]} | changes
    return cast.municipality.post("/municipality/funding-programmes", body, new_key())


@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (400, "amount_not_positive", {"nominal": rub("0.00")}),
        (400, "amount_not_positive", {"nominal_sum_max": rub("-1.00")}),
        (400, "unit_mismatch", {"nominal": {"value": "100.00", "unit": "HOUR"}}),
        (400, "unit_mismatch", {"nominal_sum_max": {"value": "100.00", "unit": "HOUR"}}),
        (400, "invalid_request", {"absent_percent": 101}),
        (400, "invalid_request", {"charge": "per_smile"}),
        (404, "funding_period_not_found", {"period_id": NOBODY}),
        (400, "valid_from_outside_period", {"valid_from": "2019-01-01"}),
    ],
)
def test_rules_that_cannot_be_set(cast: Cast, status: int, code: str, changes: dict[str, Any]) -> None:
    refused(set_rules(cast, **changes), status, code)


def test_new_rules_do_not_reach_into_the_past(cast: Cast) -> None:
    period = cast.municipality.get("/municipality/periods").json()["items"][0]
    refused(set_rules(cast, valid_from=period["starts_on"]), 422, "valid_from_too_early")


def test_first_rules_leave_no_gap(cast: Cast) -> None:
    period = cast.municipality.get("/municipality/periods").json()["items"][0]
    actor = Actor(NOBODY, "municipality", "38", scope={"municipality_code": "25603000"})
    body = RULES | {"period_id": period["period_id"], "valid_from": period["ends_on"]}
    answer = Person(cast.suite.url, cast.suite.token(actor)).post("/municipality/funding-programmes", body, new_key())
    refused(answer, 422, "valid_from_leaves_gap")


def test_an_account_of_no_municipality_sets_nothing(cast: Cast) -> None:
    period = cast.municipality.get("/municipality/periods").json()["items"][0]
    nobody = Person(cast.suite.url, cast.suite.token(Actor(NOBODY, "municipality", "38")))
    body = RULES | {"period_id": period["period_id"]}
    refused(nobody.post("/municipality/funding-programmes", body, new_key()), 403, "role_not_allowed")


@pytest.mark.parametrize(
    ("status", "code", "dates"),
    [
        (400, "dates_reversed", ("2040-12-31", "2040-01-01", "2041-01-31T00:00:00Z")),
        (422, "period_not_adjacent", ("2040-01-01", "2040-12-31", "2041-01-31T00:00:00Z")),
        (400, "invalid_request", ("2040-01-01", "2040-12-31", "2041-01-31T00:00:00")),
    ],
)
def test_periods_that_cannot_be_set(cast: Cast, status: int, code: str, dates: tuple[str, str, str]) -> None:
    body = dict(zip(("starts_on", "ends_on", "closes_at"), dates, strict=True))
    refused(cast.region.post("/region/periods", body, new_key()), status, code)


def test_a_period_closes_after_its_last_day(cast: Cast) -> None:
    last = date.fromisoformat(cast.region.get("/region/periods").json()["items"][-1]["ends_on"])
    days = [(last + timedelta(days=number)).isoformat() for number in (1, 100)]
    body = {"starts_on": days[0], "ends_on": days[1], "closes_at": f"{days[1]}T00:00:00Z"}
    refused(cast.region.post("/region/periods", body, new_key()), 400, "closes_too_early")


def test_a_region_s_first_period_needs_its_time_zone(cast: Cast) -> None:
    operator = Person(cast.suite.url, cast.suite.token(Actor(NOBODY, "region", "77")))
    body = {"starts_on": "2027-01-01", "ends_on": "2027-12-31", "closes_at": "2028-01-31T00:00:00Z"}
    refused(operator.post("/region/periods", body, new_key()), 400, "time_zone_needed")
