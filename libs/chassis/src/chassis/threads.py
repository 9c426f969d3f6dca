"""Slow CPU work in real threads, so that everything else in the process goes on."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from eventlet import patcher, tpool
from eventlet.semaphore import Semaphore

from chassis.context import current
from chassis.errors import Unavailable

AT_ONCE = 2
WAIT_SECONDS = 4.0
P = ParamSpec("P")
Answer = TypeVar("Answer")
_slots = Semaphore(AT_ONCE)
tpool.set_num_threads(AT_ONCE)
"""Each further thread would only keep memory: what a password hash needs, for good."""


def run(function: Callable[P, Answer], *args: P.args, **kwargs: P.kwargs) -> Answer:
    """The function's answer, from one of two threads. `Unavailable("busy")` when neither is free in time.

    The function must touch nothing of this process's: no session, no context. Outside a service (tests, sample data)
    it is simply called.
    """
    if not patcher.is_monkey_patched("thread"):
        return function(*args, **kwargs)
    if not _slots.acquire(timeout=min(WAIT_SECONDS, current().remaining_seconds(WAIT_SECONDS))):
        raise Unavailable("busy", "Too much work of this kind at once; try again soon.")
    try:
        answer: Any = tpool.execute(function, *args, **kwargs)
        return answer  # type: ignore[no-any-return]
    finally:
        _slots.release()
