"""A broker and a database of a test's own, which it may stop and wipe."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chassis.testing import infra, wait_for
from chassis.testing.infra import PASSWORD, VARIABLE
from market import topology

STACK = Path(__file__).parents[6] / "deploy" / "local"
FIRST_PORT = 28000
BROKER, DATABASE = ("rabbitmq",), ("postgres",)


class Servers:
    """What `deploy/local` starts, in a home of its own."""

    def __init__(self, stack_infra: Any, users: Any) -> None:
        self.stack = stack_infra
        self.users = users

    def stop(self, parts: tuple[str, ...]) -> None:
        self.stack.stop(parts)

    def start(self, parts: tuple[str, ...]) -> None:
        self.stack.start(parts=parts)

    def lose_broker_data(self, vhost: str) -> None:
        """Kill the broker, delete all that it has stored, and start it with the market's definitions."""
        end(self.stack, BROKER)
        self.stack.start(self._definitions(vhost), BROKER)

    def _definitions(self, vhost: str) -> dict[str, Any]:
        bare, own = self.stack.bare_definitions(), topology.definitions()
        moved = {
            kind: [*bare.get(kind, []), *({**each, "vhost": vhost} for each in own[kind])]
            for kind in ("permissions", "topic_permissions", "exchanges", "queues", "bindings")
        }
        administrator = {"user": bare["users"][0]["name"], "vhost": vhost} | dict.fromkeys(
            ("configure", "write", "read"), ".*"
        )
        users = [*bare["users"], *(self.users(each["name"], PASSWORD) for each in own["users"])]
        vhosts = [*bare["vhosts"], {"name": vhost}]
        return moved | {"users": users, "vhosts": vhosts, "permissions": [*moved["permissions"], administrator]}

    def rabbitmqctl(self, *arguments: str) -> None:
        """Run rabbitmqctl against the node."""
        facts: Mapping[str, Any] = json.loads(self.stack.facts_file.read_text(encoding="utf-8"))
        done = subprocess.run(
            [*facts["rabbitmqctl"], *arguments],
            env=facts["rabbitmqctl_env"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def end(stack_infra: Any, parts: tuple[str, ...] = (*BROKER, *DATABASE)) -> None:
    """Kill at once, wait until the ports are free, and delete the data."""
    from stack.ports import is_free

    for daemon in (daemon for part in parts for daemon in stack_infra.daemons(part)):
        if pid := daemon.pid():
            os.killpg(pid, signal.SIGKILL)
    ports = dict(vars(stack_infra.ports))
    database = {ports.pop("postgres")}
    freed = (database if DATABASE[0] in parts else set()) | (set(ports.values()) if BROKER[0] in parts else set())
    wait_for(lambda: all(is_free(port) for port in freed), 20, f"end of whoever listens on {sorted(freed)}")
    stack_infra.stop(parts)
    stack_infra.wipe(parts)


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Start them and make `chassis.testing` use them within the block. A second run waits for the first."""
    sys.path.insert(0, str(STACK))
    from stack import checkout, files, rabbitmq
    from stack.infra import Infra
    from stack.ports import InfraPorts, reserved_base

    home = files.directory(checkout.home("chassis-faults"))
    with files.lock(home / "in-use"):
        earlier = Infra(home, InfraPorts.from_base(FIRST_PORT)).noted_base()
        if earlier:
            end(Infra(home, InfraPorts.from_base(earlier)))
        with reserved_base(FIRST_PORT) as base:
            servers = Servers(Infra(home, InfraPorts.from_base(base)), rabbitmq.user)
            before = os.environ[VARIABLE]
            try:
                servers.stack.start()
                os.environ[VARIABLE] = str(servers.stack.facts_file)
                infra.cache_clear()
                yield servers
            finally:
                os.environ[VARIABLE] = before
                infra.cache_clear()
                end(servers.stack)
