"""An invented region: its funding, children, groups and lessons, told to billing as its neighbours tell them."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from billing import commands, queries
from billing.commands.opening import NewProgramme, open_period, open_programme
from billing.domain.policy import Policy
from billing.models import Contract, Pocket
from billing.service import BillingService
from chassis import clock
from chassis.context import Actor
from chassis.database import Transactions
from chassis.outbox import Received
from chassis.testing import apply, received, recorded
from chassis.values import Amount
from contracts import accounts, certificates, enrollment

ZONE = "Asia/Irkutsk"
PERIOD = (date(2026, 9, 1), date(2027, 8, 31))
DAY = timedelta(days=7)
POLICY = Policy(absent_percent=100, ill_percent=0, excused_percent=0)


def new_id() -> str:
    return str(uuid.uuid4())


def rub(minor: int) -> dict[str, str]:
    return Amount(minor, "RUB").to_wire()


@dataclass
class Child:
    child_id: str = field(default_factory=new_id)
    guardian_id: str = field(default_factory=new_id)
    certificate_id: str = field(default_factory=new_id)
    born_on: date = date(2016, 4, 12)


@dataclass(frozen=True)
class Group:
    """A group with a lesson every Monday; prices in hundredths."""

    starts_on: date = date(2026, 9, 7)
    ends_on: date = date(2027, 5, 31)
    price: int = 900000
    normative: int = 800000
    group_id: str = field(default_factory=new_id)
    provider_id: str = field(default_factory=new_id)
    lesson_ids: tuple[str, ...] = field(default_factory=lambda: tuple(new_id() for _ in range(60)))
    direction: str = "technical"

    @property
    def lessons(self) -> list[dict[str, Any]]:
        days = ((self.ends_on - self.starts_on).days // 7) + 1
        return [
            {"lesson_id": self.lesson_ids[number], "number": number + 1, "on": self.starts_on + number * DAY}
            for number in range(days)
        ]

    def lesson_on(self, on: date) -> str:
        return next(each["lesson_id"] for each in self.lessons if each["on"] == on)


@dataclass
class World:
    transactions: Transactions
    region_code: str
    municipality_code: str = "25701000"
    period_id: str = field(default_factory=new_id)
    programme_id: str = field(default_factory=new_id)

    def open_period(self) -> None:
        with self.transactions.writing() as session:
            open_period(
                session,
                self.region_code,
                self.period_id,
                starts_on=PERIOD[0],
                ends_on=PERIOD[1],
                closes_at=datetime(2027, 9, 30, 16, tzinfo=UTC),
                time_zone=ZONE,
            )

    def open_programme(
        self,
        budget: int = 100_000_000,
        nominal: int = 1_000_000,
        policy: Policy = POLICY,
        municipality_code: str | None = None,
        unit: str = "RUB",
        **rules: Any,
    ) -> str:
        programme_id = new_id() if municipality_code else self.programme_id
        with self.transactions.writing() as session:
            new = NewProgramme(
                programme_id=programme_id,
                period_id=self.period_id,
                municipality_code=municipality_code or self.municipality_code,
                payer_name="Иркутск",
                nominal=Amount(nominal, unit),
                policy=policy,
                **rules,
            )
            basis = "Вымышленное постановление"
            opened = open_programme(session, self.region_code, new, budget=Amount(budget, unit), basis=basis)
        assert opened
        return programme_id

    def guardian(self, child: Child) -> Actor:
        return Actor(child.guardian_id, "guardian", self.region_code)

    def officer(self, municipality_code: str | None = None) -> Actor:
        code = municipality_code or self.municipality_code
        return Actor(new_id(), "municipality", self.region_code, scope={"municipality_code": code})

    def hear(self, *events: Received) -> None:
        """Run the handlers, each in its own transaction, with what they would see of the event and no more."""
        for event in events:
            with self.hearing_open(event):
                pass

    def hear_together(self, *pages: Received) -> None:
        """Run the handler of lesson pages for all of them in one transaction."""
        handler = BillingService.handlers()[pages[0].type]
        seen = [replace(each, data={name: each.data[name] for name in handler.schema.fields}) for each in pages]
        with self.transactions.writing() as session:
            handler.hand_over(None, session, seen)

    @contextmanager
    def hearing_open(self, event: Received) -> Iterator[None]:
        """Run the handler; its transaction commits at the end of the block."""
        seen = BillingService.handlers()[event.type].schema.fields
        narrowed = replace(event, data={name: event.data[name] for name in seen})
        with self.transactions.writing() as session:
            apply(BillingService, session, narrowed)
            yield

    def event(self, contract: Any, subject: str, data: Mapping[str, Any], version: int = 1) -> Received:
        return received(contract, subject=subject, data=data, region_code=self.region_code, version=version)

    def registered(self, child: Child) -> Received:
        data = {
            "child_id": child.child_id,
            "guardian_ids": [child.guardian_id],
            "born_on": child.born_on,
            "municipality_code": self.municipality_code,
            "payer_code": "01",
            "time_zone": ZONE,
        }
        return self.event(accounts.CHILD_REGISTERED, child.child_id, data)

    def issued(self, child: Child) -> Received:
        data = {
            "certificate_id": child.certificate_id,
            "number": "3801000001",
            "child_id": child.child_id,
            "payer_municipality_code": self.municipality_code,
            "valid_from": clock.today(ZONE),
            "valid_until": child.born_on.replace(year=child.born_on.year + 18),
            "issued_at": clock.now(),
        }
        return self.event(certificates.CERTIFICATE_ISSUED, child.certificate_id, data)

    def terms(self, group: Group, **changes: Any) -> dict[str, Any]:
        return {
            "group_id": group.group_id,
            "region_code": self.region_code,
            "provider_id": group.provider_id,
            "title": "Робототехника",
            "time_zone": ZONE,
            "starts_on": group.starts_on,
            "ends_on": group.ends_on,
            "price": rub(group.price),
            "normative_price": rub(group.normative),
            "terms_version": 1,
            "lessons_on": [each["on"] for each in group.lessons],
            "direction": group.direction,
        } | changes

    def offer(self, child: Child, group: Group, **changes: Any) -> dict[str, Any]:
        with self.transactions.writing() as session:
            request = {"child_id": child.child_id, "terms": self.terms(group, **changes)}
            return commands.make_offer(session, self.guardian(child), request, timedelta(hours=24))

    def enrolled(self, child: Child, group: Group, offer_id: str, **changes: Any) -> Received:
        enrollment_id = changes.pop("enrollment_id", None) or new_id()
        version = changes.pop("version", 1)
        now = clock.now()
        data = {
            "enrollment_id": enrollment_id,
            "application_id": enrollment_id,
            "child_id": child.child_id,
            "group_id": group.group_id,
            "module_id": new_id(),
            "programme_id": new_id(),
            "provider_id": group.provider_id,
            "direction": group.direction,
            "payer_municipality_code": self.municipality_code,
            "time_zone": ZONE,
            "submitted_at": now,
            "enrolled_at": now,
            "enrolled_on": clock.today(ZONE),
            "group_starts_on": group.starts_on,
            "group_ends_on": group.ends_on,
            "price": rub(group.price),
            "normative_price": rub(group.normative),
            "terms_version": 1,
            "offer_id": offer_id,
            "accepted_by": child.guardian_id,
            "lessons": group.lessons,
        } | changes
        return self.event(enrollment.ENROLLED, enrollment_id, data, version)

    def marked(
        self, group: Group, on: date, marks: Mapping[str, str] | Iterable[tuple[str, str]], page_version: int = 1
    ) -> Received:
        lesson_id = group.lesson_on(on)
        data = {
            "lesson_id": lesson_id,
            "group_id": group.group_id,
            "provider_id": group.provider_id,
            "lesson_on": on,
            "page_version": page_version,
            "marks": [{"enrollment_id": each, "mark": mark} for each, mark in dict(marks).items()],
        }
        return self.event(enrollment.ATTENDANCE_RECORDED, lesson_id, data, page_version)

    def enrol(self, group: Group | None = None, child: Child | None = None) -> tuple[Child, Group, str]:
        """A child with a certificate, enrolled with an accepted offer; its enrolment's id."""
        child, group = child or Child(), group or Group()
        self.hear(self.registered(child))
        offer = self.offer(child, group)
        event = self.enrolled(child, group, offer["offer_id"])
        self.hear(event, self.issued(child))
        return child, group, event.subject

    def contract(self, enrollment_id: str) -> Contract:
        with self.transactions.reading() as session:
            query = select(Contract).filter_by(region_code=self.region_code, enrollment_id=enrollment_id)
            contract = session.scalars(query).one()
            session.expunge(contract)
            return contract

    def pocket(self, child: Child) -> tuple[int, int]:
        """(available, held) of the child's pocket, in hundredths."""
        with self.transactions.reading() as session:
            query = select(Pocket).filter_by(region_code=self.region_code, certificate_id=child.certificate_id)
            pocket = session.scalars(query).one()
            return pocket.available_minor, pocket.held_minor

    def account(self, child: Child) -> dict[str, Any]:
        with self.transactions.reading() as session:
            return queries.get_certificate_account(session, self.guardian(child), child.child_id)

    def operations(self, child: Child, limit: int = 100, cursor: str | None = None) -> dict[str, Any]:
        request = {"child_id": child.child_id, "limit": limit, "cursor": cursor}
        with self.transactions.reading() as session:
            return queries.list_operations(session, self.guardian(child), request)

    def kinds(self, child: Child) -> list[tuple[str, str, str]]:
        """(kind, cause, amount) of the child's operations, oldest first."""
        items = self.operations(child)["items"]
        return [(each["kind"], each["cause"], each["amount"]["value"]) for each in reversed(items)]

    def budget(self, municipality_code: str | None = None) -> dict[str, Any]:
        with self.transactions.reading() as session:
            (budget,) = queries.list_budgets(session, self.officer(municipality_code))["items"]
            return dict(budget)

    def allocate(self, minor: int, **changes: Any) -> dict[str, Any]:
        request = {
            "funding_programme_id": self.programme_id,
            "amount": rub(minor),
            "basis": "Вымышленное постановление № 2",
        } | changes
        with self.transactions.writing() as session:
            return commands.allocate_budget(session, self.officer(), request)

    def events(self, *contracts: Any) -> list[Received]:
        """What billing announced in this region, in order; of these types, if any are named."""
        types = {contract.type for contract in contracts}
        with self.transactions.reading() as session:
            return [
                each
                for each in recorded(session)
                if each.region_code == self.region_code and (not types or each.type in types)
            ]

    def balances(self) -> dict[str, int]:
        """Every account of the ledger of this region with its sum."""
        query = text(
            "SELECT account || ' ' || concat_ws(' ', municipality_code, programme_id, certificate_id, contract_id,"
            " provider_id) AS name, sum(amount_minor) AS total FROM posting WHERE region_code = :region_code"
            " GROUP BY 1 ORDER BY 1"
        )
        with self.transactions.reading() as session:
            return {name: int(total) for name, total in session.execute(query, {"region_code": self.region_code})}
