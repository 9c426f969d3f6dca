"""Calls the chassis' echo: one after another, then many in flight. Prints JSON."""

import json
import sys
from time import perf_counter, process_time

from chassis import run

# isort: split
import eventlet
from nameko.containers import ServiceContainer

from chassis.calls import Calls
from chassis.service import EdgeService
from sides.echo_contract import ECHO
from sides.suite_server import configuration

WARM_UP = 50


class CallerService(EdgeService):
    """Only calls."""

    name = "caller"


def main() -> None:
    """`suite_client URL sequential in_flight count`."""
    url, sequential, in_flight, count = sys.argv[1], *map(int, sys.argv[2:5])
    container = ServiceContainer(CallerService, configuration(url))
    container.start()
    run.leave_loaded_alone()
    caller = next(each for each in container.dependencies if isinstance(each, Calls)).caller
    ask = {"text": "x" * 200}
    used_before = process_time()
    for _ in range(WARM_UP):
        caller.call(ECHO, ask)
    took = []
    for _ in range(sequential):
        began_at = perf_counter()
        caller.call(ECHO, ask)
        took.append(perf_counter() - began_at)
    pool = eventlet.GreenPool(in_flight)
    began_at = perf_counter()
    for _ in pool.imap(lambda _: caller.call(ECHO, ask), range(count)):
        pass
    rate, used = count / (perf_counter() - began_at), process_time() - used_before
    calls = WARM_UP + sequential + count
    print(json.dumps({"seconds": took, "per_second": rate, "cpu_seconds": used, "calls": calls}))


if __name__ == "__main__":
    main()
