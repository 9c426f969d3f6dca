"""A clock for a suite of its own: it ticks, and a test moves it forward."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread

TICK_SECONDS = 0.1


@dataclass
class Clock:
    """The instant in a file that every process of the suite reads."""

    path: Path
    ahead: timedelta = timedelta()
    stopped: Event = field(default_factory=Event)
    writing: Lock = field(default_factory=Lock)

    def now(self) -> datetime:
        """What the suite takes for now."""
        return datetime.now(UTC) + self.ahead

    def move_to(self, instant: datetime) -> None:
        """Let it be that instant."""
        self.ahead = instant - datetime.now(UTC)
        self.write()

    def write(self) -> None:
        """Put the instant into the file; a reader finds the old or the new one, whole, and never an older one again."""
        draft = self.path.with_name(f"{self.path.name}.draft")
        with self.writing:
            draft.write_text(self.now().isoformat(), encoding="utf-8")
            os.replace(draft, self.path)

    def tick(self) -> None:
        """Go on until it is stopped."""
        while not self.stopped.wait(TICK_SECONDS):
            self.write()


@contextmanager
def ticking(path: Path) -> Iterator[Clock]:
    """A clock in the file, which goes on by itself."""
    clock = Clock(path)
    clock.write()
    thread = Thread(target=clock.tick, daemon=True)
    thread.start()
    try:
        yield clock
    finally:
        clock.stopped.set()
        thread.join()
