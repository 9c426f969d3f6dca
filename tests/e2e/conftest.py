"""The whole suite with its sample data, once for all tests here; people reach it over HTTP and mail alone."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.testing import Suite, running_suite

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "deploy"))

from people import NOT_YET_OPEN, RULES, Cast, Family, Person, new_key, staff
from provoked import refused

SAMPLE = ("catalog", "accounts", "billing")


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    with running_suite(sample=SAMPLE) as running:
        yield running


@pytest.fixture(scope="session")
def url(suite: Suite) -> str:
    return suite.url


@pytest.fixture(scope="session")
def family(suite: Suite) -> Family:
    return Family.registered(suite.url, suite.mail, "38")


@pytest.fixture(scope="session")
def other_family(suite: Suite) -> Family:
    return Family.registered(suite.url, suite.mail, "38")


@pytest.fixture(scope="session")
def teacher(suite: Suite) -> Person:
    return staff(suite.url, "teacher", "38")


@pytest.fixture(scope="session")
def municipality(suite: Suite) -> Person:
    return staff(suite.url, "municipality", "38")


@pytest.fixture(scope="session")
def cast(suite: Suite, family: Family, other_family: Family, teacher: Person, municipality: Person) -> Cast:
    provider, region = staff(suite.url, "provider", "38"), staff(suite.url, "region", "38")
    return Cast(suite, family, other_family, teacher, provider, municipality, region)


@pytest.fixture(scope="session")
def next_year(cast: Cast) -> dict[str, Any]:
    """A funding period for the next school year with the municipality's rules, the second ones better than the first.

    Until then nothing can be offered there.
    """
    refused(cast.family.ask_offer(cast.family.new_child(), NOT_YET_OPEN), 422, "no_funding_period")
    last = date.fromisoformat(cast.region.get("/region/periods").json()["items"][-1]["ends_on"])
    starts_on, ends_on = last + timedelta(days=1), last + timedelta(days=365)
    days = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
    closes_at = f"{(ends_on + timedelta(days=31)).isoformat()}T00:00:00Z"
    period = cast.region.post("/region/periods", {**days, "closes_at": closes_at}, new_key())
    assert period.status_code == 201, period.text
    body = RULES | {"period_id": period.json()["period_id"]}
    poor = body | {"nominal": {"value": "1.00", "unit": "RUB"}, "copayment_allowed": False}
    assert cast.municipality.post("/municipality/funding-programmes", poor, new_key()).status_code == 201
    refused(cast.family.ask_offer(cast.family.new_child(), NOT_YET_OPEN), 422, "copayment_not_allowed")
    rules = cast.municipality.post("/municipality/funding-programmes", body, new_key())
    assert rules.status_code == 201, rules.text
    return dict(period.json())
