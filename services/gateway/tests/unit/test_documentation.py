"""The OpenAPI document and its page."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts import asyncapi
from gateway import texts

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    return dict(app.test_client().get("/api/v1/openapi.json").json)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for path in document["paths"].values() for method, each in path.items() if method in METHODS]


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_is_documented(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.endpoint.startswith("docs.")
    }
    assert set(document["paths"]) == routes


def test_every_operation_has_a_name_a_tag_a_summary_and_its_refusals(document: dict[str, Any]) -> None:
    found = operations(document)
    assert len({each["operationId"] for each in found}) == len(found)
    for each in found:
        assert each["tags"]
        assert each["summary"]
        assert {"500", "503"} <= set(each["responses"])


def test_amounts_are_decimal_strings(document: dict[str, Any]) -> None:
    value = document["components"]["schemas"]["Amount"]["properties"]["value"]
    assert value["type"] == "string"
    assert re.fullmatch(value["pattern"], "1234.50")


def test_what_needs_a_token_says_so(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for each in operations(document):
        assert ("401" in each["responses"]) >= bool(each["security"])
        assert bool(each.get("x-roles")) == bool(each["security"])


def takes(operation: dict[str, Any], header: str) -> bool:
    return any(parameter["name"] == header for parameter in operation.get("parameters", ()))


def test_what_needs_a_key_documents_it(document: dict[str, Any]) -> None:
    keyless = {"confirm_email", "sign_in", "refresh_session", "read_message"}
    for path, methods in document["paths"].items():
        for method, each in methods.items():
            if method in METHODS:
                wanted = method in ("post", "patch") and each["operationId"] not in keyless
                assert takes(each, "Idempotency-Key") == wanted, path


def test_lists_that_go_on_document_a_wrong_cursor(document: dict[str, Any]) -> None:
    paged = {each["operationId"] for each in operations(document) if takes(each, "cursor")}
    documented = {
        each["operationId"] for each in operations(document) if "invalid_cursor" in str(each["responses"].get("400"))
    }
    assert paged == documented
    assert {"search_programmes", "list_applications", "list_providers"} <= paged


def test_a_page_that_may_be_stale_documents_its_version(document: dict[str, Any]) -> None:
    conditional = {each["operationId"]: each for each in operations(document) if takes(each, "If-Match")}
    assert set(conditional) == {"record_attendance"}
    assert "ETag" in conditional["record_attendance"]["responses"]["200"]["headers"]
    assert "stale_page" in conditional["record_attendance"]["responses"]["412"]["description"]


def test_examples_of_requests_are_requests(app: Flask, document: dict[str, Any]) -> None:
    for each in operations(document):
        if "requestBody" in each:
            content = each["requestBody"]["content"]["application/json"]
            schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
            errors = Draft202012Validator({**schema, "components": document["components"]}).iter_errors(
                content["example"]
            )
            assert [error.message for error in errors] == []


def test_what_the_path_holds_the_body_does_not(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in (each for method, each in methods.items() if method in METHODS and "requestBody" in each):
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            fields = document["components"]["schemas"][name]["properties"]
            assert not set(re.findall(r"{(\w+)}", path)) & set(fields), path


def test_documented_refusals_have_texts(document: dict[str, Any]) -> None:
    for each in operations(document):
        for status, response in each["responses"].items():
            if int(status) >= 400:
                examples = response["content"]["application/problem+json"]["examples"]
                assert set(examples) <= set(texts.REFUSALS)
                assert all(example["value"]["status"] == int(status) for example in examples.values())


def test_the_page_needs_nothing_from_elsewhere_and_no_inline_script(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs")
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|https?://", page.text)
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert client.get(path).status_code == 200, path


def test_the_page_s_viewer_knows_openapi_3_1(client: FlaskClient) -> None:
    assert "OAS31" in client.get("/api/v1/docs/swagger-ui-bundle.js").text


def test_the_bare_address_leads_to_the_page(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/api/v1/docs")


def test_the_events_document_is_served_as_it_is_made(client: FlaskClient) -> None:
    answer = client.get("/api/v1/asyncapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == json.loads(json.dumps(asyncapi.document()))
