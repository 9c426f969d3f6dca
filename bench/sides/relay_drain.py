"""Drains an outbox with the chassis's relay. Prints JSON."""

import json
import sys
from time import perf_counter, process_time

from chassis import run

# isort: split
import eventlet
from nameko.containers import ServiceContainer
from prometheus_client import REGISTRY

from chassis import database
from chassis.relay import Relay


class OutboxService:
    """Has an outbox and nothing else to do."""

    name = "enrollment"
    relay = Relay()


def main() -> None:
    """`relay_drain URL DATABASE count`: the clock runs from the relay's start to the last confirmed event."""
    url, database_url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    run.logs.configure("enrollment", "INFO")
    transactions = database.Transactions(database.create(database_url, "bench"))
    container = ServiceContainer(OutboxService, {"AMQP_URI": url, "max_workers": 24, "transactions": transactions})
    began_at, used_before = perf_counter(), process_time()
    container.start()
    while (REGISTRY.get_sample_value("events_published_total") or 0) < count:
        eventlet.sleep(0.005)
    seconds, used = perf_counter() - began_at, process_time() - used_before
    container.stop()
    print(json.dumps({"seconds": seconds, "cpu_seconds": used}))


if __name__ == "__main__":
    main()
