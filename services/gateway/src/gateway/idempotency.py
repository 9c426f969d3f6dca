"""Idempotency-Key (IETF draft 07): the gateway demands and checks it, the service that does the work keeps it."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import request

from chassis.context import current, using
from chassis.errors import InvalidInput

HEADER = "Idempotency-Key"
FORMAT = re.compile(r"[\x21-\x7e]{1,200}\Z")
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": (
        "Chosen by the caller, new for each thing wanted. A repeat with the same key and the same request gets the "
        "first answer again and has no second effect."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "example": "8e03978e-40d5-43e8-bc93-6f9c2a5e1e3b",
}


def keyed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Each call of the view needs a key; it travels in the context to the service."""

    @wraps(view)
    def with_key(*args: Any, **kwargs: Any) -> Any:
        with using(replace(current(), idempotency_key=given_key())):
            return view(*args, **kwargs)

    vars(with_key).update(_apidoc={**getattr(view, "_apidoc", {}), "keyed": True}, keyed=True)
    return with_key


def given_key() -> str:
    """The request's key. A quoted string (as the draft writes it) and the bare value name the same key."""
    value = request.headers.get(HEADER)
    if value is None:
        raise InvalidInput("idempotency_key_missing")
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if not FORMAT.match(value):
        raise InvalidInput("idempotency_key_invalid")
    return value
