"""The floor: what PostgreSQL alone does a second, asked by pgbench on the same server."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

CLIENTS, THREADS, SECONDS = 8, 2, 5
INSTALLED = Path("/usr/lib/postgresql")


def transactions_per_second(database_url: str, script: str, clients: int = CLIENTS) -> float:
    """How often `script`, one transaction, is done in a second by some clients at once."""
    address = urlsplit(database_url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            _pgbench(), "-n", "-M", "prepared", "-c", str(clients), "-j", str(THREADS), "-T", str(SECONDS),
            "-h", address.hostname or "", "-p", str(address.port), "-U", address.username or "", "-f", file.name,
            address.path[1:],
        ]  # fmt: skip
        environment = {**os.environ, "PGPASSWORD": address.password or ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not found:
        raise SystemExit(f"pgbench: {done.stderr or done.stdout}")
    return float(found[1])


def _pgbench() -> str:
    """Debian keeps it beside the server and not always on the path."""
    found = shutil.which("pgbench") or next(map(str, sorted(INSTALLED.glob("*/bin/pgbench"), reverse=True)), None)
    if found is None:
        raise SystemExit("pgbench is needed; it comes with PostgreSQL.")
    return found
