"""Background processes are remembered, stopped, and never mistaken for others."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from stack.console import wait_for
from stack.daemons import Daemon, _started
from stack.ports import free_base, is_free

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


def daemon(directory: Path, argv: list[str], stop_seconds: float = 10) -> Daemon:
    return Daemon(
        name="sleeper",
        argv=argv,
        pid_file=directory / "sleeper.pid",
        log=directory / "sleeper.log",
        stop_seconds=stop_seconds,
    )


def test_start_and_stop(tmp_path: Path) -> None:
    sleeper = daemon(tmp_path, SLEEP)
    pid = sleeper.start()
    assert sleeper.pid() == pid
    assert sleeper.stop()
    assert sleeper.pid() is None
    assert not sleeper.stop()


def test_a_deaf_process_is_killed(tmp_path: Path) -> None:
    sleeper = daemon(tmp_path, STUBBORN, stop_seconds=0.3)
    sleeper.start()
    while "deaf" not in sleeper.last_words():
        pass
    assert sleeper.stop()
    assert sleeper.pid() is None


@pytest.mark.filterwarnings("ignore:subprocess")
def test_a_killed_process_is_let_go_of_so_that_no_server_takes_it_for_running(tmp_path: Path) -> None:
    sleeper = daemon(tmp_path, SLEEP)
    process = sleeper._open()
    sleeper.pid_file.write_text(json.dumps({"pid": process.pid, "started": _started(process.pid)}))
    process.kill()
    while sleeper.pid() is not None:
        pass
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_reused_process_id_is_not_ours(tmp_path: Path) -> None:
    sleeper = daemon(tmp_path, SLEEP)
    sleeper.pid_file.write_text(json.dumps({"pid": os.getpid(), "started": "1"}))
    assert sleeper.pid() is None


LEADERLESS = """
import ctypes, socket, sys, threading, time
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""
"""A killed server looks like this for some milliseconds: its first thread is gone, the others hold its ports."""


def test_a_process_is_there_until_its_last_thread_is_gone(tmp_path: Path) -> None:
    port = free_base(28900)
    program = daemon(tmp_path, [sys.executable, "-c", LEADERLESS, str(port)])
    pid = program.start()
    wait_for("the first thread's end", lambda: _state(pid) == "Z", 5)
    assert not is_free(port)
    assert program.pid() == pid
    os.kill(pid, signal.SIGKILL)
    wait_for("the end", lambda: program.pid() is None, 5)
    assert is_free(port)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
