"""The market's broker definitions, in the shape that `contracts.topology` gives the real ones."""

from typing import Any

VHOST = "/"
REPLIES = r"reply\.[a-z]+\.[0-9a-f-]+"
QUEUE = "evt.stock.orders.v1"
_CALLS: dict[str, list[str]] = {
    "orders": [],
    "stock": [r"orders\.log"],
    "front": [r"(orders|stock|nobody)\.[a-z_]+"],
}


def definitions() -> dict[str, Any]:
    """Users, permissions, exchanges, queues and bindings."""
    return {
        "users": [{"name": name} for name in _CALLS],
        "permissions": [_permission(name) for name in _CALLS],
        "topic_permissions": [_topics(name, calls) for name, calls in _CALLS.items()],
        "policies": [],
        "exchanges": [_exchange("nameko-rpc"), _exchange("orders.events")],
        "queues": [queue(QUEUE, {"x-queue-type": "quorum"}), queue("rpc-orders"), queue("rpc-stock")],
        "bindings": [
            _binding("orders.events", QUEUE, "orders.placed.v1.*"),
            _binding("nameko-rpc", "rpc-orders", "orders.*"),
            _binding("nameko-rpc", "rpc-stock", "stock.*"),
        ],
    }


def _permission(name: str) -> dict[str, str]:
    own = rf"rpc\.reply-{name}-.*|rpc-{name}|evt\.{name}\..*"
    return {
        "user": name,
        "vhost": VHOST,
        "configure": f"^({own})$",
        "write": rf"^({own}|nameko-rpc|{name}\.events)$",
        "read": f"^({own}|nameko-rpc)$",
    }


def _topics(name: str, calls: list[str]) -> dict[str, str]:
    return {
        "user": name,
        "vhost": VHOST,
        "exchange": "nameko-rpc",
        "write": rf"^({'|'.join([*calls, REPLIES])})$",
        "read": rf"^(reply\.{name}\.[0-9a-f-]+|{name}\.\*)$",
    }


def _exchange(name: str) -> dict[str, Any]:
    return {"name": name, "vhost": VHOST, "type": "topic", "durable": True, "auto_delete": False, "arguments": {}}


def queue(name: str, arguments: dict[str, str] | None = None) -> dict[str, Any]:
    return {"name": name, "vhost": VHOST, "durable": True, "auto_delete": False, "arguments": arguments or {}}


def _binding(source: str, destination: str, key: str) -> dict[str, Any]:
    return {
        "source": source,
        "vhost": VHOST,
        "destination": destination,
        "destination_type": "queue",
        "routing_key": key,
        "arguments": {},
    }
