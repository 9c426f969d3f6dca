"""Repeated work: every process runs it, so it must claim what it works on (`FOR UPDATE SKIP LOCKED`)."""

from random import uniform
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from nameko.extensions import Entrypoint

log = structlog.get_logger(__name__)


class Every(Entrypoint):  # type: ignore[misc]
    """Runs a method again and again: at once when it returned True, else after `seconds`."""

    def __init__(self, seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self.seconds = seconds
        self.stopping = Event()

    def start(self) -> None:
        """Begin."""
        self.thread = self.container.spawn_managed_thread(self.run, identifier=f"every {self.method_name}")

    def stop(self) -> None:
        """Let the round that runs come to its end."""
        if not self.stopping.ready():
            self.stopping.send()
        self.thread.wait()

    def run(self) -> None:
        """Until stopped."""
        while not self.stopping.ready():
            again = self._round()
            if not again:
                with eventlet.Timeout(self.seconds * uniform(0.9, 1.1), False):
                    self.stopping.wait()

    def _round(self) -> bool:
        done = Event()

        def ended(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            done.send((result, exc_info[1] if exc_info else None))
            return result, None

        self.container.spawn_worker(self, (), {}, context_data={}, handle_result=ended)
        result, error = done.wait()
        if error is not None:
            log.warning("round_failed", method=self.method_name, error=type(error).__name__, reason=str(error)[:300])
        return bool(result)
