"""Calls stock nameko's echo: one after another, then many in flight. Prints JSON."""

import json
import sys
from time import perf_counter, process_time

import eventlet

eventlet.monkey_patch()

from nameko.containers import ServiceContainer, WorkerContext  # noqa: E402
from nameko.rpc import RpcProxy, rpc  # noqa: E402

WARM_UP = 50


class StockCallerService:
    """Only calls."""

    name = "stock_caller"
    stock = RpcProxy("stock")

    @rpc
    def nothing(self) -> None:
        """An entrypoint, so that the container has a worker context to call from."""


def main() -> None:
    """`stock_client URL sequential in_flight count`."""
    url, sequential, in_flight, count = sys.argv[1], *map(int, sys.argv[2:5])
    container = ServiceContainer(StockCallerService, {"AMQP_URI": url, "max_workers": 24})
    container.start()
    provider = next(each for each in container.dependencies if isinstance(each, RpcProxy))
    worker = WorkerContext(container, None, next(iter(container.entrypoints)))
    proxy, text = provider.get_dependency(worker), "x" * 200
    used_before = process_time()
    for _ in range(WARM_UP):
        proxy.echo(text=text)
    took = []
    for _ in range(sequential):
        began_at = perf_counter()
        proxy.echo(text=text)
        took.append(perf_counter() - began_at)
    pool = eventlet.GreenPool(in_flight)
    began_at = perf_counter()
    for _ in pool.imap(lambda _: proxy.echo(text=text), range(count)):
        pass
    rate, used = count / (perf_counter() - began_at), process_time() - used_before
    calls = WARM_UP + sequential + count
    print(json.dumps({"seconds": took, "per_second": rate, "cpu_seconds": used, "calls": calls}))


if __name__ == "__main__":
    main()
