"""Pages that several services answer together."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from rpc_boundary import Services

from chassis.errors import NotFound, Unavailable
from gateway.domain.certificate_page import certificate_page

Bearer = Callable[..., dict[str, str]]
CHILD, OTHER = "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11", "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a12"
GROUP, LESSON = "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a13", "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a14"
CERTIFICATE = f"/api/v1/children/{CHILD}/certificate"
LESSON_PATH = f"/api/v1/provider/lessons/{LESSON}"
DOCUMENT = {
    "certificate_id": OTHER, "child_id": CHILD, "number": "3801123456", "state": "valid", "valid_from": "2026-09-01",
    "valid_until": "2034-04-11", "issued_at": "2026-09-01T00:00:00+00:00",
}  # fmt: skip
AMOUNTS = ("nominal", "credited", "carried_in", "balance", "held", "spent", "returned", "carried_out")


def account(state: str = "funded", value: str = "12.00", unit: str = "HOUR") -> dict[str, Any]:
    return {
        "child_id": CHILD, "certificate_id": OTHER, "state": state, "queue_position": None,
        "period_starts_on": None, "period_ends_on": None, "unit": unit,
        **{name: {"value": value, "unit": unit} for name in AMOUNTS},
    }  # fmt: skip


def lesson(*child_ids: str) -> dict[str, Any]:
    return {
        "lesson_id": LESSON,
        "page_version": 3,
        "roster": [{"enrollment_id": each, "child_id": each, "mark": None} for each in child_ids],
    }


@given(
    state=st.sampled_from(["frozen", "revoked", "expired"]), money=st.sampled_from(["accounting", "queued", "funded"])
)
def test_a_document_that_is_not_valid_shows_its_own_state(state: str, money: str) -> None:
    assert certificate_page({**DOCUMENT, "state": state}, account(money))["state"] == state


@pytest.mark.parametrize("money", ["accounting", "queued", "funded"])
def test_a_valid_document_shows_the_state_of_its_money(money: str) -> None:
    assert certificate_page(DOCUMENT, account(money))["state"] == money


def test_the_page_joins_document_and_money(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    services.answers = {"certificates.get_certificate": DOCUMENT, "billing.get_certificate_account": account()}
    page = client.get(CERTIFICATE, headers=bearer()).json
    assert (page["number"], page["state"], page["unit"]) == ("3801123456", "funded", "HOUR")
    assert page["held"] == {"value": "12.00", "unit": "HOUR"}


def test_a_certificate_that_billing_does_not_know_yet_has_no_money(
    client: FlaskClient, services: Services, bearer: Bearer
) -> None:
    services.answers = {
        "certificates.get_certificate": DOCUMENT,
        "billing.get_certificate_account": NotFound("certificate_not_found"),
    }
    page = client.get(CERTIFICATE, headers=bearer()).json
    assert page["state"] == "accounting"
    assert {page[name]["value"] for name in AMOUNTS} == {"0.00"}


@pytest.mark.parametrize(
    ("document", "money", "status"),
    [
        (NotFound("child_not_found"), account(), 404),
        (DOCUMENT, Unavailable("neighbour_timed_out"), 503),
        (Unavailable("neighbour_timed_out"), account(), 503),
    ],
)
def test_a_page_is_never_shown_with_guessed_money(
    client: FlaskClient, services: Services, bearer: Bearer, document: Any, money: Any, status: int
) -> None:
    services.answers = {"certificates.get_certificate": document, "billing.get_certificate_account": money}
    assert client.get(CERTIFICATE, headers=bearer()).status_code == status


def test_a_lesson_page_names_the_pupils_that_are_known(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    named = {"child_id": CHILD, "given_name": "Мария", "family_name": "Примерова"}
    services.answers = {"enrollment.get_lesson": lesson(CHILD, OTHER), "accounts.list_pupils": {"items": [named]}}
    first, second = client.get(LESSON_PATH, headers=bearer("teacher")).json["roster"]
    assert (first["given_name"], first["family_name"]) == ("Мария", "Примерова")
    assert (second["given_name"], second["family_name"]) == (None, None)


def test_a_lesson_page_does_without_names_when_accounts_is_down(
    client: FlaskClient, services: Services, bearer: Bearer
) -> None:
    services.answers = {
        "enrollment.record_attendance": lesson(CHILD),
        "accounts.list_pupils": Unavailable("neighbour_timed_out"),
    }
    marks = {"marks": [{"enrollment_id": CHILD, "mark": "present"}]}
    answer = client.put(f"{LESSON_PATH}/attendance", json=marks, headers=bearer("teacher"))
    assert answer.status_code == 200
    assert answer.json["roster"][0]["given_name"] is None


def test_names_are_asked_a_hundred_at_a_time_and_not_at_all_for_nobody(
    client: FlaskClient, services: Services, bearer: Bearer
) -> None:
    many = [f"6f1c1f0e-52b5-4f0e-9c1e-{number:012x}" for number in range(250)]
    services.answers = {"enrollment.get_lesson": lesson(*many), "accounts.list_pupils": {"items": []}}
    client.get(LESSON_PATH, headers=bearer("provider"))
    sizes = [len(fields["child_ids"]) for name, fields, _ in services.asked if name == "accounts.list_pupils"]
    assert sizes == [100, 100, 50]
    services.answers["enrollment.get_lesson"], services.asked = lesson(), []
    client.get(LESSON_PATH, headers=bearer("provider"))
    assert [name for name, _, _ in services.asked] == ["enrollment.get_lesson"]


def test_an_offer_is_priced_by_the_group_s_terms(client: FlaskClient, services: Services, bearer: Bearer) -> None:
    price = {"value": "7200.00", "unit": "RUB"}
    terms = {
        "group_id": GROUP, "region_code": "38", "provider_id": OTHER, "title": "Робототехника",
        "time_zone": "Asia/Irkutsk", "starts_on": "2026-09-01", "ends_on": "2027-05-31", "price": price,
        "normative_price": price, "terms_version": 3, "lessons_on": ["2026-09-01", "2026-09-03"],
        "direction": "technical",
    }  # fmt: skip
    services.answers = {"catalog.get_group_terms": {**terms, "news": 1}, "billing.make_offer": {"offer_id": OTHER}}
    headers = {**bearer(), "Idempotency-Key": "offer-1"}
    answer = client.post("/api/v1/offers", json={"child_id": CHILD, "group_id": GROUP}, headers=headers)
    assert (answer.status_code, answer.json) == (201, {"offer_id": OTHER})
    assert services.asked[1][1] == {"child_id": CHILD, "terms": terms}


class TestOperations:
    KNOWN = {"status": "done", "operation": "make_offer", "answer": {"offer_id": OTHER}}
    UNKNOWN = {"status": "unknown", "operation": None, "answer": None}

    def ask(self, client: FlaskClient, bearer: Bearer, key: str = "a/b-1") -> Any:
        return client.get(f"/api/v1/operations/{key}", headers=bearer())

    def answers(self, services: Services, enrollment: Any, billing: Any, accounts: Any) -> None:
        given = {"enrollment": enrollment, "billing": billing, "accounts": accounts}
        services.answers = {f"{name}.find_operation": answer for name, answer in given.items()}

    def test_whoever_knows_the_key_answers(self, client: FlaskClient, services: Services, bearer: Bearer) -> None:
        self.answers(services, self.UNKNOWN, self.KNOWN, self.UNKNOWN)
        assert self.ask(client, bearer).json == self.KNOWN
        assert services.asked[0][1] == {"key": "a/b-1"}

    def test_a_key_nobody_knows_is_404(self, client: FlaskClient, services: Services, bearer: Bearer) -> None:
        self.answers(services, self.UNKNOWN, self.UNKNOWN, self.UNKNOWN)
        answer = self.ask(client, bearer)
        assert (answer.status_code, answer.json["code"]) == (404, "operation_unknown")

    @pytest.mark.parametrize("key", ["%00", "x" * 201, "two%20words"])
    def test_what_can_be_no_key_is_unknown(
        self, client: FlaskClient, services: Services, bearer: Bearer, key: str
    ) -> None:
        assert self.ask(client, bearer, key).status_code == 404
        assert services.asked == []

    def test_while_one_does_not_answer_nobody_may_say_unknown(
        self, client: FlaskClient, services: Services, bearer: Bearer
    ) -> None:
        self.answers(services, Unavailable("neighbour_timed_out"), self.UNKNOWN, self.UNKNOWN)
        assert self.ask(client, bearer).status_code == 503

    def test_one_that_does_not_answer_hides_nothing_that_another_knows(
        self, client: FlaskClient, services: Services, bearer: Bearer
    ) -> None:
        self.answers(services, Unavailable("neighbour_timed_out"), self.KNOWN, self.UNKNOWN)
        assert self.ask(client, bearer).json == self.KNOWN
