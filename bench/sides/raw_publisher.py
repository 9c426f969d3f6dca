"""Publishes persistent messages with py-amqp, 500 at a time between confirms: the floor. Prints JSON."""

import json
import sys
from time import perf_counter, process_time

import amqp

from chassis.amqp import parse

BATCH = 500


def main() -> None:
    """`raw_publisher URL exchange key body count`: the clock runs from connecting to the last confirm."""
    url, exchange, key, body, count = *sys.argv[1:5], int(sys.argv[5])
    address = parse(url)
    outstanding: set[int] = set()

    def confirmed(tag: int, multiple: bool) -> None:
        outstanding.difference_update([each for each in outstanding if each <= tag] if multiple else [tag])

    began_at, used_before = perf_counter(), process_time()
    connection = amqp.Connection(
        f"{address.host}:{address.port}", address.user, address.password, virtual_host=address.vhost
    )
    connection.connect()
    channel = connection.channel()
    channel.confirm_select()
    channel.events["basic_ack"].add(confirmed)
    for first in range(1, count + 1, BATCH):
        tags = range(first, min(first + BATCH, count + 1))
        outstanding.update(tags)
        for _ in tags:
            message = amqp.Message(body, content_type="application/json", delivery_mode=2)
            channel.basic_publish(message, exchange, key)
        while outstanding:
            connection.drain_events(timeout=10)
    seconds, used = perf_counter() - began_at, process_time() - used_before
    connection.close()
    print(json.dumps({"seconds": seconds, "cpu_seconds": used}))


if __name__ == "__main__":
    main()
