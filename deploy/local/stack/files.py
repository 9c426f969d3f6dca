"""Files that are never half written, and the lock that keeps two runs apart."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.console import say


def write(path: Path, text: str, *, mode: int = 0o644, owner: str | None = None) -> None:
    """Replace `path` by `text` in one step, readable as `mode` says from the first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if owner is not None:
        shutil.chown(draft, owner, owner)
    draft.replace(path)


def directory(path: Path, *, mode: int = 0o755, owner: str | None = None) -> Path:
    """Make sure that `path` is a directory with that mode and owner."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if owner is not None:
        shutil.chown(path, owner, owner)
    return path


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; a second run waits for the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run is at work here; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
