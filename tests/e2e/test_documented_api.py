"""The API is what its document says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from documented import DOCUMENT, ensure_documented
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from people import Cast, Family, Person, staff

from chassis.testing import Suite, wait_for

METHODS = ("get", "post", "put", "patch", "delete")
NOBODY = "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11"


@pytest.fixture(scope="module")
def document(url: str) -> dict[str, Any]:
    return dict(requests.get(f"{url}/api/v1/openapi.json", timeout=10).json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield method.upper(), path, operation


def fits(document: dict[str, Any], operation: dict[str, Any], answer: requests.Response) -> None:
    """The answer is one of the documented ones, status, type and fields."""
    documented = operation["responses"].get(str(answer.status_code))
    assert documented, f"{answer.request.method} {answer.url}: {answer.status_code} is not documented: {answer.text}"
    for content_type, content in documented.get("content", {}).items():
        assert answer.headers["Content-Type"].split(";")[0] == content_type
        schema = {**content["schema"], "components": document["components"]}
        errors = [error.message for error in Draft202012Validator(schema).iter_errors(answer.json())]
        assert errors == []


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_the_document_is_the_one_that_is_kept(document: dict[str, Any]) -> None:
    assert document == DOCUMENT


def answered(method: str, path: str, status: int, body: Any) -> requests.Response:
    answer = requests.Response()
    answer.request = requests.Request(method, f"http://api/api/v1{path}").prepare()
    answer.status_code, answer.headers["Content-Type"] = status, "application/json"
    answer._content = json.dumps(body).encode()
    return answer


@pytest.mark.parametrize(
    ("path", "status", "body", "told"),
    [
        ("/regions", 200, {}, "required"),
        ("/regions", 200, {"items": [], "secret": 1}, "secret"),
        ("/regions", 200, {"items": 1}, "array"),
        ("/regions", 201, {"items": []}, "201 is not documented"),
        ("/rivers", 200, {"items": []}, "not documented"),
    ],
)
def test_an_answer_of_another_kind_than_documented_is_found(path: str, status: int, body: Any, told: str) -> None:
    ensure_documented(answered("GET", "/regions?region_code=38", 200, {"items": []}), "/regions?region_code=38")
    with pytest.raises(AssertionError, match=told):
        ensure_documented(answered("GET", path, status, body), path)


def test_every_documented_operation_answers_as_documented(
    suite: Suite, document: dict[str, Any], family: Family
) -> None:
    people = {role: staff(suite.url, role, "38") for role in ("teacher", "provider", "municipality", "region")}
    everybody: dict[str, Person] = {**people, "guardian": family}
    for method, path, operation in operations(document):
        roles = operation.get("x-roles", ["guardian"])
        person = everybody[next(role for role in roles if role in everybody)]
        address = path.removeprefix("/api/v1").format(**dict.fromkeys(names_in(path), NOBODY))
        fits(
            document,
            operation,
            person.send(method, address, "documented-1", json={} if "requestBody" in operation else None),
        )
        fits(document, operation, Person(suite.url).send(method, address))


def names_in(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def test_good_answers_fit_their_schemas(document: dict[str, Any], cast: Cast) -> None:
    family, teacher, provider, municipality = cast.family, cast.teacher, cast.provider, cast.municipality
    application = family.enrolled()
    enrolment = f"/applications/{application['application_id']}"
    number = family.certificate(application["child_id"])["number"]
    wait_for(lambda: family.get(f"{enrolment}/contract").status_code == 200, 20, "the contract")
    child, group = f"/children/{application['child_id']}", application["group_id"]
    lesson = teacher.get(f"/provider/groups/{group}/lessons").json()["items"][0]["lesson_id"]
    pages = {
        "/regions": (family, "/regions"),
        "/municipalities": (family, "/municipalities?region_code=38&limit=3"),
        "/directions": (family, "/directions"),
        "/programmes": (family, "/programmes?q=робототехника&age=9&weekday=1&price_max=20000.00&with_places=true"),
        "/programmes/{programme_id}": (family, f"/programmes/{application['programme_id']}"),
        "/groups/{group_id}": (family, f"/groups/{group}"),
        "/me": (family, "/me"),
        "/children": (family, "/children"),
        "/children/{child_id}": (family, child),
        "/applications": (family, "/applications"),
        "/applications/{application_id}": (family, f"/applications/{application['application_id']}"),
        "/messages": (family, "/messages"),
        "/children/{child_id}/certificate": (family, f"{child}/certificate"),
        "/children/{child_id}/certificate/operations": (family, f"{child}/certificate/operations"),
        "/provider/groups/{group_id}/lessons": (teacher, f"/provider/groups/{group}/lessons"),
        "/provider/lessons/{lesson_id}": (teacher, f"/provider/lessons/{lesson}"),
        "/applications/{application_id}/contract": (family, f"{enrolment}/contract"),
        "/claims": (family, "/claims"),
        "/provider/groups": (provider, "/provider/groups"),
        "/provider/groups/{group_id}/applications": (
            provider,
            f"/provider/groups/{group}/applications?status=enrolled",
        ),
        "/municipality/budgets": (municipality, "/municipality/budgets"),
        "/municipality/periods": (municipality, "/municipality/periods"),
        "/municipality/funding-programmes": (municipality, "/municipality/funding-programmes"),
        "/municipality/claims": (municipality, "/municipality/claims?state=approved"),
        "/municipality/certificates": (municipality, f"/municipality/certificates?number={number}"),
        "/region/periods": (cast.region, "/region/periods"),
        "/region/providers": (cast.region, "/region/providers"),
        "/region/certificates": (cast.region, f"/region/certificates?number={number}"),
    }
    for path, (person, address) in pages.items():
        answer = person.get(address)
        assert answer.status_code == 200, answer.text
        fits(document, document["paths"][f"/api/v1{path}"]["get"], answer)


def test_every_answer_is_guarded(url: str, family: Family) -> None:
    for path in ("/api/v1/me", "/api/v1/directions", "/api/v1/nowhere", "/api/v1/openapi.json", "/api/v1/docs", "/"):
        answer = requests.get(
            url + path, headers={"Authorization": f"Bearer {family.token}"}, timeout=10, allow_redirects=False
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"]
    assert family.get("/me").headers["Cache-Control"] == "no-store"


def test_a_caller_s_trace_is_kept(url: str) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answers = [requests.get(f"{url}/api/v1/directions", headers={"traceparent": trace}, timeout=10) for _ in range(2)]
    assert len({answer.headers["X-Correlation-Id"] for answer in answers}) == 2


def test_the_page_and_all_its_parts_come_from_here(url: str) -> None:
    page = requests.get(f"{url}/api/v1/docs", timeout=10)
    assert page.status_code == 200
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert f"/api/v1/docs/{name}" in page.text
        assert requests.get(f"{url}/api/v1/docs/{name}", timeout=10).status_code == 200
