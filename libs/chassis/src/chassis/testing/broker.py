"""Virtual hosts of one's own on the test broker."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from chassis.testing.infra import PASSWORD, infra

SCOPED = ("permissions", "topic_permissions", "policies", "exchanges", "queues", "bindings")
EVERYTHING = {"configure": ".*", "write": ".*", "read": ".*"}


@contextmanager
def vhost(definitions: Mapping[str, Any]) -> Iterator[str]:
    """A new virtual host with what `definitions` hold, whatever host they were written for; deleted afterwards.

    Its users are made with the password `test` if the broker does not know them yet.
    """
    name = f"test-{uuid.uuid4().hex[:12]}"
    for user in definitions.get("users", ()):
        _ensure_user(user["name"])
    api("PUT", f"vhosts/{name}", {})
    try:
        administrator = urlsplit(infra().amqp_admin_url).username
        api("PUT", f"permissions/{name}/{administrator}", EVERYTHING)
        api("POST", "definitions", {kind: _moved(definitions.get(kind, ()), name) for kind in SCOPED})
        yield name
    finally:
        api("DELETE", f"vhosts/{name}")


def api(method: str, path: str, body: Any = None) -> Any:
    """Ask the broker's management API; the answer's JSON, or None."""
    response = requests.request(method, f"{infra().rabbitmq_api_url}/api/{path}", json=body, timeout=60)
    if not response.ok:
        raise AssertionError(f"{method} {path}: {response.status_code} {response.text[:500]}")
    return response.json() if response.content else None


def _ensure_user(name: str) -> None:
    if name not in {user["name"] for user in api("GET", "users")}:
        api("PUT", f"users/{name}", {"password": PASSWORD, "tags": ""})


def _moved(items: Any, vhost_name: str) -> list[dict[str, Any]]:
    return [{**item, "vhost": vhost_name} for item in items]
