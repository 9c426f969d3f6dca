"""What providers and the regional operator may not do to groups and providers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from people import NOBODY, REVIEWED, Cast, Person, new_key, staff
from provoked import refused

SUSPENDED = "38000000-0000-4000-8000-000000000020"
CHOIR = "Хор «Ангара»"


def change(person: Person, group_id: str, **changes: Any) -> requests.Response:
    return person.send("PATCH", f"/provider/groups/{group_id}", new_key(), json=changes)


@pytest.fixture(scope="module")
def group(cast: Cast) -> dict[str, Any]:
    """A group of the provider that no other test counts on."""
    found = cast.provider.get("/provider/groups", params={"limit": 100}).json()["items"]
    return dict(next(each for each in found if each["title"].startswith(CHOIR)))


@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (400, "invalid_request", {"capacity": -1}),
        (400, "invalid_request", {"capacity": 1001}),
        (400, "invalid_request", {"capacity": "many"}),
        (400, "invalid_request", {"state": "draft"}),
        (400, "invalid_request", {"title": "Другое"}),
        (400, "invalid_request", {"price": {"value": "1.005", "unit": "RUB"}}),
        (422, "price_negative", {"price": {"value": "-1.00", "unit": "RUB"}}),
        (422, "price_units_differ", {"price": {"value": "1.00", "unit": "HOUR"}}),
        (422, "enrolment_dates_wrong", {"closes_at": "2020-01-01T00:00:00Z"}),
        (422, "enrolment_dates_wrong", {"closes_at": (datetime.now(UTC) + timedelta(days=900)).isoformat()}),
    ],
)
def test_a_group_is_not_changed_into_what_it_cannot_be(
    cast: Cast, group: dict[str, Any], status: int, code: str, changes: dict[str, Any]
) -> None:
    refused(change(cast.provider, group["group_id"], **changes), status, code)
    found = cast.provider.get("/provider/groups", params={"limit": 100}).json()["items"]
    assert next(each for each in found if each["group_id"] == group["group_id"]) == group


def test_a_group_of_another_provider_is_not_there(cast: Cast) -> None:
    stranger = staff(cast.suite.url, "provider", "05")
    refused(change(stranger, REVIEWED, capacity=1), 404, "group_not_found")
    refused(change(cast.provider, NOBODY, capacity=1), 404, "group_not_found")
    refused(stranger.get(f"/provider/groups/{REVIEWED}/applications"), 404, "group_not_found")
    refused(stranger.get(f"/provider/groups/{REVIEWED}/lessons"), 404, "group_not_found")


def decide(person: Person, provider_id: str, state: str, reason: str) -> requests.Response:
    return person.post(f"/region/providers/{provider_id}/decision", {"state": state, "reason": reason}, new_key())


@pytest.mark.parametrize(("state", "reason"), [("active", "complaint_check"), ("suspended", "cleared")])
def test_a_decision_has_a_reason_that_fits_it(cast: Cast, state: str, reason: str) -> None:
    refused(decide(cast.region, SUSPENDED, state, reason), 422, "decision_reason_wrong")


def test_a_provider_of_another_region_is_not_there(cast: Cast) -> None:
    refused(decide(cast.region, NOBODY, "suspended", "data_check"), 404, "provider_not_found")
    answer = decide(staff(cast.suite.url, "region", "05"), SUSPENDED, "active", "cleared")
    refused(answer, 404, "provider_not_found")


@pytest.mark.parametrize("path", ["/programmes", "/provider/groups", "/region/providers"])
def test_a_cursor_of_another_list_is_refused(cast: Cast, path: str) -> None:
    person = {"/provider/groups": cast.provider, "/region/providers": cast.region}.get(path, cast.anybody)
    refused(person.get(path, params={"cursor": "bm90aGluZw"}), 400, "invalid_cursor")
