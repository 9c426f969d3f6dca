"""Calls the raw echo one after another. Prints JSON."""

import json
import sys
from time import perf_counter, process_time
from typing import Any

import pika

WARM_UP = 50


def main() -> None:
    """`raw_client URL sequential`."""
    connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    answers: list[bytes] = []

    def keep(_channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        answers.append(body)

    channel.basic_consume(queue, keep, auto_ack=True)
    body = json.dumps({"args": [], "kwargs": {"text": "x" * 200}})
    took: list[float] = []
    calls, used_before = WARM_UP + int(sys.argv[2]), process_time()
    for number in range(calls):
        began_at = perf_counter()
        channel.basic_publish("", "bench-raw", body, pika.BasicProperties(reply_to=queue, correlation_id=str(number)))
        while not answers:
            connection.process_data_events(time_limit=5)
        answers.clear()
        if number >= WARM_UP:
            took.append(perf_counter() - began_at)
    print(json.dumps({"seconds": took, "cpu_seconds": process_time() - used_before, "calls": calls}))


if __name__ == "__main__":
    main()
