"""A RabbitMQ node and a PostgreSQL cluster of these tests' own, to stop, wipe and starve at will."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chassis.testing.infra import PASSWORD, VARIABLE, infra
from contracts import topology
from contracts.registry import SERVICES

sys.path.insert(0, str(Path(__file__).parents[2] / "deploy" / "local"))

from stack import checkout, files, rabbitmq
from stack.infra import ADMIN, Infra
from stack.ports import InfraPorts, reserved_base

ROOT = checkout.ROOT
FIRST_PORT = 27200
BROKER, DATABASE = ("rabbitmq",), ("postgres",)


class Servers:
    """The two servers of one home."""

    def __init__(self, infra: Infra) -> None:
        self.infra = infra

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Within the block, `chassis.testing` finds these servers."""
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = str(self.infra.facts_file)
        infra.cache_clear()
        try:
            yield
        finally:
            os.environ.pop(VARIABLE)
            if before is not None:
                os.environ[VARIABLE] = before
            infra.cache_clear()

    def lose_the_broker(self, vhost: str) -> None:
        """kill -9 the node and delete all its data; it comes back with its definitions, as in operation."""
        os.kill(self._pid(self.infra.node.server()), signal.SIGKILL)
        self.infra.stop(BROKER)
        self.infra.wipe(BROKER)
        self.infra.start(self._definitions(vhost), BROKER)

    def stop_the_broker(self, vhost: str, seconds: float) -> None:
        """The node is shut down and comes back with its data after `seconds`."""
        self.infra.stop(BROKER)
        time.sleep(seconds)
        self.infra.start(self._definitions(vhost), BROKER)

    def stop_the_database(self, seconds: float) -> None:
        """The cluster is shut down and comes back after `seconds`."""
        self.infra.stop(DATABASE)
        time.sleep(seconds)
        self.infra.start(parts=DATABASE)

    def kill_the_database(self) -> None:
        """kill -9 of the whole cluster, as in a power cut; it recovers from its log."""
        os.killpg(self._pid(self.infra.cluster.server()), signal.SIGKILL)
        self.infra.stop(DATABASE)
        self.infra.start(parts=DATABASE)

    def starve_the_broker(self, seconds: float) -> None:
        """A memory alarm: the node takes nothing from publishers for `seconds`."""
        self._ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            time.sleep(seconds)
        finally:
            self._ctl("set_vm_memory_high_watermark", "absolute", rabbitmq.MEMORY_LIMIT)

    def _ctl(self, *arguments: str) -> None:
        command = [str(rabbitmq.PROGRAMS / "rabbitmqctl"), *arguments]
        subprocess.run(command, env=self.infra.node.environment(), check=True, capture_output=True, timeout=60)

    def _definitions(self, vhost: str) -> dict[str, Any]:
        whole, bare = topology.definitions(vhost), self.infra.bare_definitions()
        users = [rabbitmq.user(each["name"], PASSWORD, each["tags"]) for each in whole["users"]]
        everything = {"user": ADMIN, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}
        permissions = [*whole["permissions"], *bare["permissions"], everything]
        vhosts = [*whole["vhosts"], *bare["vhosts"]]
        return {**whole, "users": [*users, *bare["users"]], "permissions": permissions, "vhosts": vhosts}

    @staticmethod
    def _pid(daemon: Any) -> int:
        pid = daemon.pid()
        assert pid is not None, f"{daemon.name} does not run"
        return int(pid)


def _end(infra: Infra) -> None:
    """Nothing of the data is wanted any more."""
    for daemon in (*infra.daemons(*BROKER), *infra.daemons(*DATABASE)):
        if pid := daemon.pid():
            os.killpg(pid, signal.SIGKILL)
    infra.stop()
    infra.wipe()


@contextmanager
def own_servers() -> Iterator[Servers]:
    """Empty servers, stopped afterwards; a second run waits for the first."""
    home = files.directory(checkout.home("faults"))
    with files.lock(home / "in-use"):
        left = Infra(home, InfraPorts.from_base(FIRST_PORT)).noted_base()
        _end(Infra(home, InfraPorts.from_base(left or FIRST_PORT)))
        yield from _started(home)


def _started(home: Path) -> Iterator[Servers]:
    with reserved_base(FIRST_PORT) as base:
        fresh = Infra(home, InfraPorts.from_base(base))
        for service in SERVICES:
            files.write(home / "secrets" / service, PASSWORD, mode=0o600)
        try:
            fresh.start()
            yield Servers(fresh)
        finally:
            _end(fresh)
