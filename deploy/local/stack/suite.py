"""up, down, status, logs, demo: the whole suite on this machine."""

import argparse
import os
import subprocess
import urllib.error
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from http import HTTPStatus

from stack import checkout, endpoints, environment, files, provision
from stack.console import say, wait_for
from stack.errors import StackError
from stack.infra import Infra
from stack.ports import HOST, InfraPorts, answers, require_free
from stack.rabbitmq import direct
from stack.services import SAMPLE_ORDER, SERVICES, Service, http_port, infra_port_base, smtp_port
from stack.supervision import Supervision

READY_SECONDS = 90
JOURNEY = checkout.ROOT / "deploy" / "demo" / "journey.py"
Variables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Suite:
    """The suite of one home."""

    infra: Infra
    supervision: Supervision

    @cached_property
    def broker(self) -> endpoints.Broker:
        """The broker in use."""
        return endpoints.broker(self.infra)

    @cached_property
    def database(self) -> endpoints.Database:
        """The database server in use."""
        return endpoints.database(self.infra)

    def own_parts(self) -> tuple[str, ...]:
        """Which servers are ours to start and stop."""
        given = {"rabbitmq": "KRUZHOK_AMQP_ADMIN_URL", "postgres": "KRUZHOK_DATABASE_ADMIN_URL"}
        return tuple(part for part, variable in given.items() if not os.environ.get(variable))


def the_suite() -> Suite:
    """The suite of the demo's home."""
    home = checkout.home("demo")
    infra = Infra(home, InfraPorts.from_base(infra_port_base()))
    return Suite(infra, Supervision(home))


def up(_arguments: argparse.Namespace) -> int:
    """Set up and start everything; what already runs from the same code stays."""
    suite = the_suite()
    with files.lock(suite.infra.home / "lock"):
        _up(suite)
    say(f"The API is at http://{HOST}:{http_port()} (“make status”, “make logs S=billing”, “make down”).")
    return 0


def down(_arguments: argparse.Namespace) -> int:
    """Stop everything; the data stays."""
    suite = the_suite()
    with files.lock(suite.infra.home / "lock"):
        say("Stopping the services (work at hand is finished first).")
        suite.supervision.stop()
        suite.infra.stop()
    say("Nothing is left running.")
    return 0


def demo(arguments: argparse.Namespace) -> int:
    """Start everything and play the journey through HTTP alone."""
    up(arguments)
    suite = the_suite()
    url = f"http://{HOST}:{http_port()}"
    say("Playing the journey of a family in each region.")
    variables = {**os.environ, "KRUZHOK_URL": url, "KRUZHOK_MAIL": str(suite.supervision.mail)}
    status = subprocess.run([checkout.PYTHON, JOURNEY], env=variables, check=False).returncode
    if status:
        raise StackError(f"The journey was not as promised (exit status {status}); the suite still runs for a look.")
    return 0


def status(_arguments: argparse.Namespace) -> int:
    """Show every process; non-zero when one is missing or not ready."""
    suite = the_suite()
    rows = [
        _server_row(daemon.name, daemon.pid()) for part in suite.own_parts() for daemon in suite.infra.daemons(part)
    ]
    known = {process["name"]: process for process in suite.supervision.processes()}
    rows.append(_server_row("mail", known.get("mail", {}).get("pid")))
    rows += [_service_row(service, known) for service in SERVICES]
    for name, state, detail in rows:
        say(f"{name:<14} {state:<10} {detail}")
    return 0 if all(state in ("running", "ready") for _, state, _ in rows) else 1


def logs(arguments: argparse.Namespace) -> int:
    """Follow one process's log."""
    suite = the_suite()
    home = suite.infra.home
    found = {path.stem: path for path in (*home.glob("*.log"), *home.glob("logs/*.log"))}
    if arguments.service not in found:
        raise StackError(f"Say whose log with S=…: {', '.join(sorted(found)) or 'nothing has run yet'}.")
    os.execvp("tail", ["tail", "-n", "100", "-F", str(found[arguments.service])])


