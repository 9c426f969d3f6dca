"""Where things are: the checkout, its environment, its homes."""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SHARED = Path("/var/lib/kruzhok")
DISTRIBUTIONS = (
    "libs/contracts",
    "libs/chassis",
    "services/accounts",
    "services/catalog",
    "services/enrollment",
    "services/certificates",
    "services/billing",
    "services/notifications",
    "services/gateway",
)


def home(name: str) -> Path:
    """The home `name`: under .local/, or under /var/lib where the servers' users cannot reach the checkout."""
    if os.geteuid() != 0 or _open_to_all(ROOT):
        return ROOT / ".local" / name
    return SHARED / hashlib.sha256(str(ROOT).encode()).hexdigest()[:8] / name


def _open_to_all(path: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def stamp(settings: Mapping[str, Mapping[str, str]]) -> str:
    """A digest that changes whenever a source file or a setting of the suite changes."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for distribution in DISTRIBUTIONS:
        for path in sorted((ROOT / distribution).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                status = path.stat()
                digest.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()
