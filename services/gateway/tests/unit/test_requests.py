"""What a path, a body and a query say together reaches the service as one request."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from rpc_boundary import Services

Bearer = Callable[..., dict[str, str]]
ID = "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a14"
BASIS = {"reason": "data_check", "basis": "Приказ № 8 от 02.10.2026"}
SENT = [
    ("guardian", f"/applications/{ID}/cancellation", {}, "enrollment.cancel_application",
     {"application_id": ID, "reason": "changed_mind"}),
    ("guardian", f"/applications/{ID}/withdrawal", {"effective_on": "2026-11-30"}, "enrollment.withdraw_enrollment",
     {"application_id": ID, "effective_on": "2026-11-30", "reason": "changed_mind"}),
    ("provider", f"/provider/applications/{ID}/withdrawal", {"reason": "no_attendance"},
     "enrollment.withdraw_enrollment", {"application_id": ID, "effective_on": None, "reason": "no_attendance"}),
    ("provider", f"/provider/applications/{ID}/enrolment", {"order_number": "17-у"}, "enrollment.enrol_application",
     {"application_id": ID, "order_number": "17-у"}),
    ("guardian", f"/applications/{ID}/contract/acceptance", {"offer_id": ID}, "billing.accept_contract",
     {"enrollment_id": ID, "offer_id": ID}),
    ("guardian", f"/applications/{ID}/contract/refusal", None, "billing.refuse_contract", {"enrollment_id": ID}),
    ("municipality", f"/municipality/certificates/{ID}/freezing", BASIS, "certificates.freeze_certificate",
     {**BASIS, "certificate_id": ID}),
    ("region", f"/region/certificates/{ID}/revocation", BASIS, "certificates.revoke_certificate",
     {**BASIS, "certificate_id": ID}),
    ("region", f"/region/providers/{ID}/decision", {"state": "active", "reason": "cleared"}, "catalog.decide_provider",
     {"provider_id": ID, "state": "active", "reason": "cleared"}),
]  # fmt: skip


@pytest.mark.parametrize(("role", "path", "body", "method", "request_"), SENT, ids=[each[3] for each in SENT])
def test_path_and_body_are_one_request(
    client: FlaskClient, services: Services, bearer: Bearer, role: str, path: str, body: Any, method: str, request_: Any
) -> None:
    services.answers[method] = {}
    answer = client.post(f"/api/v1{path}", json=body, headers={**bearer(role), "Idempotency-Key": "k-1"})
    assert answer.status_code == 200, answer.text
    assert services.asked[0][:2] == (method, request_)
    assert services.asked[0][2].idempotency_key == "k-1"


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        ("guardian", f"/applications/{ID}/cancellation", {"reason": "no_documents"}),
        ("guardian", f"/applications/{ID}/withdrawal", {"reason": "no_attendance"}),
        ("provider", f"/provider/applications/{ID}/withdrawal", {"reason": "changed_mind"}),
        ("provider", f"/provider/applications/{ID}/withdrawal", {}),
        ("provider", f"/provider/applications/{ID}/refusal", {"reason": "not_confirmed_in_time"}),
        ("provider", f"/provider/applications/{ID}/enrolment", {"order_number": "1", "application_id": ID}),
    ],
)
def test_a_reason_of_somebody_else_and_an_id_of_the_path_are_no_fields(
    client: FlaskClient, services: Services, bearer: Bearer, role: str, path: str, body: Any
) -> None:
    answer = client.post(f"/api/v1{path}", json=body, headers={**bearer(role), "Idempotency-Key": "k-1"})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert services.asked == []


def test_a_group_is_changed_in_what_is_named(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    services.answers["catalog.change_group"] = {}
    headers = {**bearer("provider"), "Idempotency-Key": "k-1"}
    assert client.patch(f"/api/v1/provider/groups/{ID}", json={"capacity": 0}, headers=headers).status_code == 200
    assert services.asked[0][1] == {"group_id": ID, "capacity": 0}


def test_a_greatest_price_is_a_decimal_string_of_roubles(client: FlaskClient, services: Services) -> None:
    services.answers["catalog.search_programmes"] = {"items": []}
    assert client.get("/api/v1/programmes?price_max=7200.00&weekday=6&with_places=true").status_code == 200
    asked = services.asked[0][1]
    assert asked["price_max"] == {"value": "7200.00", "unit": "RUB"}
    assert (asked["weekday"], asked["with_places"]) == (6, True)
    assert client.get("/api/v1/programmes").status_code == 200
    assert services.asked[1][1]["price_max"] is None


@pytest.mark.parametrize("value", ["7200", "-1.00", "7200.000", "7e3", "7200,00", "", "٧.00"])
def test_another_way_to_write_a_price_is_400(client: FlaskClient, value: str) -> None:
    answer = client.get("/api/v1/programmes", query_string={"price_max": value})
    assert (answer.status_code, set(answer.json["errors"])) == (400, {"price_max"})
