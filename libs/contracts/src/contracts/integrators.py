"""What the broker gives an integrator: a user that reads one region's public events and can do nothing else.

`int.<name>.events` is its own queue; `int.history.<region>` is a stream that the integrators of a region share and may
read again from any instant it still holds. Both are bound by whoever runs the broker: the user may neither declare nor
bind nor publish, so no routing key of another region is within its reach.
Passwords are added by whoever sets a broker up.
"""

import re
from typing import Any

from contracts.asyncapi import EXCHANGE, PUBLIC_EVENTS
from contracts.topology import VHOST

NAME, REGION = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]"), re.compile(r"[0-9]{2}")
SHARED = "history"
DAY = 86_400
QUEUE_LIMITS = {"message-ttl": 14 * DAY * 1000, "max-length-bytes": 512 * 1024**2, "overflow": "drop-head"}
"""An integrator that stays away costs the broker no more than this; what is dropped is still in the history."""
HISTORY_LIMITS = {"max-age": "30D", "max-length-bytes": 4 * 1024**3}


def user_of(name: str) -> str:
    """The integrator's broker user."""
    return f"int-{name}"


def queue_of(name: str) -> str:
    """The integrator's queue."""
    return f"int.{name}.events"


def history_of(region_code: str) -> str:
    """The stream of a region's events."""
    return f"int.{SHARED}.{region_code}"


def definitions(name: str, region_code: str, vhost: str = VHOST) -> dict[str, Any]:
    """What to load into a broker for one integrator of one region. Raises `ValueError` for a bad name or region."""
    if not NAME.fullmatch(name) or name == SHARED:
        raise ValueError("An integrator's name has 3 to 40 small letters, digits and hyphens.")
    if not REGION.fullmatch(region_code):
        raise ValueError("A region is two digits.")
    user, queues = user_of(name), {queue_of(name): "quorum", history_of(region_code): "stream"}
    readable = "|".join(re.escape(queue) for queue in queues)
    return {
        "users": [{"name": user, "tags": ""}],
        "permissions": [{"user": user, "vhost": vhost, "configure": "^$", "write": "^$", "read": f"^({readable})$"}],
        "policies": [
            _policy("integrators", r"^int\..*\.events$", QUEUE_LIMITS, vhost),
            _policy("integrators-history", rf"^int\.{SHARED}\.", HISTORY_LIMITS, vhost),
        ],
        "queues": [_queue(queue, kind, vhost) for queue, kind in queues.items()],
        "bindings": [
            _binding(queue, f"{event.type}.{region_code}", vhost) for queue in queues for event in PUBLIC_EVENTS
        ],
    }


def _policy(name: str, pattern: str, limits: dict[str, Any], vhost: str) -> dict[str, Any]:
    return {
        "name": name, "vhost": vhost, "pattern": pattern, "apply-to": "queues", "priority": 0, "definition": limits,
    }  # fmt: skip


def _queue(name: str, kind: str, vhost: str) -> dict[str, Any]:
    return {
        "name": name, "vhost": vhost, "durable": True, "auto_delete": False, "arguments": {"x-queue-type": kind},
    }  # fmt: skip


def _binding(queue: str, key: str, vhost: str) -> dict[str, Any]:
    return {
        "source": EXCHANGE, "vhost": vhost, "destination": queue, "destination_type": "queue", "routing_key": key,
        "arguments": {},
    }  # fmt: skip
