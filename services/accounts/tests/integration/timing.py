"""Whether two kinds of work take the same time, on a machine that others use too."""

from collections.abc import Callable
from time import perf_counter

from accounts import passwords

ROUNDS_MIN, ROUNDS_MAX = 5, 60


def take_the_same_time(one: Callable[[], object], other: Callable[[], object]) -> bool:
    """Whether their shortest times come closer than half of a password's check, which is what could tell them apart.

    Noise only ever lengthens a time, so rounds are added until the shortest ones agree, or enough of them do not.
    """
    times: list[tuple[float, float, float]] = []
    while len(times) < ROUNDS_MAX:
        times.append((seconds(one), seconds(other), seconds(lambda: passwords.check(passwords.NOBODYS, "wrong"))))
        shortest_one, shortest_other, shortest_check = (min(column) for column in zip(*times, strict=True))
        if len(times) >= ROUNDS_MIN and abs(shortest_one - shortest_other) < shortest_check / 2:
            return True
    return False


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    began_at = perf_counter()
    work()
    return perf_counter() - began_at
