"""The relay of the chassis draining an outbox against raw pipelined confirms, on one broker, in one run, ABBA order.

`python bench relay` needs the servers that `KRUZHOK_TEST_INFRA` names. Both sides publish the same body to the same
quorum queue as the same broker user, 500 messages between confirms; the raw side knows its messages beforehand and
needs no database.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pika
from sqlalchemy import text

from chassis.testing import engine_of, infra, service_database
from chassis.testing.broker import vhost
from contracts.enrollment import SEATS_CHANGED
from contracts.topology import definitions, queue_name

HERE = Path(__file__).parent
EVENTS, ROUNDS = 10_000, 4
QUEUE = queue_name("catalog", SEATS_CHANGED.producer)
"""The one queue that gets this event."""
BODY = {"group_id": "38000000-0000-4000-8000-000000000010", "capacity": 20000, "taken": 1234, "waiting": 0}
FILL = text(
    "INSERT INTO outbox (occurred_at, event_id, region_code, type, subject, version, data, traceparent, correlation_id)"
    " SELECT now(), gen_random_uuid(), '38', :type, gen_random_uuid()::text, number, CAST(:data AS jsonb), :trace,"
    " gen_random_uuid()::text FROM generate_series(1, :count) AS number"
)


def measure() -> dict[str, Any]:
    """Events a second of both sides, and how the medians compare."""
    rates: dict[str, list[float]] = {"relay": [], "raw": []}
    cpu: dict[str, list[float]] = {"relay": [], "raw": []}
    with vhost(definitions()) as name, service_database(SEATS_CHANGED.producer) as database:
        url = infra().amqp_url(SEATS_CHANGED.producer, name)
        for number in range(ROUNDS):
            for side in list(rates) if number % 2 == 0 else list(rates)[::-1]:
                result = _round(name, side, url, database)
                rates[side].append(EVENTS / result["seconds"])
                cpu[side].append(result["cpu_seconds"] / EVENTS * 1_000_000)
    return {
        "events": EVENTS,
        "events_per_second": {side: [round(rate) for rate in found] for side, found in rates.items()},
        "cpu_us_per_event": {side: [round(each) for each in found] for side, found in cpu.items()},
        "relay_to_raw": round(median(rates["relay"]) / median(rates["raw"]), 2),
    }


def _round(vhost_name: str, side: str, url: str, database: str) -> dict[str, float]:
    """One side's seconds, by the clock and of its processor, once its messages are counted."""
    if side == "relay":
        _fill(database)
        result = _run("relay_drain", [url, database, str(EVENTS)])
    else:
        exchange, key = f"{SEATS_CHANGED.producer}.events", f"{SEATS_CHANGED.type}.38"
        result = _run("raw_publisher", [url, exchange, key, json.dumps(BODY), str(EVENTS)])
    arrived = _empty(vhost_name)
    if arrived != EVENTS:
        raise SystemExit(f"{side}: {arrived} messages in the queue instead of {EVENTS}")
    return result


def _fill(database: str) -> None:
    """Fresh rows that nobody has numbered or published."""
    engine = engine_of(database)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE outbox"))
        values = {"type": SEATS_CHANGED.type, "data": json.dumps(BODY), "trace": trace, "count": EVENTS}
        connection.execute(FILL, values)
        connection.execute(text("ANALYZE outbox"))


def _run(module: str, arguments: Sequence[str]) -> dict[str, float]:
    """Run a side to its end."""
    environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", f"sides.{module}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise SystemExit(f"{module}: {done.stderr or done.stdout}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _empty(vhost_name: str) -> int:
    """Take everything out of the queue; how many messages were in it."""
    address = f"{infra().amqp_admin_url.rstrip('/')}/{vhost_name}"
    connection = pika.BlockingConnection(pika.URLParameters(address))
    count = connection.channel().queue_purge(QUEUE).method.message_count
    connection.close()
    return int(count)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
