"""RabbitMQ and PostgreSQL of one home: started, stopped, described in infra.json."""

import json
import os
import pwd
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack import files, rabbitmq
from stack.console import say, wait_for
from stack.daemons import Daemon
from stack.errors import StackError
from stack.ports import HOST, InfraPorts, answers, require_free
from stack.postgres import Cluster
from stack.rabbitmq import Node

ADMIN = "admin"
PARTS = ("rabbitmq", "postgres")
START_SECONDS = 90
STARTS_AGAIN, AGAIN_SECONDS = 5, 1.0


@dataclass(frozen=True)
class Infra:
    """The node and the cluster of one home."""

    home: Path
    ports: InfraPorts

    @property
    def node(self) -> Node:
        """The home's RabbitMQ node."""
        return Node(self.home / "rabbitmq", self.ports, system_user("rabbitmq"))

    @property
    def cluster(self) -> Cluster:
        """The home's PostgreSQL cluster."""
        return Cluster(self.home / "postgres", self.ports.postgres, system_user("postgres"))

    @property
    def facts_file(self) -> Path:
        """Where the facts for whoever connects are written."""
        return self.home / "infra.json"

    @property
    def filled_file(self) -> Path:
        """Where it is noted which code has migrated the databases and loaded the samples; goes with the data."""
        return self.home / "filled"

    def secret(self, name: str) -> str:
        """The password `name`, made once per home."""
        path = self.home / "secrets" / name
        if not path.exists():
            files.directory(path.parent, mode=0o700)
            files.write(path, secrets.token_urlsafe(24), mode=0o600)
        return path.read_text()

    def daemons(self, part: str) -> list[Daemon]:
        """The processes of one part, in starting order."""
        return [self.node.epmd(), self.node.server()] if part == "rabbitmq" else [self.cluster.server()]

    def start(self, definitions: Mapping[str, Any] | None = None, parts: tuple[str, ...] = PARTS) -> None:
        """Start what is not running and wait until it answers."""
        files.directory(self.home)
        self._require_same_ports()
        if "postgres" in parts:
            self._start_postgres()
        if "rabbitmq" in parts:
            self._start_rabbitmq(definitions or self.bare_definitions())
        if "postgres" in parts:
            self._await(self.cluster.server(), self.cluster.ready, again=STARTS_AGAIN)
        if "rabbitmq" in parts:
            password = self.secret("rabbitmq-admin")
            self._await(self.node.server(), lambda: self.node.ready(ADMIN, password))
        self.write_facts()

    def stop(self, parts: tuple[str, ...] = PARTS) -> None:
        """Stop what is running, the port mapper last."""
        for part in parts:
            stopped = [daemon.name for daemon in reversed(self.daemons(part)) if daemon.stop()]
            if "RabbitMQ" in stopped:
                self.node.end_stray_epmd()
            for name in stopped:
                say(f"{name} stopped.")

    def running(self) -> bool:
        """Tell whether every process of both runs."""
        return all(daemon.pid() for part in PARTS for daemon in self.daemons(part))

    def wipe(self, parts: tuple[str, ...] = PARTS) -> None:
        """Delete the data, and the socket lock that a killed cluster leaves behind; the passwords stay."""
        for part in parts:
            if any(daemon.pid() for daemon in self.daemons(part)):
                raise StackError(f"The data of {part} can be deleted only while it is stopped.")
            if part == "postgres":
                self.filled_file.unlink(missing_ok=True)
            for name in ("data", "run"):
                shutil.rmtree(self.home / part / name, ignore_errors=True)

    def bare_definitions(self) -> dict[str, Any]:
        """A broker with nothing but its administrator."""
        everything = {"user": ADMIN, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
        return {
            "users": [rabbitmq.user(ADMIN, self.secret("rabbitmq-admin"), "administrator")],
            "vhosts": [{"name": "/"}],
            "permissions": [everything],
        }

    def noted_base(self) -> int | None:
        """The port base of the last start, or None."""
        try:
            return int(json.loads(self.facts_file.read_text())["port_base"])
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def write_facts(self) -> None:
        """Write how to reach the two, for tests and tools."""
        broker, database = (self.secret(name) for name in ("rabbitmq-admin", "postgres-admin"))
        facts = {
            "home": str(self.home),
            "amqp_admin_url": f"amqp://{ADMIN}:{broker}@{HOST}:{self.ports.amqp}/",
            "rabbitmq_api_url": f"http://{ADMIN}:{broker}@{HOST}:{self.ports.management}",
            "rabbitmq_pid": self.node.server().pid(),
            "rabbitmqctl": [str(rabbitmq.PROGRAMS / "rabbitmqctl")],
            "rabbitmqctl_env": self.node.environment(),
            "database_admin_url": f"postgresql://postgres:{database}@{HOST}:{self.ports.postgres}/postgres",
            "postgres_pid": self.cluster.server().pid(),
            "port_base": self.ports.amqp,
        }
        files.write(self.facts_file, json.dumps(facts, indent=2) + "\n", mode=0o600)

    def _require_same_ports(self) -> None:
        """Refuse to look on new ports for what still runs on others."""
        noted = self.noted_base()
        if noted in (None, self.ports.amqp):
            return
        if any(daemon.pid() for part in PARTS for daemon in self.daemons(part)):
            raise StackError(f"RabbitMQ or PostgreSQL still runs on ports from {noted} on: run “make down” first.")

    def _start_rabbitmq(self, definitions: Mapping[str, Any]) -> None:
        node = self.node
        if node.server().pid() is not None:
            return
        self._require_broker_ports()
        _require_user(node.user)
        node.prepare(definitions)
        say("Starting RabbitMQ.")
        if node.epmd().pid() is None:
            node.epmd().start()
            wait_for("epmd", lambda: answers(self.ports.epmd), START_SECONDS)
        node.server().start()

    def _start_postgres(self) -> None:
        cluster = self.cluster
        if cluster.server().pid() is not None:
            return
        require_free(self.ports.postgres, "PostgreSQL", "KRUZHOK_PORT_BASE")
        _require_user(cluster.user)
        cluster.prepare(self.secret("postgres-admin"))
        say("Starting PostgreSQL.")
        cluster.server().start()

    def _require_broker_ports(self) -> None:
        names = ["amqp", "management", "distribution", "prometheus"]
        if self.node.epmd().pid() is None:
            names.append("epmd")
        for name in names:
            require_free(getattr(self.ports, name), f"RabbitMQ ({name})", "KRUZHOK_PORT_BASE")

    @staticmethod
    def _await(server: Daemon, ready: Callable[[], bool], again: int = 0) -> None:
        """Wait until the server answers. One that ends is started `again`: what a killed one left may still run."""
        left = iter(range(again))

        def answered() -> bool:
            if server.pid() is not None:
                return ready()
            if next(left, None) is None:
                raise StackError(f"{server.name} ended while starting: {server.last_words()} (see {server.log}).")
            time.sleep(AGAIN_SECONDS)
            server.start()
            return False

        wait_for(server.name, answered, START_SECONDS, f"see {server.log}")


def system_user(name: str) -> str | None:
    """The unprivileged user to run a server as; None when we are unprivileged ourselves."""
    return name if os.geteuid() == 0 else None


def _require_user(name: str | None) -> None:
    if name is None:
        return
    try:
        pwd.getpwnam(name)
    except KeyError:
        raise StackError(f"The system user {name} does not exist; is its package installed?") from None
