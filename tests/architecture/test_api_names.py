"""The names of API v1 grow; none is renamed, none is taken away."""

import copy
import json
from typing import Any

import api_names
import pytest
from house import ROOT

PROMISED = json.loads(api_names.PROMISED.read_text(encoding="utf-8"))
DOCUMENT = json.loads(api_names.DOCUMENT.read_text(encoding="utf-8"))
HELD = "GET /api/v1/children/{child_id}/certificate: answer.held"


def breaches_of(document: dict[str, Any]) -> set[str]:
    return set(api_names.breaches(api_names.names_of(DOCUMENT), api_names.names_of(document)))


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(DOCUMENT)


def properties(document: dict[str, Any], schema: str) -> dict[str, Any]:
    return dict(document["components"]["schemas"][schema])["properties"]


def test_what_was_promised_is_still_there() -> None:
    assert api_names.breaches(PROMISED, api_names.names_of(DOCUMENT)) == []


def test_a_renamed_field_is_missed(document: dict[str, Any]) -> None:
    fields = properties(document, "CertificatePage")
    fields["reserved"] = fields.pop("held")
    assert f"{HELD} is gone" in breaches_of(document)


def test_a_field_that_callers_relied_on_stays_sure(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["CertificatePage"]["required"].remove("held")
    assert breaches_of(document) == {f"{HELD} may be absent"}


@pytest.mark.parametrize("gone", ["/api/v1/offers", "/api/v1/me"])
def test_a_removed_path_is_missed(document: dict[str, Any], gone: str) -> None:
    (method,) = document["paths"].pop(gone)
    assert breaches_of(document) == {f"{method.upper()} {gone} is gone"}


def test_a_removed_method_is_missed(document: dict[str, Any]) -> None:
    del document["paths"]["/api/v1/applications"]["post"]
    assert breaches_of(document) == {"POST /api/v1/applications is gone"}


def test_a_removed_parameter_is_missed(document: dict[str, Any]) -> None:
    search = document["paths"]["/api/v1/programmes"]["get"]
    search["parameters"] = [each for each in search["parameters"] if each["name"] != "age"]
    assert breaches_of(document) == {"GET /api/v1/programmes: query.age is gone"}


def test_a_removed_value_is_missed(document: dict[str, Any]) -> None:
    properties(document, "CertificatePage")["state"]["enum"].remove("queued")
    assert breaches_of(document) == {
        'GET /api/v1/children/{child_id}/certificate: answer.state = "queued" is gone',
    }


def test_another_status_is_missed(document: dict[str, Any]) -> None:
    answers = document["paths"]["/api/v1/offers"]["post"]["responses"]
    answers["200"] = answers.pop("201")
    assert breaches_of(document) == {"POST /api/v1/offers: status 201 is gone"}


@pytest.mark.parametrize("field", ["note", "patronymic"])
def test_nothing_more_is_asked_of_callers(document: dict[str, Any], field: str) -> None:
    properties(document, "NewChild").setdefault(field, {"type": "string"})
    document["components"]["schemas"]["NewChild"]["required"].append(field)
    assert breaches_of(document) == {f"POST /api/v1/children: request.{field} is asked for"}


def test_growth_breaks_nothing(document: dict[str, Any]) -> None:
    document["paths"]["/api/v1/news"] = {"get": document["paths"]["/api/v1/regions"]["get"]}
    new = {"type": "object", "properties": {"inner": {"type": "string"}}, "required": ["inner"]}
    properties(document, "CertificatePage")["news"] = new
    properties(document, "NewChild")["news"] = {"type": "array", "items": new}
    properties(document, "CertificatePage")["state"]["enum"].append("new")
    document["paths"]["/api/v1/programmes"]["get"]["parameters"].append(
        {"in": "query", "name": "new", "schema": {"type": "string"}}
    )
    assert breaches_of(document) == set()


def test_new_names_join_and_promised_ones_stay_as_they_were() -> None:
    promised = {"GET /a": {"answer.x": "optional", "answer.y": "required"}}
    now = {"GET /a": {"answer.x": "required", "answer.z": "optional"}, "GET /b": {"status 200": ""}}
    assert api_names.grown(promised, now) == {
        "GET /a": {"answer.x": "optional", "answer.y": "required", "answer.z": "optional"},
        "GET /b": {"status 200": ""},
    }


def test_what_is_generated_is_not_what_is_promised() -> None:
    assert api_names.PROMISED.name not in (ROOT / "deploy" / "generate.py").read_text(encoding="utf-8")
