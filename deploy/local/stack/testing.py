"""test, test-long, check, bench: what developers run."""

import argparse
import fcntl
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stack import checkout, files
from stack.console import say
from stack.infra import Infra
from stack.ports import InfraPorts, reserved_base
from stack.services import port

UNIT = ("libs/*/tests/unit", "services/*/tests/unit", "tests/architecture", "tests/local")
INTEGRATION = ("libs/*/tests/integration", "services/*/tests/integration", "tests/e2e", "tests/faults")
NO_TESTS = 5
STATIC_CHECKS = (
    ("lint", ("ruff", "check", ".")),
    ("format", ("ruff", "format", "--check", ".")),
    ("types", ("mypy",)),
    ("import rules", ("lint-imports",)),
)


def check(arguments: argparse.Namespace) -> int:
    """Everything that needs neither broker nor database."""
    failed = [name for name, command in STATIC_CHECKS if _tool(name, command)]
    if _pytest("check", UNIT, arguments.pytest):
        failed.append("tests")
    say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def test(arguments: argparse.Namespace) -> int:
    """All tests but the long ones, on a broker and a database of their own."""
    with test_infra() as infra:
        os.environ["KRUZHOK_TEST_INFRA"] = str(infra.facts_file)
        return _pytest("test", (*UNIT, *INTEGRATION), ["-m", "not long", *arguments.pytest])


def test_long(arguments: argparse.Namespace) -> int:
    """The long simulations and the full fault matrix."""
    with test_infra() as infra:
        os.environ["KRUZHOK_TEST_INFRA"] = str(infra.facts_file)
        return _pytest("test-long", (*UNIT, *INTEGRATION), ["-m", "long", *arguments.pytest])


def bench(arguments: argparse.Namespace) -> int:
    """Every measured comparison, one after the other."""
    with test_infra() as infra:
        os.environ["KRUZHOK_TEST_INFRA"] = str(infra.facts_file)
        quiet = ("-W", "ignore::DeprecationWarning")
        return _tool("bench", ("python", *quiet, str(checkout.ROOT / "bench"), *arguments.pytest))


def generated(_arguments: argparse.Namespace) -> int:
    """Write the files that follow from code."""
    return _tool("generated files", ("python", "deploy/generate.py"))


def api_names(_arguments: argparse.Namespace) -> int:
    """Promise the names that are new in the API."""
    return _tool("names of the API", ("python", "deploy/api_names.py"))


@contextmanager
def test_infra() -> Iterator[Infra]:
    """The tests' broker and database; stopped by the last test run that uses them, if a test run started them."""
    home = files.directory(checkout.home("test"))
    ours = home / "started-by-tests"
    with (home / "in-use").open("a", encoding="utf-8") as users:
        with files.lock(home / "lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            with _port_base(home) as base:
                infra = Infra(home, InfraPorts.from_base(base))
                if not infra.running():
                    infra.stop()
                    infra.wipe()
                    ours.touch()
                infra.start()
        try:
            yield infra
        finally:
            with files.lock(home / "lock"):
                if ours.exists() and _last_user(users):
                    infra.stop()
                    ours.unlink()


def _last_user(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _port_base(home: Path) -> Iterator[int]:
    """Where the home's servers run, or ten free ports that stay ours until the servers have taken them."""
    first = port("KRUZHOK_TEST_PORT_BASE", 27000)
    earlier = Infra(home, InfraPorts.from_base(first))
    noted = earlier.noted_base()
    if noted and earlier.running():
        yield noted
    else:
        with reserved_base(first) as base:
            yield base


def _pytest(name: str, patterns: Sequence[str], options: Sequence[str]) -> int:
    """Run pytest on the folders that exist, or on those among the options; no test at all counts as passed."""
    chosen = any((checkout.ROOT / option.split("::")[0]).exists() for option in options)
    folders = [] if chosen else [str(path) for pattern in patterns for path in sorted(checkout.ROOT.glob(pattern))]
    report = checkout.ROOT / ".local" / "reports" / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = ("python", "-m", "pytest", "--import-mode=importlib", f"--junitxml={report}", *options, *folders)
    result = _tool("tests", command) if folders or chosen else 0
    return 0 if result == NO_TESTS else result


def _tool(name: str, command: Sequence[str]) -> int:
    say(f"== {name}: {command[0]}")
    program = str(checkout.VENV / "bin" / command[0])
    return subprocess.run([program, *command[1:]], cwd=checkout.ROOT, check=False).returncode
