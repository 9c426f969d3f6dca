"""Headers that every answer carries."""

from typing import Any

from flask import Flask, Response, current_app, request

from chassis.context import current
from contracts.base import PUBLIC
from gateway.access import callers

FIXED = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Strict-Transport-Security": "max-age=31536000",
}


def install(app: Flask) -> None:
    """Add them after each request."""
    app.after_request(_complete)


def _complete(response: Response) -> Response:
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-cache" if _is_public_read(response) else "no-store")
    if current().correlation_id:
        response.headers.setdefault("X-Correlation-Id", current().correlation_id)
    return response


def _is_public_read(response: Response) -> bool:
    view: Any = current_app.view_functions.get(request.endpoint or "")
    allowed = callers(view) or frozenset()
    return request.method in ("GET", "HEAD") and PUBLIC in allowed and response.status_code < 400
