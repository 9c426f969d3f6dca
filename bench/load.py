"""Asking at a steady rate whatever the answers take, and what came of it."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from time import perf_counter, sleep
from typing import TypeVar

Done = TypeVar("Done")
THREADS = 96
FIRST_LOOK_SECONDS, LOOK_SECONDS, PATIENCE_SECONDS = 0.2, 0.2, 60.0
LATER_LOOKS_SHARE = 0.1
"""Whoever has waited long looks less often, or the looking would be the load."""


def say(what: str) -> None:
    """Progress, beside the results."""
    print(f"   {what}", file=sys.stderr, flush=True)


def open_loop(per_second: float, jobs: Sequence[Callable[[], Done]]) -> tuple[list[Done], float]:
    """Begin one job after another on time; their results, and by how much the latest began too late."""
    late: list[float] = []

    def begin(job: Callable[[], Done], due_at: float) -> Done:
        late.append(perf_counter() - due_at)
        return job()

    with ThreadPoolExecutor(THREADS) as pool:
        began_at, results = perf_counter(), []
        for number, job in enumerate(jobs):
            due_at = began_at + number / per_second
            sleep(max(0.0, due_at - perf_counter()))
            results.append(pool.submit(begin, job, due_at))
        return [each.result() for each in results], max(late)


def seen_after(look: Callable[[], bool], since: float) -> float:
    """Seconds from `since` until a look has shown it: one look and one pause (200 ms, later a tenth) longer at most."""
    sleep(FIRST_LOOK_SECONDS)
    while not look():
        if perf_counter() - since > PATIENCE_SECONDS:
            raise SystemExit(f"not seen within {PATIENCE_SECONDS:g} s")
        sleep(max(LOOK_SECONDS, LATER_LOOKS_SHARE * (perf_counter() - since)))
    return perf_counter() - since


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """In milliseconds, by nearest rank."""
    ordered = sorted(seconds)
    ranks = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {name: round(ordered[ceil(share * len(ordered)) - 1] * 1000, 1) for name, share in ranks.items()}
