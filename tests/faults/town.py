"""The running suite, which these tests keep alive as a supervisor would."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from families import DEMO_PASSWORD, Door, Family, Person
from servers import ROOT, Servers
from sqlalchemy import text

from chassis.testing import ServiceProcess, Suite, engine_of, free_port, infra, running_suite, wait_for
from contracts.registry import SERVICES

SAMPLE = ("catalog", "accounts", "billing")
STORED = tuple(service for service in SERVICES if service != "gateway")
DOOR = "gateway"
REPORTS = ROOT / ".local" / "reports" / "faults"


@dataclass
class Town:
    """Two processes of each service, two doors, and a supervisor's habit of starting again what has ended."""

    suite: Suite
    servers: Servers
    urls: list[str]

    def processes(self, *services: str) -> list[ServiceProcess]:
        """The processes of some services, or of all."""
        return [each for name in services or SERVICES for each in self.suite.processes[name]]

    def kill(self, *processes: ServiceProcess) -> None:
        """kill -9 of some processes at once; then they are started again."""
        for process in processes:
            process.signal(9)
        for process in processes:
            process.wait()
            process.start()

    def await_ready(self, seconds: float = 60) -> None:
        """Wait until every process says that it is ready."""
        for process in self.processes():
            wait_for(process.is_ready, seconds, f"readiness of {process.module} ({process.output})", every=0.2)

    def rows(self, service: str, query: str, **values: Any) -> list[Any]:
        """What a service's database holds."""
        with engine_of(self.suite.database_url[service]).connect() as connection:
            return list(connection.execute(text(query), values).all())

    def unheard(self, queue: str) -> int:
        """Messages that wait in a queue."""
        with self.servers.in_use():
            url = f"{infra().amqp_admin_url}{self.suite.vhost}"
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).method.message_count)

    def keep_logs(self) -> None:
        """Copy the processes' logs to where they outlive the suite."""
        shutil.copytree(self.suite.directory, REPORTS, dirs_exist_ok=True, ignore=shutil.ignore_patterns("mail"))

    def door(self) -> Door:
        """A door with a journal of its own."""
        return Door(self.urls)

    def staff(self, door: Door, role: str, region_code: str = "38") -> Person:
        """One of the demo accounts."""
        person = Person(door)
        person.sign_in(f"{role}{region_code}@example.org", DEMO_PASSWORD)
        return person

    def family(self, door: Door, region_code: str = "38") -> Family:
        """A family with an account."""
        family = Family(door, region_code=region_code)
        family.register(self.suite.mail)
        return family


@contextmanager
def running_town(servers: Servers) -> Iterator[Town]:
    """Start everything once; each service twice."""
    began_at = time.monotonic()
    with running_suite(sample=SAMPLE, instances=dict.fromkeys(STORED, 2)) as suite:
        second = f"127.0.0.1:{free_port()}"
        suite.start(DOOR, GATEWAY_HTTP_ADDRESS=second)
        town = Town(suite, servers, [suite.url, f"http://{second}"])
        town.await_ready()
        print(f"the town is up after {time.monotonic() - began_at:.1f} s")
        yield town
        for process in town.processes():
            process.kill()
