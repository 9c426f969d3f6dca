"""Slow work in real threads, in a process that eventlet has patched, and in one that it has not."""

import subprocess
import sys

import pytest

from chassis import threads

PATCHED = """
import eventlet
eventlet.monkey_patch()
import time
from eventlet.patcher import original
from chassis import threads
from chassis.context import Context, using
from chassis.errors import Unavailable

really_sleep = original("time").sleep
turns = 0

def turn():
    global turns
    while True:
        turns += 1
        eventlet.sleep(0.01)

def slow(answer):
    really_sleep(0.4)
    return answer

def refuse():
    raise KeyError("shoe")

eventlet.spawn(turn)
began_at = time.monotonic()
jobs = [eventlet.spawn(threads.run, slow, number) for number in range(4)]
assert [job.wait() for job in jobs] == [0, 1, 2, 3]
assert 0.75 < time.monotonic() - began_at < 1.5, "two at once"
assert turns > 15, turns
try:
    threads.run(refuse)
except KeyError as error:
    assert error.args == ("shoe",)
threads.WAIT_SECONDS = 0.1
jobs = [eventlet.spawn(threads.run, slow, number) for number in range(2)]
eventlet.sleep(0)
with using(Context(ends_at=time.monotonic() + 10)):
    began_at = time.monotonic()
    try:
        threads.run(slow, 3)
    except Unavailable as refusal:
        assert refusal.code == "busy"
        assert time.monotonic() - began_at < 0.3, "before the caller gives up"
    else:
        raise SystemExit("it was not refused")
assert [job.wait() for job in jobs] == [0, 1]
assert threads.run(slow, 4) == 4
print("as promised")
"""


def test_outside_a_service_it_is_a_plain_call() -> None:
    assert threads.run(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        threads.run(divmod, 1, 0)


def test_in_a_service_two_run_at_once_the_loop_turns_and_the_rest_is_refused_in_time() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PATCHED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "as promised\n"), done.stderr
