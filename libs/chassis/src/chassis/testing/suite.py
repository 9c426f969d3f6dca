"""The whole suite, or a part of it, as real processes over the real broker and databases."""

import base64
import importlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import clock, migrations, settings, tokens
from chassis.context import Actor
from chassis.testing.broker import vhost
from chassis.testing.databases import service_database
from chassis.testing.infra import infra
from chassis.testing.processes import ServiceProcess
from chassis.testing.rpc import RpcClient
from chassis.testing.waiting import free_port


@dataclass
class Suite:
    """Running processes and all that a test needs to reach them."""

    vhost: str
    directory: Path
    mail: Path
    """The Maildir in which all mail ends."""
    facts: Mapping[str, str]
    """Values for settings, by how their names end."""
    environment: Mapping[str, str]
    url: str
    """Of the HTTP edge."""
    private_key: str
    database_url: dict[str, str] = field(default_factory=dict)
    processes: dict[str, list[ServiceProcess]] = field(default_factory=dict)
    niceness: Mapping[str, int] = field(default_factory=dict)
    """How far services stand back where others want the processor, too."""

    def amqp_url(self, user: str) -> str:
        """The suite's virtual host as a broker user."""
        return infra().amqp_url(user, self.vhost)

    def rpc(self, user: str) -> RpcClient:
        """A client that calls services as a broker user."""
        return RpcClient(self.amqp_url(user))

    def token(self, actor: Actor, lifetime_seconds: int = 600) -> str:
        """An access token that the services accept."""
        return tokens.issue(self.private_key, actor, lifetime_seconds, clock.now())

    def start(self, service: str, **environment: str) -> ServiceProcess:
        """One more process of a service; it may not be ready yet."""
        running = self.processes.setdefault(service, [])
        output = self.directory / f"{service}-{len(running) + 1}.log"
        admin = {"KRUZHOK_ADMIN_ADDRESS": f"127.0.0.1:{free_port()}"}
        variables = {**self.environment_of(service), **admin, **environment}
        process = ServiceProcess(service, variables, output, niceness=self.niceness.get(service, 0))
        running.append(process)
        return process

    def run(self, service: str, *arguments: str, seconds: float = 120) -> str:
        """Run `python -m <service> <arguments>` to its end; its output. `AssertionError` when it fails."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore::DeprecationWarning", "-m", service, *arguments],
            env=self.environment_of(service),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{service} {arguments} ended with {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout

    def environment_of(self, service: str) -> dict[str, str]:
        """What a process of the service finds in its environment, its admin address excepted."""
        values = {name: value for name, value in os.environ.items() if not name.startswith("KRUZHOK_")}
        values |= {"KRUZHOK_AMQP_URL": self.amqp_url(service), "PYTHONUNBUFFERED": "1"}
        if service in self.database_url:
            values["KRUZHOK_DATABASE_URL"] = self.database_url[service]
        declared = importlib.import_module(f"{service}.settings").Settings
        for name, _, default, _ in settings.documented(declared):
            ending = next((ending for ending in self.facts if name.endswith(ending)), None)
            if ending is not None and name not in values and (default is None or ending == "_HTTP_ADDRESS"):
                values[name] = self.facts[ending]
        return values | dict(self.environment)


@contextmanager
def running_suite(
    services: Sequence[str] | None = None,
    instances: Mapping[str, int] | None = None,
    environment: Mapping[str, str] | None = None,
    topology: str = "contracts.topology",
    sample: Sequence[str] = (),
    niceness: Mapping[str, int] | None = None,
) -> Iterator[Suite]:
    """Start the services (all that the topology names, else) and wait until each is ready; stop them afterwards.

    `instances` says of which to start several, or none (0: its database exists, its process does not). `environment`
    is added to that of every process. `sample` names services whose sample data is loaded first. `niceness` says which
    services stand back, 0 to 19, where others want the processor. Settings without a default are filled by the end of
    their names: `_TOKEN_PRIVATE_KEY`, `_SMTP_URL`, `_PORTAL_URL`, and `_KEY` for 32 bytes in base64.
    """
    definitions: Mapping[str, Any] = importlib.import_module(topology).definitions()
    names = list(services or (user["name"] for user in definitions["users"]))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="suite-")))
        suite = _empty_suite(stack, stack.enter_context(vhost(definitions)), directory, environment or {})
        suite.niceness = niceness or {}
        for name in names:
            if _has_database(name):
                suite.database_url[name] = stack.enter_context(service_database(name))
        for name in sample:
            suite.run(name, "sample")
        stack.callback(_end_all, suite)
        for name in names:
            for _ in range((instances or {}).get(name, 1)):
                suite.start(name)
        for process in [each for group in suite.processes.values() for each in group]:
            process.ready()
        yield suite


def _empty_suite(stack: ExitStack, vhost_name: str, directory: Path, environment: Mapping[str, str]) -> Suite:
    private_key, public_key = _keys()
    http_port, smtp_port, mail = free_port(), free_port(), directory / "mail"
    sink = Controller(Mailbox(mail), hostname="127.0.0.1", port=smtp_port)
    sink.start()
    stack.callback(sink.stop)
    url = f"http://127.0.0.1:{http_port}"
    facts = {
        "KRUZHOK_ENV": "test",
        "KRUZHOK_TOKEN_PUBLIC_KEY": public_key,
        "_TOKEN_PRIVATE_KEY": private_key,
        "_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "_PORTAL_URL": url,
        "_HTTP_ADDRESS": f"127.0.0.1:{http_port}",
        "_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    return Suite(vhost_name, directory, mail, facts, dict(environment), url, private_key)


def _keys() -> tuple[str, str]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def _has_database(service: str) -> bool:
    try:
        return bool(migrations.scripts_of(service))
    except FileNotFoundError:
        return False


def _end_all(suite: Suite) -> None:
    everyone = [process for group in suite.processes.values() for process in group]
    for process in everyone:
        process.signal(signal.SIGCONT)
        process.signal(signal.SIGTERM)
    for process in everyone:
        process.end()
