"""The services and the mail sink under supervisor."""

import hashlib
import os
import signal
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from stack import checkout, files
from stack.console import say
from stack.daemons import Daemon
from stack.ports import HOST
from stack.services import SERVICES

# Longer than the 25 s in which a service finishes the work at hand.
STOP_SECONDS = 30
SOCKET_PATH_LIMIT = 90
DOOR = "gateway"


@dataclass(frozen=True)
class Supervision:
    """The supervisor of one home."""

    home: Path

    @property
    def logs(self) -> Path:
        """Where each process's output goes."""
        return self.home / "logs"

    @property
    def mail(self) -> Path:
        """The Maildir of the local mail sink."""
        return self.home / "mail"

    @property
    def url(self) -> str:
        """The supervisor's address, also the mark by which its processes are known."""
        return f"unix://{self._socket()}"

    def daemon(self) -> Daemon:
        """The supervisor's own process."""
        return Daemon(
            name="supervisor",
            argv=[str(checkout.VENV / "bin" / "supervisord"), "-n", "-c", str(self._configuration_file())],
            pid_file=self.home / "supervisor.pid",
            log=self.logs / "supervisor.log",
            env={"PATH": f"{checkout.VENV / 'bin'}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
            stop_seconds=STOP_SECONDS + 10,
        )

    def start(self, services: Mapping[str, Mapping[str, str]], smtp_port: int) -> None:
        """Start supervisor with the mail sink and one process per service."""
        files.directory(self.logs)
        files.directory(self._socket().parent, mode=0o700)
        programs = [_mail_sink(self.mail, smtp_port, self.logs)]
        programs += [_service(name, variables, self.logs) for name, variables in services.items()]
        head, groups = _supervisor(self._socket()), _groups(services)
        files.write(self._configuration_file(), "\n".join([head, groups, *programs]), mode=0o600)
        self.daemon().start()

    def stop(self) -> bool:
        """Stop everything, also what a killed supervisor has left behind."""
        stopped = self.daemon().stop()
        self._sweep()
        return stopped

    def processes(self) -> list[dict[str, Any]]:
        """What supervisor says of each process; empty when it does not run."""
        if self.daemon().pid() is None:
            return []
        proxy = ServerProxy(f"http://{HOST}", transport=SupervisorTransport(serverurl=self.url))
        try:
            found: Any = proxy.supervisor.getAllProcessInfo()
        except (OSError, Fault):
            return []
        return list(found)

    def _sweep(self) -> None:
        orphans = self._orphans()
        for pid in orphans:
            _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while (left := self._orphans()) and time.monotonic() < deadline:
            time.sleep(0.2)
        for pid in left:
            _signal(pid, signal.SIGKILL)
        if orphans:
            say(f"{len(orphans)} processes without a supervisor stopped.")

    def _orphans(self) -> list[int]:
        """Processes of this home, known by the address that supervisor gave them."""
        mark = f"SUPERVISOR_SERVER_URL={self.url}".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)]

    def _configuration_file(self) -> Path:
        return self.home / "supervisord.conf"

    def _socket(self) -> Path:
        path = self.home / "run" / "supervisor.sock"
        if len(str(path)) <= SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"kruzhok-{os.getuid()}-{digest}" / "supervisor.sock"


def _supervisor(socket: Path) -> str:
    return f"""[supervisord]
nodaemon = true
silent = true
logfile = /dev/null
logfile_maxbytes = 0
pidfile = {socket}.pid
identifier = kruzhok
user = {os.getuid()}

[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


def _groups(services: Iterable[str]) -> str:
    """A group stops at once, the groups one after the other: the door first, then the house."""
    rest = ",".join(name for name in services if name != DOOR)
    return f"[group:house]\nprograms = {rest}\npriority = 1\n\n[group:door]\nprograms = {DOOR}\npriority = 2\n"


def _service(name: str, variables: Mapping[str, str], logs: Path) -> str:
    niceness = next(service.niceness for service in SERVICES if service.name == name)
    return _program(name, f"nice -n {niceness} {checkout.PYTHON} -m {name} serve", variables, logs)


def _mail_sink(mail: Path, port: int, logs: Path) -> str:
    command = f"{checkout.PYTHON} -m aiosmtpd -n -l {HOST}:{port} -c aiosmtpd.handlers.Mailbox {mail}"
    return _program("mail", command, {}, logs)


def _program(name: str, command: str, variables: Mapping[str, str], logs: Path) -> str:
    settings = {"PYTHONUNBUFFERED": "1", **variables}
    environment = ",".join(f'{key}="{value}"' for key, value in settings.items()).replace("%", "%%")
    return f"""[program:{name}]
command = {command}
environment = {environment}
directory = {checkout.ROOT}
autorestart = true
startsecs = 1
startretries = 10
stopwaitsecs = {STOP_SECONDS}
stopasgroup = false
killasgroup = true
redirect_stderr = true
stdout_logfile = {logs / name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 2
"""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
