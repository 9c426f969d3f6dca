"""What processes use, as the kernel counts it: CPU seconds and memory."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from chassis.testing import Suite, infra, wait_for
from chassis.testing.infra import VARIABLE

TICKS = os.sysconf("SC_CLK_TCK")
PARTIES = ("suite", "asking", "others")
QUIET_SHARE = 0.15
QUIET_WAIT_SECONDS = 60
Seconds = dict[str, float]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far; 0 when it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def memory_mb(pid: int) -> dict[str, float]:
    """Resident and proportional set size."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines[1:])}
    return {"rss": round(sizes["Rss"], 1), "pss": round(sizes["Pss"], 1)}


def machine_cpu_seconds() -> float:
    """Of everybody on this machine so far, all cores together, with what other machines on the same metal took."""
    user, nice, system, _idle, _iowait, *interrupts_and_stolen = Path("/proc/stat").read_text("ascii").split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts_and_stolen))) / TICKS


class Meter:
    """The suite's processes, the database backends that work for them, and the broker."""

    def __init__(self, suite: Suite) -> None:
        self.services = {name: running[0].pid for name, running in suite.processes.items()}
        self.databases = [urlsplit(url).path[1:] for url in suite.database_url.values()]
        self.broker_pid = int(json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))["rabbitmq_pid"])

    def read(self) -> Seconds:
        """CPU seconds so far: of each service, of the broker, and of each database backend."""
        backends = {f"postgres {pid}": cpu_seconds(pid) for pid in self._backends()}
        return self.of_services() | {"rabbitmq": cpu_seconds(self.broker_pid)} | backends

    def of_services(self) -> Seconds:
        """CPU seconds of each service so far."""
        return {name: cpu_seconds(pid) for name, pid in self.services.items()}

    def used_since(self, before: Mapping[str, float]) -> Seconds:
        """CPU seconds since an earlier reading, the database's backends as one."""
        used = {name: now - before.get(name, 0.0) for name, now in self.read().items()}
        postgres = sum(seconds for name, seconds in used.items() if name.startswith("postgres "))
        return {name: each for name, each in used.items() if not name.startswith("postgres ")} | {"postgres": postgres}

    def memory(self) -> dict[str, dict[str, float]]:
        """Megabytes of each service and of all together."""
        found = {name: memory_mb(pid) for name, pid in self.services.items()}
        total = {kind: round(sum(each[kind] for each in found.values()), 1) for kind in ("rss", "pss")}
        return found | {"total": total}

    def wait_until_quiet(self) -> None:
        """Until the services together leave a core nearly idle for a second."""

        def is_quiet() -> bool:
            before = sum(self.of_services().values())
            sleep(1)
            return sum(self.of_services().values()) - before < QUIET_SHARE

        wait_for(is_quiet, QUIET_WAIT_SECONDS, "a quiet suite")

    def _backends(self) -> list[int]:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = ANY(%s)"
        return [int(pid) for (pid,) in _asked_of_the_database(query, self.databases)]


class Stretch:
    """A stretch of time, and who kept the machine busy in it."""

    def __init__(self, meter: Meter) -> None:
        self.meter, self.before, self.began_at = meter, meter.read(), perf_counter()
        self.asking, self.everybody = cpu_seconds(os.getpid()), machine_cpu_seconds()

    def shares(self) -> dict[str, float]:
        """Parts of all cores' time: the suite with broker and database, those who ask, anybody else."""
        suite = sum(self.meter.used_since(self.before).values())
        asking = cpu_seconds(os.getpid()) - self.asking
        others = machine_cpu_seconds() - self.everybody - suite - asking
        whole = (perf_counter() - self.began_at) * (os.cpu_count() or 1)
        return {name: round(each / whole, 2) for name, each in zip(PARTIES, (suite, asking, others), strict=True)}


def database_version() -> str:
    """Of the server."""
    ((version,),) = _asked_of_the_database("SHOW server_version")
    return str(version).split()[0]


def _asked_of_the_database(query: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(infra().database_admin_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(query, values)
        rows = cursor.fetchall()
    connection.close()
    return list(rows)
