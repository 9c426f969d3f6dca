"""What a command or query goes through before and after its own transaction."""

from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from chassis.context import Context
from chassis.methods import COLLISIONS_MAX, _with_facts
from chassis.rpc import context_from


class LockNotAvailable(Exception):
    pgcode = "55P03"


@pytest.mark.parametrize(("seconds_left", "attempts"), [(60, COLLISIONS_MAX + 1), (-1, 1)])
def test_collisions_are_tried_again_only_while_the_caller_waits(seconds_left: float, attempts: int) -> None:
    made = []

    def attempt() -> None:
        made.append(1)
        raise OperationalError("UPDATE", None, LockNotAvailable())

    with pytest.raises(OperationalError):
        _with_facts(None, Context(ends_at=monotonic() + seconds_left), attempt)
    assert len(made) == attempts


@pytest.mark.parametrize("odd", [float("inf"), float("nan"), "soon", None, [], -5, 10**30])
def test_an_odd_deadline_of_a_call_is_a_deadline_all_the_same(odd: object) -> None:
    message: Any = SimpleNamespace(headers={"nameko.remaining_ms": odd}, properties={})
    ends_at = context_from(message).ends_at
    assert ends_at is not None
    assert monotonic() - 1 < ends_at < monotonic() + 61
