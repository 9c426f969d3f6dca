"""Answering together what has arrived together: one worker, many requests."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from kombu import Message

from chassis.context import Context
from chassis.rpc import RemoteMethod, context_from

BATCH_MAX = 50
CROWD, CROWDED_SECONDS = 8, 1.0


@dataclass(frozen=True)
class Waiting:
    """A request that came in, and when."""

    message: Message
    context: Context
    body: dict[str, Any]
    since: float


class BatchMethod(RemoteMethod):
    """The entrypoint of a method that takes all requests which have arrived, never waiting for more.

    One worker of the process is at it at a time; what comes meanwhile is the next batch.
    """

    may_wait = 2 * BATCH_MAX

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.waiting: deque[Waiting] = deque()
        self.busy, self.crowded_until = False, 0.0

    def begin(self, message: Message, body: dict[str, Any]) -> None:
        """Let the request wait for the worker, and see that there is one."""
        self.waiting.append(Waiting(message, context_from(message), body, monotonic()))
        if not self.busy:
            self.busy = True
            self._next()

    def _next(self) -> None:
        batch: list[Waiting] = []
        self.container.spawn_worker(
            self, (self._take(batch),), {}, context_data={}, handle_result=partial(self._end_all, batch)
        )

    def _take(self, batch: list[Waiting]) -> Iterator[tuple[Context, dict[str, Any]]]:
        """What has arrived once the worker asks for it."""
        while self.waiting and len(batch) < BATCH_MAX:
            batch.append(self.waiting.popleft())
            yield batch[-1].context, batch[-1].body

    def _end_all(self, batch: list[Waiting], worker: Any, outcomes: Any, exc_info: Any) -> tuple[Any, Any]:
        self._answer(batch, worker, outcomes, exc_info)
        if len(batch) >= CROWD:
            self.crowded_until = monotonic() + CROWDED_SECONDS
        self.busy = bool(self.waiting)
        if self.busy:
            self.container.spawn_managed_thread(self._next)
        return None, None

    def _answer(self, batch: list[Waiting], worker: Any, outcomes: Any, exc_info: Any) -> tuple[Any, Any]:
        with self.rpc_consumer.queue_consumer.together():
            self._answer_each(batch, worker, outcomes, exc_info)
        return None, None

    def _answer_each(self, batch: list[Waiting], worker: Any, outcomes: Any, exc_info: Any) -> None:
        for number, each in enumerate(batch):
            outcome = exc_info[1] if exc_info else outcomes[number]
            if isinstance(outcome, Alone):
                self.container.spawn_managed_thread(partial(self._decide_alone, each))
                continue
            failed = (type(outcome), outcome, None) if isinstance(outcome, BaseException) else None
            self.end(each.message, each.context, each.since, worker, None if failed else outcome, failed)

    def _decide_alone(self, waiting: Waiting) -> None:
        calls = [(waiting.context, waiting.body)]
        self.container.spawn_worker(self, (calls,), {}, context_data={}, handle_result=partial(self._answer, [waiting]))


def is_crowded(container: Any) -> bool:
    """Whether many have just been answered together, so that many more may be waiting."""
    batches = (each for each in container.entrypoints if isinstance(each, BatchMethod))
    return any(monotonic() < each.crowded_until for each in batches)


class Alone(Exception):
    """A request, or an event, that would hold those up that came with it: it gets a worker of its own."""
