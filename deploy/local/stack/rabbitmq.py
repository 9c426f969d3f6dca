"""A RabbitMQ node of one's own."""

import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from stack import epmd, files
from stack.daemons import Daemon
from stack.ports import HOST, InfraPorts, answers

PROGRAMS = Path("/usr/lib/rabbitmq/bin")
PLUGINS = ("rabbitmq_management", "rabbitmq_prometheus")
MEMORY_LIMIT = "1GB"
DISK_RESERVE = "200MB"
MESSAGE_LIMIT = 1048576


@dataclass(frozen=True)
class Node:
    """One node: its directory, ports and the system user it runs as."""

    directory: Path
    ports: InfraPorts
    user: str | None

    @property
    def definitions_file(self) -> Path:
        """What the node loads at every boot."""
        return self.directory / "definitions.json"

    def prepare(self, definitions: Mapping[str, Any]) -> None:
        """Write everything the node reads at boot."""
        for name in ("", "data", "log", "conf.d"):
            files.directory(self.directory / name, mode=0o700, owner=self.user)
        cookie = self.directory / ".erlang.cookie"
        if not cookie.exists():
            files.write(cookie, secrets.token_hex(20), mode=0o400, owner=self.user)
        self._write("enabled_plugins", f"[{','.join(PLUGINS)}].\n")
        self._write("rabbitmq.conf", self._configuration())
        self._write("rabbitmq-env.conf", "")
        self._write(self.definitions_file.name, json.dumps(definitions, indent=1))

    def environment(self) -> dict[str, str]:
        """The variables of the node, also wanted by rabbitmqctl."""
        home, schedulers = self.directory, min(os.cpu_count() or 1, 4)
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"kruzhok-{self.ports.amqp}@localhost",
            "RABBITMQ_NODE_PORT": str(self.ports.amqp),
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_DIST_PORT": str(self.ports.distribution),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "data"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(home / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"+S {schedulers}:{schedulers} +sbwt none +sbwtdcpu none +sbwtdio none"
                " -kernel inet_dist_use_interface {127,0,0,1}"
            ),
            # The start script then becomes the node instead of watching over it.
            "RUNNING_UNDER_SYSTEMD": "true",
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(self.ports.epmd),
        }

    def epmd(self) -> Daemon:
        """Erlang's port mapper, run by us so that it can be stopped."""
        launcher = [sys.executable, str(Path(epmd.__file__)), str(self.ports.epmd)]
        return replace(self._daemon("epmd", [*launcher, *([self.user] if self.user else [])]), user=None)

    def end_stray_epmd(self) -> None:
        """End a port mapper that the node itself has started because ours had died."""
        if answers(self.ports.epmd):
            command = ["epmd", "-port", str(self.ports.epmd), "-kill"]
            subprocess.run(command, check=False, capture_output=True)

    def server(self) -> Daemon:
        """The node itself."""
        return self._daemon("RabbitMQ", [str(PROGRAMS / "rabbitmq-server")])

    def ready(self, admin: str, password: str) -> bool:
        """Tell whether the node answers its administrator and takes AMQP connections."""
        url = f"http://{HOST}:{self.ports.management}/api/health/checks/port-listener/{self.ports.amqp}"
        token = base64.b64encode(f"{admin}:{password}".encode()).decode()
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {token}"})
        try:
            with direct().open(request, timeout=2) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError):
            return False

    def _daemon(self, name: str, argv: list[str]) -> Daemon:
        return Daemon(
            name=name,
            argv=argv,
            pid_file=self.directory.parent / f"{name.lower()}.pid",
            log=self.directory.parent / f"{name.lower()}.log",
            env=self.environment(),
            user=self.user,
        )

    def _write(self, name: str, text: str) -> None:
        files.write(self.directory / name, text, mode=0o600, owner=self.user)

    def _configuration(self) -> str:
        return "\n".join(
            (
                f"listeners.tcp.local = {HOST}:{self.ports.amqp}",
                f"management.tcp.ip = {HOST}",
                f"management.tcp.port = {self.ports.management}",
                f"prometheus.tcp.ip = {HOST}",
                f"prometheus.tcp.port = {self.ports.prometheus}",
                f"load_definitions = {self.definitions_file}",
                f"max_message_size = {MESSAGE_LIMIT}",
                f"vm_memory_high_watermark.absolute = {MEMORY_LIMIT}",
                f"disk_free_limit.absolute = {DISK_RESERVE}",
                "log.file.level = info",
                "log.console = false",
                "",
            )
        )


def password_hash(password: str) -> str:
    """RabbitMQ's salted SHA-256 of a password, as definitions hold it."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def user(name: str, password: str, tags: str = "") -> dict[str, str]:
    """One user of a definitions file."""
    return {
        "name": name,
        "password_hash": password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": tags,
    }


def direct() -> urllib.request.OpenerDirector:
    """An opener that ignores proxies: the node is on this machine."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
