"""An echo server on nameko as it comes."""

import sys

import eventlet

eventlet.monkey_patch()

from nameko.containers import ServiceContainer  # noqa: E402
from nameko.rpc import rpc  # noqa: E402


class StockService:
    """Sends back what it gets."""

    name = "stock"

    @rpc
    def echo(self, text: str) -> dict[str, str]:
        """The text that was sent."""
        return {"text": text}


def main() -> None:
    """Serve until killed."""
    container = ServiceContainer(StockService, {"AMQP_URI": sys.argv[1], "max_workers": 24})
    container.start()
    print("ready", flush=True)
    while True:
        eventlet.sleep(3600)


if __name__ == "__main__":
    main()
