"""An echo server on pika alone: the floor."""

import sys
from typing import Any

import pika


def main() -> None:
    """Serve until killed."""
    channel = pika.BlockingConnection(pika.URLParameters(sys.argv[1])).channel()
    channel.queue_declare("bench-raw")
    channel.basic_qos(prefetch_count=24)

    def echo(channel: Any, method: Any, properties: Any, body: bytes) -> None:
        channel.basic_publish(
            "", properties.reply_to, body, pika.BasicProperties(correlation_id=properties.correlation_id)
        )
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume("bench-raw", echo)
    print("ready", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main()
