"""Asking the services."""

from collections.abc import Mapping
from typing import Any

from chassis import http
from chassis.schemas import made
from contracts.base import Method


def ask(method: Method, fields: Mapping[str, Any] | None = None, timeout_seconds: float = 5.0) -> dict[str, Any]:
    """Call a service's method with loaded fields and return its answer as JSON values.

    The request's token, idempotency key, trace and deadline travel along. Raises what the service refused with.
    """
    request = made(method.request).dump(fields or {})
    answer: dict[str, Any] = http.service().calls.call(method, request, timeout_seconds=timeout_seconds)
    return answer
