"""At start: the broker must have this service's queues, as they were defined. Drift stops the start with a sentence."""

from collections.abc import Iterable

import amqp as raw_amqp

from chassis import amqp


class TopologyDrift(Exception):
    """A queue is missing or was declared otherwise."""


def verify(url: str, service: str, producers: Iterable[str]) -> None:
    """Check `rpc-<service>` and one event queue for each producer. `TopologyDrift` names the first that is wrong."""
    expected: dict[str, dict[str, str]] = {f"rpc-{service}": {}}
    expected |= {f"evt.{service}.{producer}.v1": {"x-queue-type": "quorum"} for producer in producers}
    connection = amqp.connect(url, f"{service}.start")
    try:
        for queue, arguments in expected.items():
            _check(connection, queue, arguments)
    finally:
        connection.close()


def _check(connection: raw_amqp.Connection, queue: str, arguments: dict[str, str]) -> None:
    try:
        connection.channel().queue_declare(queue, passive=True)
    except raw_amqp.exceptions.NotFound as error:
        raise TopologyDrift(
            f"Queue {queue} is missing: load deploy/rabbitmq/definitions.json into the broker."
        ) from error
    try:
        connection.channel().queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
    except raw_amqp.exceptions.PreconditionFailed as error:
        raise TopologyDrift(
            f"Queue {queue} has other arguments than it was defined with ({error.reply_text});"
            " what may change later belongs into a policy. Delete the queue and load the definitions again."
        ) from error
