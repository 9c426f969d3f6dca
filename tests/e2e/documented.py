"""Every answer that is no refusal is as the OpenAPI document says: its status, its type and each of its fields."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import requests
from jsonschema import Draft202012Validator

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
PAGES = ("/docs", "/openapi.json", "/asyncapi.json")
METHODS = ("get", "post", "put", "patch", "delete")


def ensure_documented(answer: requests.Response, path: str) -> None:
    """Fail where the answer to a request for this path below /api/v1 is not what callers were told."""
    if not answer.ok or path.startswith(PAGES):
        return
    method, where = str(answer.request.method), f"{answer.request.method} {path}"
    operation = operation_of(method, path.partition("?")[0])
    documented = operation["responses"].get(str(answer.status_code))
    assert documented, f"{where}: {answer.status_code} is not documented: {answer.text}"
    if "content" not in documented:
        assert answer.content == b"", f"{where}: no body is documented: {answer.text}"
        return
    assert answer.headers["Content-Type"].partition(";")[0] in documented["content"]
    validator = validator_of(operation["operationId"], str(answer.status_code))
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(answer.json())]
    assert faults == [], f"{where}: {faults}"


def operation_of(method: str, path: str) -> dict[str, Any]:
    """The documented operation that a request is for."""
    for template, operations in DOCUMENT["paths"].items():
        if method.lower() in operations and re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), f"/api/v1{path}"):
            return dict(operations[method.lower()])
    raise AssertionError(f"{method} {path} answers and is not documented")


@cache
def validator_of(operation_id: str, status: str) -> Draft202012Validator:
    """Checks bodies of this operation's answers of this status; a field that nobody documented is a fault, too."""
    ((content,),) = (
        operation["responses"][status]["content"].values()
        for operations in DOCUMENT["paths"].values()
        for method, operation in operations.items()
        if method in METHODS and operation["operationId"] == operation_id
    )
    schema = {**content["schema"], "components": closed(DOCUMENT["components"])}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def closed(schema: Any) -> Any:
    """The schema with objects that hold what they name and nothing else."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in schema else inner