def _up(suite: Suite) -> None:
    if suite.supervision.daemon().pid() is None:
        _require_service_ports(suite)
    variables = _prepare(suite)
    code = checkout.stamp(variables)
    stamp = suite.infra.home / "code-stamp"
    running = suite.supervision.daemon().pid() is not None
    if running and stamp.exists() and stamp.read_text() == code:
        say("The services run already.")
    else:
        if running:
            say("Code or settings have changed: restarting the services.")
            suite.supervision.stop()
        _fill_if_needed(suite, variables, code)
        say("Starting the services.")
        suite.supervision.start(variables, smtp_port())
        files.write(stamp, code)
    _await_ready(suite)


def _prepare(suite: Suite) -> Variables:
    """Servers, topology, users, databases, environment files."""
    definitions = provision.definitions(suite.infra, suite.broker)
    boots = suite.broker.own and suite.infra.node.server().pid() is None
    suite.infra.start(definitions, suite.own_parts())
    if not boots:
        provision.load_definitions(suite.broker, definitions)
    provision.databases(suite.infra, suite.database)
    return environment.write_all(suite.infra, suite.broker, suite.database)


def _fill_if_needed(suite: Suite, variables: Variables, code: str) -> None:
    """Migrate and load samples, unless this code has done it today in this cluster."""
    done, now = suite.infra.filled_file, f"{code} {datetime.now(UTC).date()}"
    if suite.database.own and done.exists() and done.read_text() == now:
        return
    _fill(variables)
    files.write(done, now)


def _fill(variables: Variables) -> None:
    """Bring every database to the newest schema and load the sample data."""
    say("Migrating the databases.")
    with ThreadPoolExecutor(max_workers=2) as pool:
        names = [service.name for service in SERVICES if service.has_database]
        for _ in pool.map(lambda name: _run_service(name, "migrate", variables[name]), names):
            pass
    say("Loading the sample data.")
    for name in SAMPLE_ORDER:
        _run_service(name, "sample", variables[name])


def _run_service(name: str, command: str, variables: Mapping[str, str]) -> None:
    done = subprocess.run(
        [checkout.PYTHON, "-m", name, command],
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", **variables},
        cwd=checkout.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()][-3:]
        raise StackError(f"“python -m {name} {command}” failed: {' | '.join(last)}")


def _await_ready(suite: Suite) -> None:
    for service in SERVICES:
        hint = f"see {suite.supervision.logs / service.name}.log"
        wait_for(service.name, partial(_ready_or_given_up, suite, service), READY_SECONDS, hint)
    wait_for("the mail sink", lambda: answers(smtp_port()), READY_SECONDS)
    say(f"All {len(SERVICES)} services are ready.")


def _ready_or_given_up(suite: Suite, service: Service) -> bool:
    if is_ready(service):
        return True
    for process in suite.supervision.processes():
        if process["name"] == service.name and process["statename"] == "FATAL":
            raise StackError(f"{service.name} does not start; see {suite.supervision.logs / service.name}.log.")
    return False


def is_ready(service: Service) -> bool:
    """Ask the service itself."""
    try:
        with direct().open(f"http://{HOST}:{service.admin_port}/health/ready", timeout=3) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _require_service_ports(suite: Suite) -> None:
    suite.supervision.stop()
    require_free(http_port(), "the API", "KRUZHOK_HTTP_PORT")
    require_free(smtp_port(), "the mail sink", "KRUZHOK_PORT_BASE")
    for service in SERVICES:
        require_free(service.admin_port, f"{service.name}'s health and metrics", "KRUZHOK_ADMIN_PORT_BASE")


def _server_row(name: str, pid: int | None) -> tuple[str, str, str]:
    return name, "running" if pid else "stopped", f"pid {pid}" if pid else ""


def _service_row(service: Service, known: Mapping[str, Mapping[str, object]]) -> tuple[str, str, str]:
    process = known.get(service.name, {})
    pid = process.get("pid")
    if not pid:
        return service.name, "stopped", str(process.get("spawnerr") or "")
    place = f"pid {pid}, http://{HOST}:{service.admin_port}"
    return service.name, "ready" if is_ready(service) else "not ready", place
