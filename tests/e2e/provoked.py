"""What every refusal looks like, and which ones the tests have met over HTTP."""

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from jsonschema import Draft202012Validator

from gateway import texts

UNAVAILABLE = texts.GROUPS["Unavailable"]
PROBLEM = "application/problem+json"
ALWAYS_POSSIBLE = {"path_unknown", *UNAVAILABLE} - {"internal_error", "neighbour_timed_out", "terms_not_known_yet"}
"""Any operation may be unavailable, for one of several reasons; an identifier that is none makes another path."""
CODES: set[str] = set()


def refused(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that the answer tells, whole: one shape, in Russian, with every fact in its place."""
    body = dict(answer.json())
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    assert {"type", "title", "status", "code", "detail", "correlation_id"} <= set(body)
    assert body["status"] == status
    assert body["type"] == f"urn:kruzhok:problem:{code}"
    assert body["correlation_id"] == answer.headers["X-Correlation-Id"]
    assert answer.headers["Content-Language"] in ("ru", "en")
    assert body["detail"] != body["title"] + "."
    assert "…" not in body["detail"], f"a fact of {code} is missing"
    if answer.headers["Content-Language"] == "ru":
        told = [body["detail"], *(text for texts in body.get("errors", {}).values() for text in texts)]
        assert [text for text in told if not re.search(r"[а-яё]", text)] == []
    assert is_documented(answer, code), f"{answer.request.method} {answer.request.path_url} does not document {code}"
    CODES.add(code)
    return body


def is_documented(answer: requests.Response, code: str) -> bool:
    """Whether the operation that answered says so in the OpenAPI document; what is no operation has nothing to say."""
    address = urlsplit(str(answer.request.url))
    for path, operations in paths(f"{address.scheme}://{address.netloc}").items():
        operation = operations.get(str(answer.request.method).lower())
        if operation and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), address.path):
            documented = operation["responses"].get(str(answer.status_code), {})
            return code in ALWAYS_POSSIBLE or code in documented["content"][PROBLEM]["examples"]
    return code in {*ALWAYS_POSSIBLE, "method_not_allowed"}


@cache
def paths(url: str) -> dict[str, Any]:
    """The documented paths of the API at this address."""
    return dict(requests.get(f"{url}/api/v1/openapi.json", timeout=10).json()["paths"])


def turned_away(answer: requests.Response, status: int, code: str) -> None:
    """What the server refuses before the application sees a request is refused like all else, whole."""
    body = refused(answer, status, code)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    Draft202012Validator(schema_of_problems(str(answer.request.url))).validate(body)


def schema_of_problems(url: str) -> dict[str, Any]:
    """What the OpenAPI document says about every refusal."""
    document = requests.get(urlsplit(url)._replace(path="/api/v1/openapi.json", query="").geturl(), timeout=10).json()
    return dict(document["components"]["schemas"]["Problem"])
