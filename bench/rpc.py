"""P4: a call through the suite against raw pika and against stock nameko, on one broker, in one run, ABBA order.

`python bench rpc` needs the broker that `KRUZHOK_TEST_INFRA` names.
"""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from statistics import median
from typing import Any

import requests
from processes import cpu_seconds

from chassis.testing import infra, wait_for

HERE = Path(__file__).parent
SEQUENTIAL, IN_FLIGHT, COUNT, ROUNDS = 400, 20, 2000, 3
SIDES = {
    "suite": ("suite_server", "suite_client"),
    "stock": ("stock_server", "stock_client"),
    "raw": ("raw_server", "raw_client"),
}


def environment() -> dict[str, str]:
    """The sides are modules of this folder."""
    return {**os.environ, "PYTHONPATH": str(HERE), "PYTHONWARNINGS": "ignore"}


def server(url: str, module: str) -> subprocess.Popen[str]:
    """Start a server, its log going to a file as in production, and wait until it consumes."""
    log = Path(tempfile.mkstemp(prefix=f"bench-{module}-", suffix=".log")[1])
    started = subprocess.Popen(
        [sys.executable, "-m", f"sides.{module}", url], env=environment(), stdout=log.open("w"), text=True
    )
    wait_for(lambda: "ready" in log.read_text(), seconds=20, what=f"{module} to consume")
    return started


def client(url: str, module: str) -> dict[str, Any]:
    """Run a client to its end."""
    arguments = [sys.executable, "-m", f"sides.{module}", url, str(SEQUENTIAL), str(IN_FLIGHT), str(COUNT)]
    done = subprocess.run(arguments, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def declare(api: str, vhost: str) -> None:
    """The exchange and the queue that the suite expects to find."""
    requests.put(f"{api}/api/vhosts/{vhost}", timeout=10).raise_for_status()
    exchange = {"type": "topic", "durable": True}
    requests.put(f"{api}/api/exchanges/{vhost}/nameko-rpc", json=exchange, timeout=10).raise_for_status()
    requests.put(f"{api}/api/queues/{vhost}/rpc-echo", json={"durable": True}, timeout=10).raise_for_status()
    key = {"routing_key": "echo.*"}
    requests.post(f"{api}/api/bindings/{vhost}/e/nameko-rpc/q/rpc-echo", json=key, timeout=10).raise_for_status()


def measure() -> dict[str, Any]:
    """All sides in turn, forwards and backwards: medians and ratios."""
    facts, vhost = infra(), f"bench-{uuid.uuid4().hex[:8]}"
    declare(facts.rabbitmq_api_url, vhost)
    url = facts.amqp_admin_url.rstrip("/") + f"/{vhost}"
    servers = {name: server(url, module) for name, (module, _) in SIDES.items()}
    p50: dict[str, list[float]] = {name: [] for name in SIDES}
    rates: dict[str, list[float]] = {name: [] for name in SIDES}
    cpu: dict[str, list[float]] = {name: [] for name in SIDES}
    try:
        for number in range(ROUNDS):
            for name in list(SIDES) if number % 2 == 0 else list(SIDES)[::-1]:
                before = cpu_seconds(servers[name].pid)
                result = client(url, SIDES[name][1])
                used = cpu_seconds(servers[name].pid) - before + result["cpu_seconds"]
                cpu[name].append(used / result["calls"] * 1000)
                p50[name].append(median(result["seconds"]) * 1000)
                if "per_second" in result:
                    rates[name].append(result["per_second"])
    finally:
        for each in servers.values():
            each.terminate()
            each.wait()
        requests.delete(f"{facts.rabbitmq_api_url}/api/vhosts/{vhost}", timeout=10)
    return {
        "p50_ms": {name: [round(value, 3) for value in values] for name, values in p50.items()},
        "calls_per_second_20_in_flight": {name: [round(value) for value in values] for name, values in rates.items()},
        "cpu_ms_per_call_both_ends": {name: [round(value, 2) for value in values] for name, values in cpu.items()},
        "suite_p50_to_raw": round(median(p50["suite"]) / median(p50["raw"]), 2),
        "suite_rate_to_stock": round(median(rates["suite"]) / median(rates["stock"]), 2),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
