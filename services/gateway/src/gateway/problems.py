"""Every refusal as problem+json (RFC 9457), in the caller's language."""

import json

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from chassis.context import current
from chassis.errors import InvalidInput, Refusal, Unauthenticated, Unavailable
from gateway import texts
from gateway.bodies import FieldsInvalid

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "2"
HTTP_CODES = {
    400: "request_malformed",
    404: "path_unknown",
    405: "method_not_allowed",
    408: "body_too_slow",
    413: "body_too_large",
    414: "address_too_long",
    415: "content_type_unsupported",
    431: "headers_too_long",
}
STATUS_BY_CODE = {"stale_page": 412}
"""Where HTTP has a closer word than the refusal's kind."""


def status_of(refusal: Refusal) -> int:
    """The HTTP status that a refusal is answered with."""
    return STATUS_BY_CODE.get(refusal.code, refusal.status)


def install(app: Flask) -> None:
    """Answer all refusals and bugs of the app in one shape."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, turned_away)
    app.register_error_handler(Exception, broken)


def refused(refusal: Refusal) -> Response:
    """A service, or the gateway itself, said no."""
    facts = {} if isinstance(refusal, Unavailable) else refusal.details
    response = problem(status_of(refusal), refusal.code, facts, field_errors(refusal))
    if isinstance(refusal, Unavailable):
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    if isinstance(refusal, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def turned_away(error: HTTPException) -> Response:
    """The request did not fit HTTP or our routes. Redirects pass."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    if status >= 500:
        return broken(error)
    response = problem(status, HTTP_CODES.get(status, "request_malformed"), {}, {})
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def broken(error: Exception) -> Response:
    """A bug: its text stays in the log, under the same correlation id."""
    log.exception("request_broken", route=str(request.url_rule), error=type(error).__name__, exc_info=error)
    return problem(500, "internal_error", {}, {})


def field_errors(refusal: Refusal) -> dict[str, list[str]]:
    """Which fields a malformed request got wrong."""
    if isinstance(refusal, FieldsInvalid):
        return refusal.errors
    if isinstance(refusal, InvalidInput) and refusal.code not in texts.ABOUT_THE_WHOLE:
        return {name: [message] for name, message in refusal.details.items()}
    return {}


def problem(status: int, code: str, details: dict[str, str], errors: dict[str, list[str]]) -> Response:
    """The answer's body and headers."""
    language = texts.chosen_language(request.accept_languages)
    body = {
        "type": f"urn:kruzhok:problem:{code}",
        "title": texts.title(status, language),
        "status": status,
        "code": code,
        "detail": texts.detail(code, status, details, language),
    }
    if errors:
        body["errors"] = {
            name: [texts.field_message(message, language) for message in messages] for name, messages in errors.items()
        }
    elif details:
        body["details"] = details
    if current().correlation_id:
        body["correlation_id"] = current().correlation_id
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=CONTENT_TYPE)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return response
