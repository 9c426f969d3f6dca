"""Real processes of services, which a test may stop, freeze and kill."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from chassis.testing.waiting import wait_for


class ServiceProcess:
    """`python -m <module> serve` with the given environment, in a process group of its own, writing to a file.

    `KRUZHOK_ADMIN_ADDRESS` in the environment says where its health is asked for.
    """

    def __init__(
        self,
        module: str,
        environment: Mapping[str, str],
        output: Path,
        arguments: Sequence[str] = ("serve",),
        niceness: int = 0,
    ) -> None:
        self.module = module
        self.environment = dict(environment)
        self.output = output
        self.arguments = tuple(arguments)
        self.niceness = niceness
        self.start()

    def start(self) -> None:
        """Start it, again when it has ended."""
        python = [sys.executable, "-W", "ignore::DeprecationWarning"]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*("nice", "-n", str(self.niceness)), *python, "-m", self.module, *self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    @property
    def admin_url(self) -> str:
        """Where `/health/ready` and `/metrics` are."""
        return f"http://{self.environment['KRUZHOK_ADMIN_ADDRESS']}"

    def is_ready(self) -> bool:
        """Whether it says that it is ready; `AssertionError` with its last words when it has ended."""
        if not self.running:
            raise AssertionError(f"{self.module} ended with {self.process.returncode}:\n{self.last_words()}")
        try:
            return requests.get(f"{self.admin_url}/health/ready", timeout=3).ok
        except requests.RequestException:
            return False

    def ready(self, seconds: float = 60) -> "ServiceProcess":
        """Wait until it is ready."""
        wait_for(self.is_ready, seconds, f"readiness of {self.module} ({self.output})", every=0.1)
        return self

    def signal(self, number: int) -> None:
        """Send a signal to the process alone (`SIGSTOP` freezes it, `SIGCONT` wakes it)."""
        if self.running:
            os.kill(self.pid, number)

    def wait(self, seconds: float = 35) -> int:
        """Its exit status, once it ends."""
        return self.process.wait(timeout=seconds)

    def term(self, seconds: float = 35) -> int:
        """Ask it to stop and wait; its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def end(self) -> None:
        """Make sure that it is gone, politely first."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def log_lines(self) -> list[dict[str, Any]]:
        """Its JSON log lines so far, leaving out whatever is none."""
        lines = []
        for line in self.output.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("{"):
                try:
                    lines.append(json.loads(line))
                except ValueError:
                    continue
        return lines

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind."""
        return [line for line in self.log_lines() if line.get("event") == event]

    def last_words(self, lines: int = 25) -> str:
        """The end of its output."""
        return "\n".join(self.output.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
