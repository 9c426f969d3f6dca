"""An echo server on the chassis."""

import sys

from chassis import run

# isort: split
import eventlet
from nameko.containers import ServiceContainer

from chassis.service import EdgeService, rpc
from sides.echo_contract import ECHO


class EchoService(EdgeService):
    """Sends back what it gets."""

    name = "echo"

    @rpc(ECHO)
    def echo(self, request: dict[str, str]) -> dict[str, str]:
        """The text that was sent."""
        return {"text": request["text"]}


def configuration(url: str) -> dict[str, object]:
    """What a container of the chassis needs, without a database."""
    return {
        "AMQP_URI": url,
        "HEARTBEAT": 20,
        "TRANSPORT_OPTIONS": run.amqp.transport_options("bench"),
        "max_workers": 24,
        "settings": None,
        "transactions": None,
        "verify": None,
    }


def main() -> None:
    """Serve until killed."""
    run.logs.configure("echo", "INFO")
    container = ServiceContainer(EchoService, configuration(sys.argv[1]))
    container.start()
    run.leave_loaded_alone()
    print("ready", flush=True)
    while True:
        eventlet.sleep(3600)


if __name__ == "__main__":
    main()
