"""The OpenAPI 3.1 document: blueprints that describe access, keys and refusals of each operation by themselves."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import flask_smorest  # type: ignore[import-untyped]
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from marshmallow import Schema

from chassis.schemas import made
from gateway import preconditions, texts
from gateway.access import ANYONE, View
from gateway.bodies import StrictParser
from gateway.idempotency import PARAMETER
from gateway.problems import CONTENT_TYPE
from gateway.schemas import Problem

PREFIX = "/api/v1"
Decorator = Callable[[View], View]
DESCRIPTION = """\
Personalised financing of children's supplementary education: the child chooses, and the money follows the child.

* Amounts are `{"value": "1234.50", "unit": "RUB"}`: a decimal string with two digits and a unit, `RUB` or `HOUR`.
* Instants are ISO 8601 in UTC, dates are local dates of the region.
* POSTs that make something need an `Idempotency-Key`: repeat with the same key after a broken connection, and what
  you asked for happens once. `GET /operations/{key}` tells what became of it.
* Lists are pages: `limit` (at most 100) and the `next_cursor` of the page before.
* Refusals are `application/problem+json` (RFC 9457) with a stable `code`; texts are in Russian or English by
  `Accept-Language`.
* New fields and codes may appear at any time; existing ones stay.
"""
LOCATION = {"description": "Where to read it.", "schema": {"type": "string", "format": "uri-reference"}}
IMPLIED: dict[str, dict[int, tuple[str, ...]]] = {
    "private": {401: ("token_missing", "token_invalid", "token_expired"), 403: ("role_not_allowed",)},
    "parameters": {400: ("invalid_request",)},
    "cursor": {400: ("invalid_cursor",)},
    "body": {
        400: ("invalid_request", "body_missing", "json_malformed"),
        408: ("body_too_slow",),
        413: ("body_too_large",),
        415: ("content_type_unsupported",),
    },
    "keyed": {
        400: ("idempotency_key_missing", "idempotency_key_invalid"),
        409: ("operation_in_flight",),
        422: ("idempotency_key_reused",),
    },
    "conditional": {400: ("if_match_invalid",), 412: ("stale_page",)},
    "any": {
        400: ("request_malformed",),
        414: ("address_too_long",),
        431: ("headers_too_long",),
        500: ("internal_error",),
        503: ("neighbour_timed_out",),
    },
}
"""What an operation may be refused with by what it is, besides what it declares."""


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """Routes of one resource below /api/v1. The name is the operations' tag."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, f"gateway.api.{name}", url_prefix=PREFIX, description=description)
        self._prepare_doc_cbks.append(_complete)

    def get(self, path: str) -> Decorator:
        """A view that reads."""
        return self.route(path, methods=["GET"])  # type: ignore[no-any-return]

    def post(self, path: str) -> Decorator:
        """A view that makes something, or does it."""
        return self.route(path, methods=["POST"])  # type: ignore[no-any-return]

    def put(self, path: str) -> Decorator:
        """A view that sets something, with the same effect however often."""
        return self.route(path, methods=["PUT"])  # type: ignore[no-any-return]

    def patch(self, path: str) -> Decorator:
        """A view that changes the named parts of something."""
        return self.route(path, methods=["PATCH"])  # type: ignore[no-any-return]

    def delete(self, path: str) -> Decorator:
        """A view that ends something."""
        return self.route(path, methods=["DELETE"])  # type: ignore[no-any-return]

    def takes(self, schema: type[Schema], example: dict[str, Any] | None = None) -> Decorator:
        """The view's first argument is the request's JSON body, loaded by the schema."""
        return self.arguments(made(schema), location="json", example=example)  # type: ignore[no-any-return]

    def filters(self, schema: type[Schema]) -> Decorator:
        """The view's first argument are the query's parameters, loaded by the schema."""
        return self.arguments(made(schema), location="query")  # type: ignore[no-any-return]

    def answers(
        self,
        status: int,
        schema: type[Schema] | None = None,
        description: str | None = None,
        located: bool = False,
        versioned: bool = False,
    ) -> Decorator:
        """Document the answer; the view returns a finished response.

        `located`: with the address of what was made; `versioned`: with the version to send as If-Match.
        """
        headers = ({"Location": LOCATION} if located else {}) | ({"ETag": preconditions.ETAG} if versioned else {})
        return self.response(status, schema, description=description, headers=headers or None)  # type: ignore[no-any-return]

    def refuses(self, status: int, *codes: str) -> Decorator:
        """Document refusals of this operation besides those that its declarations imply."""

        def decorate(view: View) -> View:
            known = deepcopy(getattr(view, "_apidoc", {}))
            known.setdefault("refusals", {}).setdefault(status, []).extend(codes)
            vars(view)["_apidoc"] = known
            return view

        return decorate


class Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest's registry with our error shape, and without its error handlers."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = ""

    def _register_error_handlers(self) -> None:
        """`gateway.problems` has them."""

    def _register_pagination_header(self) -> None:
        """Pages have cursors in their bodies."""

    def document(self) -> dict[str, Any]:
        """The finished document. Answers may grow: only requests forbid unknown fields."""
        document: dict[str, Any] = self.spec.to_dict()
        schemas = document["components"]["schemas"]
        for name in schemas.keys() - _reachable(_request_schemas(document), schemas):
            schemas[name].pop("additionalProperties", None)
        return document


def make_api(app: Flask) -> Api:
    """An empty document bound to the app."""
    app.config.update(API_TITLE="Кружок: API", API_VERSION="1.0.0", OPENAPI_VERSION="3.1.0")
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    api = Api(app, spec_kwargs={"marshmallow_plugin": plugin, "info": {"description": DESCRIPTION}})
    bearer = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` of POST /api/v1/sessions.",
    }
    api.spec.components.security_scheme("bearer", bearer)
    return api


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__).strip("_").removesuffix("Schema")


def _complete(operation: dict[str, Any], known: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Add what access, key and refusals declare to an operation's description."""
    callers = known.get("callers", frozenset())
    operation["operationId"] = known.get("operation_id", "")
    operation["security"] = [] if callers == ANYONE else [{"bearer": []}]
    if callers != ANYONE:
        operation["x-roles"] = sorted(callers)
    if known.get("keyed"):
        operation.setdefault("parameters", []).append(PARAMETER)
    if known.get("conditional"):
        operation.setdefault("parameters", []).append(preconditions.PARAMETER)
    responses = operation.setdefault("responses", {})
    for status in [status for status in responses if int(status) >= 400]:
        del responses[status]
    for status, codes in sorted(_refusals(operation, known).items()):
        responses[str(status)] = _refusal(status, codes)
    return operation


def _refusals(operation: dict[str, Any], known: dict[str, Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {status: list(codes) for status, codes in known.get("refusals", {}).items()}
    for trait in (*_traits(operation, known), "any"):
        for status, codes in IMPLIED[trait].items():
            found.setdefault(status, []).extend(codes)
    return {status: list(dict.fromkeys(codes)) for status, codes in found.items()}


def _traits(operation: dict[str, Any], known: dict[str, Any]) -> list[str]:
    parameters = operation.get("parameters", ())
    traits = {
        "private": known.get("callers") != ANYONE,
        "parameters": bool(parameters),
        "cursor": any("cursor" in getattr(parameter.get("schema"), "_declared_fields", ()) for parameter in parameters),
        "body": "requestBody" in operation,
        "keyed": bool(known.get("keyed")),
        "conditional": bool(known.get("conditional")),
    }
    return [trait for trait, holds in traits.items() if holds]


def _refusal(status: int, codes: list[str]) -> dict[str, Any]:
    examples = {code: {"value": _example(status, code)} for code in codes}
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    return {
        "description": f"{texts.title(status, 'en')}: {', '.join(f'`{code}`' for code in codes)}",
        "content": content,
    }


def _example(status: int, code: str) -> dict[str, Any]:
    return {
        "type": f"urn:kruzhok:problem:{code}",
        "title": texts.title(status, "ru"),
        "status": status,
        "code": code,
        "detail": texts.detail(code, status, {}, "ru"),
    }


def _request_schemas(document: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for operations in document["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict):
                found |= _references(operation.get("requestBody"))
    return found


def _reachable(names: set[str], schemas: dict[str, Any]) -> set[str]:
    seen: set[str] = set()
    while names - seen:
        name = (names - seen).pop()
        seen.add(name)
        names = names | _references(schemas[name])
    return seen


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if "$ref" in value else set()
        return own.union(*(_references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(inner) for inner in value))
    return set()
