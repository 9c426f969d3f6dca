"""A PostgreSQL cluster of one's own."""

import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack import files
from stack.daemons import Daemon
from stack.errors import StackError
from stack.ports import HOST

INSTALLED = Path("/usr/lib/postgresql")
OLDEST = 15
CONNECTIONS = 200
SOCKET_PATH_LIMIT = 80


def programs() -> Path | None:
    """The directory of the newest installed server's programs, if it is new enough."""
    versions = [
        (int(path.parent.parent.name), path.parent)
        for path in INSTALLED.glob("*/bin/postgres")
        if re.fullmatch(r"\d+", path.parent.parent.name)
    ]
    fit = [pair for pair in versions if pair[0] >= OLDEST]
    return max(fit)[1] if fit else None


@dataclass(frozen=True)
class Cluster:
    """One cluster: its directory, port and the system user it runs as."""

    directory: Path
    port: int
    user: str | None

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.directory / "data"

    def prepare(self, password: str) -> None:
        """Create the cluster unless it exists, and write its settings."""
        for name in ("", "run"):
            files.directory(self.directory / name, mode=0o700, owner=self.user)
        if not (self.data / "PG_VERSION").exists():
            self._create(password)
        files.write(self.data / "postgresql.auto.conf", self._configuration(), mode=0o600, owner=self.user)

    def server(self) -> Daemon:
        """The server process; SIGINT is its fast shutdown."""
        return Daemon(
            name="PostgreSQL",
            argv=[str((programs() or INSTALLED) / "postgres"), "-D", str(self.data)],
            pid_file=self.directory.parent / "postgresql.pid",
            log=self.directory.parent / "postgresql.log",
            env=self._environment(),
            user=self.user,
            stop_signal=signal.SIGINT,
        )

    def ready(self) -> bool:
        """Tell whether the server accepts connections."""
        argv = [str(_programs() / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(argv, check=False).returncode == 0

    def _create(self, password: str) -> None:
        draft = self.directory / "draft"
        secret = self.directory / "password"
        files.write(secret, password, mode=0o600, owner=self.user)
        self._run("rm", "-rf", str(draft))
        self._run(
            str(_programs() / "initdb"),
            *("--pgdata", str(draft), "--username", "postgres", "--pwfile", str(secret)),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--auth", "scram-sha-256"),
        )
        secret.unlink()
        draft.rename(self.data)

    def _run(self, *argv: str) -> None:
        done = subprocess.run(
            argv,
            env=self._environment(),
            cwd="/",
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StackError(f"{Path(argv[0]).name} failed: {' | '.join(done.stderr.splitlines()[-3:])}.")

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(self.directory)}

    def _configuration(self) -> str:
        run = self.directory / "run"
        sockets = f"'{run}'" if len(str(run)) <= SOCKET_PATH_LIMIT else "''"
        return "\n".join(
            (
                f"listen_addresses = '{HOST}'",
                f"port = {self.port}",
                f"unix_socket_directories = {sockets}",
                f"max_connections = {CONNECTIONS}",
                "max_wal_size = '512MB'",
                "timezone = 'UTC'",
                "log_timezone = 'UTC'",
                # What is refused may hold names and addresses: neither the statement nor its details are logged.
                "log_min_error_statement = 'panic'",
                "log_error_verbosity = 'terse'",
                "",
            )
        )


def _programs() -> Path:
    found = programs()
    if found is None:
        raise StackError(f"PostgreSQL {OLDEST} or newer is not installed under {INSTALLED}.")
    return found
