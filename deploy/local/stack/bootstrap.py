"""From a bare machine to the environment: Debian packages, .venv, the locked packages, our nine."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stack import checkout, console, files, postgres, rabbitmq
from stack.errors import StackError

RUNTIME_LOCK = "requirements.lock"
DEVELOPER_LOCK = "requirements-dev.lock"
INSTALLER = Path(__file__).parent.parent / "install_packages.sh"
STAMP = checkout.VENV / "kruzhok-stamp"
ROOM_NEEDED = 1_500_000_000
ROOM_LATER = 200_000_000


def ensure(*, developer: bool, servers: bool) -> None:
    """Install what is missing and go on inside the environment."""
    _require_room()
    if servers:
        _install_packages(missing_packages())
    with files.lock(checkout.ROOT / ".local" / "bootstrap.lock"):
        _ensure_environment(developer=developer)
    _enter()


def ensure_as_it_is() -> None:
    """Go on inside the environment as it is; mend it only when something may still run."""
    if not (STAMP.exists() and _works()):
        if not any(checkout.home("demo").glob("*.pid")):
            raise StackError("Nothing is set up here yet: “make up” does it.")
        _ensure_environment(developer=False)
    _enter()


def _enter() -> None:
    if Path(sys.prefix).resolve() != checkout.VENV.resolve():
        os.execv(checkout.PYTHON, [str(checkout.PYTHON), "-m", "stack", *sys.argv[1:]])


def missing_packages() -> list[str]:
    """The Debian packages of the servers that have to run here and are not installed."""
    missing = []
    if not os.environ.get("KRUZHOK_AMQP_ADMIN_URL") and not (rabbitmq.PROGRAMS / "rabbitmq-server").exists():
        missing.append("rabbitmq-server")
    if not os.environ.get("KRUZHOK_DATABASE_ADMIN_URL") and postgres.programs() is None:
        missing.append("postgresql")
    return missing


def _require_room() -> None:
    wanted = ROOM_LATER if STAMP.exists() else ROOM_NEEDED
    free = shutil.disk_usage(checkout.ROOT).free
    if free < wanted:
        raise StackError(
            f"The disk that holds {checkout.ROOT} has {free // 1_000_000} MB free and set-up needs"
            f" {wanted // 1_000_000} MB: free some space and run the command again."
        )


def _install_packages(packages: Sequence[str]) -> None:
    if not packages:
        return
    names = " ".join(packages)
    command = ["sh", str(INSTALLER), *packages]
    if shutil.which("apt-get") is None:
        raise StackError(f"{names} must be installed, and this system has no apt-get: install them and run this again.")
    if os.geteuid() != 0:
        command = ["sudo", *command]
        if not _may_sudo():
            raise StackError(
                f"{names} must be installed and you have no sudo: ask an administrator to run “sh {INSTALLER} {names}”."
            )
    console.say(f"Installing Debian packages: {names} (about a minute).")
    _run(f"Installing {names}", command, "packages.log")


def _may_sudo() -> bool:
    """Tell whether sudo works; on a terminal it may ask for the password."""
    if shutil.which("sudo") is None:
        return False
    command = ["sudo", "-v"] if sys.stdin.isatty() else ["sudo", "-n", "true"]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0


def _ensure_environment(*, developer: bool) -> None:
    wanted = [_stamp(DEVELOPER_LOCK)] if developer else [_stamp(RUNTIME_LOCK), _stamp(DEVELOPER_LOCK)]
    if STAMP.exists() and STAMP.read_text() in wanted and _works():
        return
    # Without the stamp an earlier run was interrupted: what it left is not to be trusted.
    if not STAMP.exists() or not _works():
        _make_environment()
    STAMP.unlink(missing_ok=True)
    lock = DEVELOPER_LOCK if developer else RUNTIME_LOCK
    pip = [str(checkout.PYTHON), "-m", "pip", "install", "--progress-bar", "off"]
    console.say(f"Installing Python packages from {lock} (about a minute).")
    _run("Installing Python packages", [*pip, "--require-hashes", "-r", str(checkout.ROOT / lock)], "pip.log")
    ours = [option for path in checkout.DISTRIBUTIONS for option in ("-e", str(checkout.ROOT / path))]
    console.say("Installing our nine packages.")
    _run("Installing our packages", [*pip, "--no-build-isolation", "--no-deps", *ours], "pip.log")
    files.write(STAMP, _stamp(lock))


def _stamp(lock: str) -> str:
    """What the environment was made from; any change makes it again."""
    digest = hashlib.sha256(f"{checkout.ROOT} {sys.version_info[:2]}".encode())
    for path in (lock, *(f"{distribution}/pyproject.toml" for distribution in checkout.DISTRIBUTIONS)):
        digest.update((checkout.ROOT / path).read_bytes())
    return digest.hexdigest()


def _works() -> bool:
    """Tell whether .venv has a working Python of our version, with pip."""
    probe = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        return subprocess.run([checkout.PYTHON, "-c", probe], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _make_environment() -> None:
    console.say("Making the Python environment .venv.")
    shutil.rmtree(checkout.VENV, ignore_errors=True)
    command = [_base_python(), "-m", "venv", str(checkout.VENV)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        _install_packages(["python3-venv"])
        shutil.rmtree(checkout.VENV, ignore_errors=True)
        _run("Making .venv", command, "pip.log")


def _base_python() -> str:
    """The interpreter outside any environment."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _run(what: str, command: Sequence[str], log: str) -> None:
    """Run a long command into a log file, saying now and then that it still runs."""
    path = checkout.ROOT / ".local" / "logs" / log
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            console.wait_for(what, lambda: process.poll() is not None, 1800)
        finally:
            if process.poll() is None:
                process.wait()
    if process.returncode:
        last = [line for line in path.read_text(errors="replace").splitlines() if line.strip()][-1:]
        raise StackError(f"{what} failed: {' '.join(last)} (see {path}).")
