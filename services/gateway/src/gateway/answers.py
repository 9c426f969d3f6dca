"""Finished responses out of the services' JSON values."""

from typing import Any

from flask import Response, jsonify

from gateway.openapi import PREFIX


def ok(body: dict[str, Any]) -> Response:
    """200."""
    return jsonify(body)


def versioned(body: dict[str, Any], version: int) -> Response:
    """200, with the version of what is shown, to be sent back as If-Match."""
    response = jsonify(body)
    response.set_etag(str(version))
    return response


def accepted(body: dict[str, Any]) -> Response:
    """202: the rest happens later."""
    return _with_status(202, body)


def created(body: dict[str, Any], path: str | None = None) -> Response:
    """201, with the Location of what was made, where it can be read by itself."""
    response = _with_status(201, body)
    if path:
        response.headers["Location"] = PREFIX + path
    return response


def done() -> Response:
    """204: nothing to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _with_status(status: int, body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response
