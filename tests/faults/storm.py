"""Faults, one after another, while families go their way from registration to a debit."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from families import GIVE_UP_SECONDS, PLACES, Door, Family, Person, mark, new_name, open_page
from prober import Prober
from town import DOOR, STORED, Town

from chassis.testing import wait_for
from contracts.registry import SERVICES
from contracts.topology import queue_name

FAMILIES_AT_ONCE, CROWD_AT_ONCE = 10, 50
CROWD_SECONDS = 240
"""How long somebody in a crowd waits: fifty families have more to catch up with than two cores do in a moment."""
ZONES = {"38": "Asia/Irkutsk", "05": "Europe/Moscow"}
PAUSE_SECONDS = 8
DATABASE_SECONDS, LONG_SECONDS = 12, 20
LEAVE_EARLY = 0.25
DEAF, UNHEARD, UNHEARD_SECONDS = "certificates", 3, 40
STRIKE_EVERY_SECONDS = 2


@dataclass(frozen=True)
class Fault:
    """Something that happens to the suite. It is over when `strike` returns."""

    name: str
    strike: Callable[[Town], None]


@dataclass
class Struck:
    """A fault that happened, and how soon a family that comes after it gets its certificate and contract."""

    name: str
    began_at: float
    ended_at: float = 0.0
    healed_seconds: float | None = None
    steps: list[tuple[str, float]] = field(default_factory=list)
    """What the family got, and how many seconds after the end."""
    error: str = ""


@dataclass
class Storm:
    """What happened."""

    door: Door
    patience: float = GIVE_UP_SECONDS
    families: list[Family] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    struck: list[Struck] = field(default_factory=list)
    prober: Prober | None = None

    def fault(self, name: str) -> Struck:
        """The fault of that name."""
        return next(each for each in self.struck if each.name == name)


def kill(service: str) -> Fault:
    """kill -9 of all processes of a service, in the same moment."""
    return Fault(f"kill-{service}", lambda town: _killed(town, service))


def kill_one(service: str) -> Fault:
    """kill -9 of one of its two processes."""
    return Fault(f"kill-one-{service}", lambda town: _killed_one(town, service))


def pause(service: str, count: int) -> Fault:
    """`count` processes of a service stand still for eight seconds, and do not know it."""
    return Fault(f"pause-{count}-{service}", lambda town: _paused(town, service, count))


def _killed(town: Town, *services: str) -> None:
    town.kill(*town.processes(*services))
    town.await_ready()


def _killed_one(town: Town, service: str) -> None:
    """A killed door breaks connections until it listens again: that long the fault lasts."""
    town.kill(town.processes(service)[0])
    if service == DOOR:
        town.await_ready()


def _paused(town: Town, service: str, count: int) -> None:
    frozen = town.processes(service)[:count]
    for process in frozen:
        process.signal(signal.SIGSTOP)
    try:
        time.sleep(PAUSE_SECONDS)
    finally:
        for process in frozen:
            process.signal(signal.SIGCONT)


KILL_EVERYBODY = Fault("kill-everybody", lambda town: _killed(town, *SERVICES))


def _broker_lost(town: Town) -> None:
    """kill -9 of the node and all its data gone; with it, enrolments that certificates, dead just then, never heard."""
    deaf, queue = town.processes(DEAF), queue_name(DEAF, "enrollment")
    for process in deaf:
        process.kill()
    try:
        wait_for(lambda: town.unheard(queue) >= UNHEARD, UNHEARD_SECONDS, f"{UNHEARD} messages in {queue}")
        town.servers.lose_the_broker(town.suite.vhost)
    finally:
        for process in deaf:
            process.start()
    town.await_ready()


LOSE_THE_BROKER = Fault("lose-the-broker", _broker_lost)
STOP_THE_DATABASE = Fault("stop-the-database", lambda town: town.servers.stop_the_database(DATABASE_SECONDS))
KILL_THE_DATABASE = Fault("kill-the-database", lambda town: town.servers.kill_the_database())
SHORT = (
    *map(kill, SERVICES),
    pause("billing", 1),
    LOSE_THE_BROKER,
    STOP_THE_DATABASE,
    KILL_EVERYBODY,
)
LONG = (
    *(fault for service in SERVICES for fault in (kill_one(service), kill(service), pause(service, 2))),
    LOSE_THE_BROKER,
    STOP_THE_DATABASE,
    KILL_THE_DATABASE,
    KILL_EVERYBODY,
    replace(LOSE_THE_BROKER, name="lose-the-broker-again"),
    replace(KILL_EVERYBODY, name="kill-everybody-again"),
)
CROWDED = (
    *map(kill, SERVICES),
    Fault("stop-the-broker", lambda town: town.servers.stop_the_broker(town.suite.vhost, LONG_SECONDS)),
    Fault("stop-the-database", lambda town: town.servers.stop_the_database(LONG_SECONDS)),
)


def weather(
    town: Town, faults: Sequence[Fault], families_at_once: int = FAMILIES_AT_ONCE, patience: float = GIVE_UP_SECONDS
) -> Storm:
    """Some families at a time, fault after fault; then calm until every family that has begun is through."""
    storm = Storm(town.door(), patience)
    teachers = {region_code: town.staff(storm.door, "teacher", region_code) for region_code in PLACES}
    witness = town.family(storm.door)
    for person in (witness, *teachers.values()):
        person.gives_up_after = patience
    over = threading.Event()
    crowd = [
        threading.Thread(target=partial(_come_and_go, town, storm, teachers, over, number), name=f"family {number}")
        for number in range(families_at_once)
    ]
    with Prober(town.suite.database_url["billing"]) as storm.prober:
        for thread in crowd:
            thread.start()
        try:
            for fault in faults:
                time.sleep(STRIKE_EVERY_SECONDS)
                storm.struck.append(_strike(town, fault, witness))
        finally:
            over.set()
            ends_at = time.monotonic() + patience
            for thread in crowd:
                thread.join(max(0.1, ends_at - time.monotonic()))
        storm.failures += [f"{thread.name} is not through" for thread in crowd if thread.is_alive()]
        town.await_ready()
        settle(town)
    if storm.failures:
        town.keep_logs()
    return storm


def _come_and_go(town: Town, storm: Storm, teachers: dict[str, Person], over: threading.Event, number: int) -> None:
    while not over.is_set():
        region_code = "38" if number % 2 else "05"
        family = Family(storm.door, region_code=region_code, leaves_early=LEAVE_EARLY, gives_up_after=storm.patience)
        storm.families.append(family)
        try:
            family.register(town.suite.mail)
            journey(family, teachers[region_code])
        except Exception as error:
            steps = ", ".join(step for step, _ in family.reached)
            storm.failures.append(f"{family.email} after {steps}: {type(error).__name__}: {error}")


def journey(family: Family, teacher: Person) -> None:
    """From the child to the message about the debit."""
    family.enrol()
    family.covered()
    open_page(teacher, family, today(family.region_code))
    mark(teacher, family)
    family.charged()


def today(region_code: str) -> str:
    """The local date."""
    return datetime.now(ZoneInfo(ZONES[region_code])).date().isoformat()


def _strike(town: Town, fault: Fault, witness: Family) -> Struck:
    struck = Struck(fault.name, time.monotonic())
    try:
        fault.strike(town)
        struck.ended_at = time.monotonic()
        sibling = replace(witness, name=new_name(), known={}, reached=[])
        sibling.enrol()
        sibling.covered()
        struck.steps = [(step, round(at - struck.ended_at, 1)) for step, at in sibling.reached]
        struck.healed_seconds = time.monotonic() - struck.ended_at
    except Exception as error:
        struck.error = f"{type(error).__name__}: {error}"
    return struck


def settle(town: Town, seconds: float = 60) -> None:
    """Wait until no event is under way: all are published, each has reached its readers, no mail is due."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at and any(under_way(town, service) for service in STORED):
        time.sleep(0.5)


def under_way(town: Town, service: str) -> int:
    """Events of a service that are not published, and those in its inbox that will be tried again."""
    (row,) = town.rows(
        service,
        "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL)"
        " + (SELECT count(*) FROM inbox WHERE state = 'retry') AS count",
    )
    return int(row.count)


def of_the_door(town: Town, storm: Storm) -> list[tuple[float, float]]:
    """Spans of time in which a gateway was being killed: connections may break then."""
    return [(each.began_at, each.ended_at) for each in storm.struck if each.name.endswith((DOOR, "everybody", "again"))]
