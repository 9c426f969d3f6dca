"""Background processes that outlive the command which started them."""

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from stack import files
from stack.console import say
from stack.errors import StackError

OPEN_FILES = 65536


@dataclass(frozen=True)
class Daemon:
    """One background process, remembered in a file by its id and start time."""

    name: str
    argv: Sequence[str]
    pid_file: Path
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 30

    def pid(self) -> int | None:
        """The id of the running process, or None."""
        try:
            noted = json.loads(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        if _started(noted["pid"]) == noted["started"]:
            return int(noted["pid"])
        _reap(noted["pid"])
        return None

    def start(self) -> int:
        """Start the process in a session of its own and remember it."""
        with _interrupts_held():
            try:
                process = self._open()
            except OSError as error:
                raise StackError(f"{self.name} could not be started: {error}.") from error
            files.write(self.pid_file, json.dumps({"pid": process.pid, "started": _started(process.pid)}))
        return process.pid

    def _open(self) -> "subprocess.Popen[bytes]":
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        soft = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        with self.log.open("ab") as output:
            return subprocess.Popen(
                self.argv,
                env=dict(self.env),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
            )

    def stop(self) -> bool:
        """Ask the process to stop, insist after `stop_seconds`; False when it was not running."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, self.stop_signal)
            if not self._gone_within(self.stop_seconds):
                say(f"  {self.name} did not stop within {self.stop_seconds:.0f} s and is killed")
                _kill_session(pid)
                self._gone_within(5)
        self.pid_file.unlink(missing_ok=True)
        return pid is not None

    def last_words(self, lines: int = 3) -> str:
        """The end of the log, for a message."""
        try:
            return " | ".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait, so that no process is started and forgotten."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def _started(pid: int) -> str | None:
    """When the process was started (kernel ticks), or None when it is gone or a zombie.

    A zombie whose other threads live is not gone: they keep its ports and files until the last one has ended.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    threads, started = int(rest[16]), rest[18]
    return None if state == "Z" and threads <= 1 else started


def _reap(pid: int) -> None:
    """Let go of an ended child: as long as it is a zombie, a server that finds its lock takes it for running."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _kill_session(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
