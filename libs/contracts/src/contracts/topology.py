"""The broker's definitions, generated: exchanges, queues, bindings and what each service's user may do.

`python -m contracts.topology` prints them; `deploy/rabbitmq/definitions.json` is that output, kept in the repository.
Passwords are added by whoever sets a broker up.
"""

import json
from typing import Any

from contracts.registry import METHODS, PRODUCERS, READERS, SERVICES

RPC_EXCHANGE = "nameko-rpc"
VHOST = "/"


def queue_name(consumer: str, producer: str) -> str:
    """The one queue between a producer and a consumer."""
    return f"evt.{consumer}.{producer}.v1"


def callers(service: str) -> dict[str, list[str]]:
    """Methods of other services that the broker user `service` may call, by service."""
    allowed: dict[str, list[str]] = {}
    for method in METHODS:
        if service in method.peers or (service == "gateway" and method.allow):
            allowed.setdefault(method.service, []).append(method.name)
    return {target: sorted(names) for target, names in sorted(allowed.items())}


def definitions(vhost: str = VHOST) -> dict[str, Any]:
    """Everything the broker must know, for `vhost`, without passwords."""
    pairs = [
        (consumer, producer.SERVICE)
        for consumer, events in READERS.items()
        for producer in PRODUCERS
        if any(event.producer == producer.SERVICE for event in events)
    ]
    return {
        "vhosts": [{"name": vhost}],
        "users": [{"name": service, "tags": ""} for service in SERVICES],
        "permissions": [_permission(service, vhost) for service in SERVICES],
        "topic_permissions": [permission for service in SERVICES for permission in _topics(service, vhost)],
        "policies": [],
        "exchanges": [_exchange(RPC_EXCHANGE, vhost), *(_exchange(f"{p.SERVICE}.events", vhost) for p in PRODUCERS)],
        "queues": [
            *(_queue(queue_name(consumer, producer), "quorum", vhost) for consumer, producer in pairs),
            *(_queue(f"rpc-{producer.SERVICE}", "classic", vhost) for producer in PRODUCERS),
        ],
        "bindings": [
            *(
                _binding(f"{event.producer}.events", queue_name(consumer, event.producer), f"{event.type}.*", vhost)
                for consumer, events in READERS.items()
                for event in events
            ),
            *(_binding(RPC_EXCHANGE, f"rpc-{p.SERVICE}", f"{p.SERVICE}.*", vhost) for p in PRODUCERS),
        ],
    }


def _exchange(name: str, vhost: str) -> dict[str, Any]:
    return {
        "name": name,
        "vhost": vhost,
        "type": "topic",
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _queue(name: str, kind: str, vhost: str) -> dict[str, Any]:
    arguments = {"x-queue-type": kind} if kind == "quorum" else {}
    return {"name": name, "vhost": vhost, "durable": True, "auto_delete": False, "arguments": arguments}


def _binding(source: str, destination: str, key: str, vhost: str) -> dict[str, Any]:
    return {
        "source": source,
        "vhost": vhost,
        "destination": destination,
        "destination_type": "queue",
        "routing_key": key,
        "arguments": {},
    }


def _permission(service: str, vhost: str) -> dict[str, str]:
    replies = rf"rpc\.reply-{service}-.*"
    own = rf"{replies}|rpc-{service}|evt\.{service}\..*"
    return {
        "user": service,
        "vhost": vhost,
        "configure": f"^({own})$",
        "write": rf"^({own}|{RPC_EXCHANGE}|{service}\.events)$",
        "read": rf"^({own}|{RPC_EXCHANGE})$",
    }


def _topics(service: str, vhost: str) -> list[dict[str, str]]:
    calls = [rf"{target}\.({'|'.join(names)})" for target, names in callers(service).items()]
    replies = [rf"reply\.{asker}\.[0-9a-f-]+" for asker in SERVICES if service in callers(asker)]
    return [
        {
            "user": service,
            "vhost": vhost,
            "exchange": RPC_EXCHANGE,
            "write": f"^({'|'.join([*calls, *replies])})$",
            "read": rf"^(reply\.{service}\.[0-9a-f-]+|{service}\.\*)$",
        },
        {
            "user": service,
            "vhost": vhost,
            "exchange": f"{service}.events",
            "write": rf"^{service}\..*$",
            "read": "^$",
        },
    ]


if __name__ == "__main__":
    print(json.dumps(definitions(), indent=2, sort_keys=True))
