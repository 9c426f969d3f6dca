"""A region on a real database: its neighbours speak through events, people through the service's own methods."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from chassis.batches import Alone
from chassis.context import Actor, Context
from chassis.database import Transactions, create
from chassis.outbox import Received
from chassis.projections import FactMissing
from chassis.testing import apply, received, recorded, service_database
from contracts import accounts, billing, catalog
from enrollment.domain.states import SEATED
from enrollment.holds import Holds
from enrollment.service import EnrollmentService

ZONE = "Asia/Irkutsk"
SETTINGS = SimpleNamespace(holds=Holds(review_working_days=7, offer_days=3))
JOBS = ("send_drafts", "lapse_places", "offer_places", "end_groups")
REGION = "38"


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Family:
    """A guardian and one child."""

    guardian: Actor
    child_id: str


@dataclass(frozen=True)
class Place:
    """An application of a family to a group."""

    family: Family
    group: dict[str, Any]
    application_id: str


@dataclass
class Region:
    """One region: `said` holds what neighbours have announced but enrollment has not heard."""

    transactions: Transactions
    clock_file: Path
    region_code: str = REGION
    said: list[Received] = field(default_factory=list)

    def fetch(self, _service: Any, missing: FactMissing) -> None:
        """The chassis asks a neighbour's log for one subject: hear what it has said."""
        about = [event for event in self.said if event.subject == missing.fact_id]
        self.hear(*about)

    def hear(self, *events: Received) -> None:
        """Handle events, each in its own transaction."""
        for event in events:
            with self.transactions.writing() as session:
                apply(EnrollmentService, session, event)

    def ask(self, caller: Actor, method: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        """Call a method as `caller`, on the whole path that a request takes once its token is known to be good."""
        if method == "submit_application":
            (outcome,) = self.ask_together((caller, body, key))
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        context = Context(token=caller.subject, idempotency_key=key or new_id())
        return dict(getattr(self.service(caller), method)(context, body))

    def ask_together(self, *calls: tuple[Actor, dict[str, Any], str | None]) -> list[dict[str, Any] | Exception]:
        """Applications that arrive at the same moment: caller, body and key of each. Some are decided alone, then."""
        outcomes = self.decide_together(*calls)
        alone = [number for number, each in enumerate(outcomes) if isinstance(each, Alone)]
        for number in alone:
            (outcomes[number],) = self.decide_together(calls[number])
        return outcomes

    def decide_together(self, *calls: tuple[Actor, dict[str, Any], str | None]) -> list[dict[str, Any] | Exception]:
        """What one batch says to its applications."""
        contexts = [Context(token=caller.subject, idempotency_key=key or new_id()) for caller, _, key in calls]
        bodies = [body for _, body, _ in calls]
        service = self.service(*(caller for caller, _, _ in calls))
        return service.submit_application(zip(contexts, bodies, strict=True))

    def service(self, *callers: Actor) -> EnrollmentService:
        """The service, for which the callers' tokens are their subjects."""
        service = EnrollmentService()
        actors = {caller.subject: caller for caller in callers}
        service.transactions, service.sources, service.verify = self.transactions, self, actors.__getitem__
        service.settings = SETTINGS
        return service

    def work(self, *jobs: str) -> None:
        """Let the service's repeated work run until nothing is left for it to do at this instant."""
        service = EnrollmentService()
        service.transactions, service.settings = self.transactions, SETTINGS
        for job in jobs or JOBS:
            while getattr(service, job)():
                pass

    def set_clock(self, now: datetime) -> datetime:
        """Stop the clock at an instant."""
        ahead = self.clock_file.with_name(f"clock-{new_id()}")
        ahead.write_text(now.isoformat(), encoding="utf-8")
        ahead.replace(self.clock_file)
        return now

    def events(self, *types: str) -> list[Received]:
        """What enrollment has announced, in order."""
        with self.transactions.reading() as session:
            return [event for event in recorded(session) if not types or event.type.split(".", 1)[1] in types]

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement run as the service's own role."""
        with self.transactions.writing() as session:
            result = session.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    def new_id(self) -> str:
        return new_id()

    def guardian(self) -> Actor:
        return Actor(new_id(), accounts.GUARDIAN, self.region_code)

    def child_event(self, child_id: str, guardians: list[str], version: int = 1, **changes: Any) -> Received:
        data = {
            "child_id": child_id,
            "guardian_ids": guardians,
            "born_on": date(2017, 5, 4),
            "municipality_code": "25701000",
            "payer_code": "01",
            "time_zone": ZONE,
        }
        return received(
            accounts.CHILD_REGISTERED,
            subject=child_id,
            region_code=self.region_code,
            version=version,
            data=data | changes,
        )

    def family(self, **changes: Any) -> Family:
        """A family whose child enrollment has heard of."""
        family = Family(self.guardian(), new_id())
        self.hear(self.child_event(family.child_id, [family.guardian.subject], **changes))
        return family

    def unheard_family(self) -> Family:
        """A family whose child accounts has announced and enrollment has not heard of."""
        family = Family(self.guardian(), new_id())
        self.said.append(self.child_event(family.child_id, [family.guardian.subject]))
        return family

    def group_event(self, version: int = 1, event: Any = None, **changes: Any) -> Received:
        """A group of 8 lessons, one a week at 16:30, the first of them on the clock's local date."""
        first = self.local_today()
        data = {
            "group_id": new_id(),
            "module_id": new_id(),
            "programme_id": new_id(),
            "provider_id": new_id(),
            "provider_name": "Дом творчества «Примерный»",
            "teacher_ids": [new_id()],
            "title": "Робототехника, группа 1",
            "direction": "technical",
            "municipality_code": "25701000",
            "time_zone": ZONE,
            "state": "published",
            "admission": "instant",
            "capacity": 10,
            "age_min": 7,
            "age_max": 17,
            "opens_at": self.now() - timedelta(days=30),
            "closes_at": self.now() + timedelta(days=30),
            "starts_on": first,
            "ends_on": first + timedelta(days=60),
            "price": {"value": "9000.00", "unit": "RUB"},
            "normative_price": {"value": "8000.00", "unit": "RUB"},
            "terms_version": 1,
            "lessons": [self.lesson(number + 1, first + timedelta(weeks=number)) for number in range(8)],
        } | changes
        contract = event or (catalog.GROUP_PUBLISHED if version == 1 else catalog.GROUP_CHANGED)
        return received(contract, subject=data["group_id"], region_code=self.region_code, version=version, data=data)

    def lesson(self, number: int, on: date, lesson_id: str | None = None) -> dict[str, Any]:
        starts_at = datetime.combine(on, time(16, 30), ZoneInfo(ZONE)).astimezone(UTC)
        ends_at = starts_at + timedelta(minutes=45)
        return {
            "lesson_id": lesson_id or new_id(),
            "number": number,
            "on": on,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }

    def group(self, **changes: Any) -> dict[str, Any]:
        """A group that enrollment has heard of: its data."""
        event = self.group_event(**changes)
        self.hear(event)
        return event.data

    def change(self, group: dict[str, Any], version: int = 2, **changes: Any) -> dict[str, Any]:
        """The group changed, and enrollment has heard it: its new data."""
        event = self.group_event(version=version, **(group | changes))
        self.hear(event)
        return event.data

    def offer_event(self, family: Family, group: dict[str, Any], **changes: Any) -> Received:
        data = {
            "offer_id": new_id(),
            "child_id": family.child_id,
            "group_id": group["group_id"],
            "guardian_id": family.guardian.subject,
            "terms_version": group["terms_version"],
            "max_parent_share": {"value": "1000.00", "unit": "RUB"},
            "expires_at": self.now() + timedelta(minutes=15),
        } | changes
        return received(billing.OFFER_MADE, subject=data["offer_id"], region_code=self.region_code, data=data)

    def offer(self, family: Family, group: dict[str, Any], **changes: Any) -> str:
        """An offer that enrollment has heard of: its id."""
        event = self.offer_event(family, group, **changes)
        self.hear(event)
        return event.subject

    def apply(
        self, family: Family, group: dict[str, Any], offer_id: str | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """The guardian sends an application with an offer made for it."""
        body = {
            "child_id": family.child_id,
            "group_id": group["group_id"],
            "offer_id": offer_id or self.offer(family, group),
        }
        return self.ask(family.guardian, "submit_application", body, key)

    def contract_event(self, contract: Any, enrollment_id: str, contract_id: str, version: int, share: str) -> Received:
        data = {
            "contract_id": contract_id,
            "enrollment_id": enrollment_id,
            "certificate_id": new_id(),
            "child_id": new_id(),
            "group_id": new_id(),
            "certificate_share": {"value": share, "unit": "RUB"},
            "parent_share": {"value": "0.00", "unit": "RUB"},
            "effective_from": self.local_today() if contract is billing.CONTRACT_ACTIVATED else None,
        }
        return received(contract, subject=contract_id, region_code=self.region_code, version=version, data=data)

    def wait(self, group: dict[str, Any], count: int = 1) -> list[Place]:
        """As many families more apply for the group, one after the other."""
        places = []
        for _ in range(count):
            family = self.family()
            places.append(Place(family, group, self.apply(family, group)["application_id"]))
        return places

    def do(self, method: str, place: Place, caller: Actor | None = None, **fields: Any) -> dict[str, Any]:
        """The place's family, or another, calls a method about its application."""
        body = {"application_id": place.application_id, **fields}
        return self.ask(caller or place.family.guardian, method, body)

    def decide(self, method: str, place: Place, **fields: Any) -> dict[str, Any]:
        """The provider's manager calls a method about an application to its group."""
        return self.do(method, place, self.manager(place.group), **fields)

    def seen(self, place: Place) -> dict[str, Any]:
        """The application as its family sees it."""
        return self.do("get_application", place)

    def status(self, place: Place) -> tuple[str, str | None]:
        """The application's status, and the reason if it ended."""
        seen = self.seen(place)
        return seen["status"], seen["reason"]

    def told(self, place: Place) -> list[tuple[str, int]]:
        """The application's events, shortened, with their versions."""
        own = (event for event in self.events() if event.subject == place.application_id)
        return [(event.type.removeprefix("enrollment.").removesuffix(".v1"), event.version) for event in own]

    def data_of(self, place: Place, event_type: str) -> dict[str, Any]:
        """The data of the application's last event of a type."""
        own = (event for event in self.events(event_type) if event.subject == place.application_id)
        return dict(list(own)[-1].data)

    def seats(self, group: dict[str, Any]) -> tuple[int, int, int]:
        """Capacity, taken and waiting of a group, which equal what its applications say."""
        row = self.sql(
            "SELECT capacity, taken, waiting, drafts FROM group_seats WHERE group_id = :id", id=group["group_id"]
        )
        statuses = self.sql("SELECT status FROM application WHERE group_id = :id", id=group["group_id"])
        found = Counter("taken" if status in SEATED else status for (status,) in statuses)
        capacity, *counts = row[0]
        assert counts == [found["taken"], found["waitlisted"], found["draft"]]
        return capacity, counts[0], counts[1]

    def provider(self, group: dict[str, Any], state: str, version: int) -> None:
        """The region suspends or activates the group's provider."""
        contract = catalog.PROVIDER_ACTIVATED if state == "active" else catalog.PROVIDER_SUSPENDED
        reason = "cleared" if state == "active" else "complaint_check"
        data = {"provider_id": group["provider_id"], "changed_at": self.now(), "reason": reason}
        subject, region = group["provider_id"], self.region_code
        self.hear(received(contract, subject=subject, region_code=region, version=version, data=data))

    def later(self, **time: float) -> datetime:
        """Move the clock on."""
        return self.set_clock(self.now() + timedelta(**time))

    def teacher(self, group: dict[str, Any]) -> Actor:
        return Actor(
            group["teacher_ids"][0], accounts.TEACHER, self.region_code, scope={"provider_id": group["provider_id"]}
        )

    def manager(self, group: dict[str, Any]) -> Actor:
        return Actor(new_id(), accounts.PROVIDER, self.region_code, scope={"provider_id": group["provider_id"]})

    def now(self) -> datetime:
        return datetime.fromisoformat(self.clock_file.read_text(encoding="utf-8"))

    def local_today(self) -> date:
        return self.now().astimezone(ZoneInfo(ZONE)).date()


@pytest.fixture(scope="session")
def transactions() -> Iterator[Transactions]:
    with service_database("enrollment") as url:
        engine = create(url, "enrollment-tests", pool_size=24)
        yield Transactions(engine)
        engine.dispose()


@pytest.fixture
def region(transactions: Transactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Region:
    """Region 38 at noon in Irkutsk, with an empty outbox and a stopped clock."""
    clock_file = tmp_path / "clock"
    monkeypatch.setenv("KRUZHOK_CLOCK_FILE", str(clock_file))
    region = Region(transactions, clock_file)
    region.set_clock(datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0))
    region.sql("DELETE FROM outbox")
    return region
