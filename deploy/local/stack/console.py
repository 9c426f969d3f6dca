"""What a person sees while the stack works."""

import sys
import time
from collections.abc import Callable

from stack.errors import StackError

POLL_SECONDS = 0.2
REMIND_SECONDS = 5.0


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def wait_for(what: str, ready: Callable[[], bool], seconds: float, hint: str = "") -> None:
    """Poll `ready` until it is true, naming what is awaited every few seconds."""
    started = time.monotonic()
    reminded = started
    while not ready():
        now = time.monotonic()
        if now - started > seconds:
            raise StackError(f"{what} did not become ready within {seconds:.0f} seconds{'; ' + hint if hint else ''}.")
        if now - reminded > REMIND_SECONDS:
            say(f"  waiting for {what} ({now - started:.0f} s)")
            reminded = now
        time.sleep(POLL_SECONDS)


def complain(error: StackError) -> int:
    """Print the sentence on standard error and give the exit status."""
    print(f"kruzhok: {error}", file=sys.stderr, flush=True)
    return 1
