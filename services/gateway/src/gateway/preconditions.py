"""If-Match (RFC 9110, 13.1.1): a change counts only for the version that its author has seen."""

import re
from collections.abc import Callable
from typing import Any

from flask import request

from chassis.errors import InvalidInput

HEADER = "If-Match"
FORMAT = re.compile(r'"(\d{1,9})"\Z', re.ASCII)
ETAG = {
    "description": "The page's version. Send it back as If-Match, and a change made meanwhile is not overwritten.",
    "schema": {"type": "string"},
    "example": '"3"',
}
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The ETag of the page as it was read. Absent, or `*`: whatever the page's version is.",
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'},
    "example": '"3"',
}


def conditional(view: Callable[..., Any]) -> Callable[..., Any]:
    """Document that the view looks at If-Match."""
    vars(view)["_apidoc"] = {**getattr(view, "_apidoc", {}), "conditional": True}
    return view


def given_version() -> int | None:
    """The version that the request rests on, or None where it says nothing. Raises `if_match_invalid`."""
    value = request.headers.get(HEADER, "*").strip()
    if value == "*":
        return None
    match = FORMAT.match(value)
    if match is None:
        raise InvalidInput("if_match_invalid")
    return int(match[1])
