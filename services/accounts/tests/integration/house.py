"""Accounts on a real database, called as the bus calls it: with a context, a token or a peer, and a JSON body."""

import base64
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.service import AccountsService
from accounts.settings import Settings
from chassis import settings, tokens
from chassis.context import Context
from chassis.database import Transactions
from chassis.outbox import Received
from chassis.projections import FactMissing
from chassis.testing import apply, received, recorded
from contracts import accounts as contract
from contracts import catalog, enrollment
from contracts.base import Event, Method

PASSWORD = "a long enough password"
IRKUTSK, ANGARSK, KHASAVYURT = "25701000", "25703000", "82654000"
SNILS, OTHER_SNILS = "112-233-445 95", "001-001-997 00"


class CatalogLog:
    """Catalog's log as the chassis asks it: events of a subject that have not been delivered yet."""

    def __init__(self) -> None:
        self.undelivered: dict[str, Received] = {}
        self.asked: list[str] = []

    def fetch(self, service: AccountsService, missing: FactMissing) -> None:
        """Hand the asked subject's event, if there is one, to the service's handler."""
        self.asked.append(missing.fact_id)
        event = self.undelivered.pop(missing.fact_id, None)
        if event is not None:
            with service.transactions.writing() as session:
                apply(AccountsService, session, event)


@dataclass
class House:
    """The service with its database and its settings."""

    transactions: Transactions
    service: AccountsService
    catalog_log: CatalogLog = field(default_factory=CatalogLog)

    def call(self, method: Method, *, bearer: str = "", peer: str = "", key: str = "", **fields: Any) -> dict[str, Any]:
        """The method's answer to one call, or its refusal."""
        context = Context(token=bearer, peer=peer, idempotency_key=key or str(uuid.uuid4()))
        answer: dict[str, Any] = getattr(self.service, method.name)(context, fields)
        return answer

    def hear(self, event: Received) -> None:
        """Let the service's handler have an event."""
        with self.transactions.writing() as session:
            apply(AccountsService, session, event)

    def events(self, event: Event | None = None) -> list[Received]:
        """What the service announced so far."""
        with self.transactions.reading() as session:
            return [each for each in recorded(session) if event is None or each.type == event.type]

    def register(self, email: str, region_code: str = "38", **fields: Any) -> dict[str, Any]:
        """Send the form."""
        form: dict[str, Any] = {
            "email": email,
            "password": PASSWORD,
            "full_name": "Примерова Анна Ивановна",
            "consent": True,
        }
        return self.call(contract.REGISTER_GUARDIAN, **(form | {"region_code": region_code} | fields))

    def mailed_token(self) -> str:
        """The token of the mail that the newest registration causes."""
        newest = self.events(contract.GUARDIAN_REGISTERED)[-1]
        mailing = self.call(
            contract.GET_MAILING_ADDRESS, peer="notifications", user_id=newest.subject, purpose="email_confirmation"
        )
        token: str = mailing["token"]
        return token

    def confirm(self, token: str) -> dict[str, Any]:
        """Follow the link."""
        return self.call(contract.CONFIRM_EMAIL, token=token)

    def sign_in(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Open a session."""
        return self.call(contract.SIGN_IN, email=email, password=password)

    def guardian(self, email: str = "anna@example.org", region_code: str = "38") -> str:
        """The access token of a registered, confirmed and signed-in guardian."""
        self.register(email, region_code)
        self.confirm(self.mailed_token())
        token: str = self.sign_in(email)["access_token"]
        return token

    def child(self, token: str, **fields: Any) -> dict[str, Any]:
        """Register a child."""
        form = {"family_name": "Примерова", "given_name": "Мария", "patronymic": "Петровна", "born_on": "2016-04-12"}
        return self.call(contract.REGISTER_CHILD, bearer=token, **(form | {"municipality_code": IRKUTSK} | fields))


def furnished(transactions: Transactions, environment: dict[str, str]) -> House:
    """A house with keys of its own, where catalog's facts have arrived."""
    private, public = key_pair()
    common = {"KRUZHOK_TOKEN_PUBLIC_KEY": public, "KRUZHOK_AMQP_URL": "amqp://unused"}
    loaded = settings.load(Settings, environment | keys(private) | common)
    service: Any = AccountsService()
    service.transactions, service.settings = transactions, loaded
    service.verify = tokens.Verifier(loaded.token_public_key).verify
    house = House(transactions, service)
    service.sources = house.catalog_log
    for event in catalog_facts():
        house.hear(event)
    return house


def keys(private: str) -> dict[str, str]:
    """The secrets that only accounts has."""
    return {
        "ACCOUNTS_TOKEN_PRIVATE_KEY": private,
        "ACCOUNTS_SNILS_KEY": base64.b64encode(os.urandom(32)).decode(),
        "ACCOUNTS_SNILS_INDEX_KEY": base64.b64encode(os.urandom(32)).decode(),
    }


def key_pair() -> tuple[str, str]:
    """A private and a public Ed25519 key as PEM."""
    private = Ed25519PrivateKey.generate()
    return (
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


def region_published(region_code: str, time_zone: str, version: int = 1) -> Received:
    """Catalog says that a region works here."""
    data = {"region_code": region_code, "time_zone": time_zone}
    return received(catalog.REGION_PUBLISHED, subject=region_code, region_code=region_code, version=version, data=data)


def municipality_published(region_code: str, code: str, payer_code: str, version: int = 1) -> Received:
    """Catalog says that a municipality belongs to a region."""
    data = {"municipality_code": code, "region_code": region_code, "payer_code": payer_code, "name": "Посёлок"}
    return received(catalog.MUNICIPALITY_PUBLISHED, subject=code, region_code=region_code, version=version, data=data)


def catalog_facts() -> Iterator[Received]:
    """Two regions with three municipalities."""
    yield region_published("38", "Asia/Irkutsk")
    yield region_published("05", "Europe/Moscow")
    yield municipality_published("38", IRKUTSK, "01")
    yield municipality_published("38", ANGARSK, "03")
    yield municipality_published("05", KHASAVYURT, "54")


def enrolled(child_id: str, provider_id: str, region_code: str = "38", application_id: str | None = None) -> Received:
    """Enrollment says that a child is enrolled with a provider."""
    some = application_id or str(uuid.uuid4())
    data = {
        "enrollment_id": some,
        "application_id": some,
        "child_id": child_id,
        "group_id": some,
        "module_id": some,
        "programme_id": some,
        "provider_id": provider_id,
        "direction": "technical",
        "payer_municipality_code": IRKUTSK,
        "time_zone": "Asia/Irkutsk",
        "submitted_at": "2020-09-01T04:00:00+00:00",
        "enrolled_at": "2020-09-01T04:00:01+00:00",
        "enrolled_on": "2020-09-01",
        "group_starts_on": "2020-09-01",
        "group_ends_on": "2021-05-31",
        "price": {"value": "9000.00", "unit": "RUB"},
        "normative_price": {"value": "8000.00", "unit": "RUB"},
        "terms_version": 1,
        "offer_id": some,
        "accepted_by": some,
        "lessons": [],
    }
    return received(enrollment.ENROLLED, subject=some, region_code=region_code, data=data)


def applied(child_id: str, provider_id: str, region_code: str = "38") -> Received:
    """Enrollment says that a child applied to a provider."""
    some = str(uuid.uuid4())
    data = {
        "application_id": some,
        "child_id": child_id,
        "group_id": some,
        "programme_id": some,
        "provider_id": provider_id,
        "submitted_at": "2020-09-01T04:00:00+00:00",
    }
    return received(enrollment.APPLICATION_SUBMITTED, subject=some, region_code=region_code, data=data)


def cancelled(application: Received) -> Received:
    """Enrollment says that this application ended before an enrolment."""
    end = {"cancelled_at": "2020-09-03T04:00:00+00:00", "by": "family", "reason": "changed_mind"}
    return _follows(application, enrollment.APPLICATION_CANCELLED, {**application.data, **end})


def withdrawn(enrolment: Received, effective_on: str) -> Received:
    """Enrollment says that the child left; `effective_on` is its last day."""
    end = {"withdrawn_at": "2020-09-03T04:00:00+00:00", "by": "provider", "reason": "moved_away"}
    return _follows(enrolment, enrollment.WITHDRAWN, {**_ended(enrolment), "effective_on": effective_on, **end})


def completed(enrolment: Received, effective_on: str) -> Received:
    """Enrollment says that the group ended with the child in it."""
    end = {"effective_on": effective_on, "completed_at": "2021-06-01T04:00:00+00:00"}
    return _follows(enrolment, enrollment.COMPLETED, {**_ended(enrolment), **end})


def _ended(enrolment: Received) -> dict[str, Any]:
    names = ("enrollment_id", "child_id", "group_id", "programme_id", "provider_id")
    return {name: enrolment.data[name] for name in names}


def _follows(first: Received, event: Event, data: dict[str, Any]) -> Received:
    return received(event, subject=first.subject, region_code=first.region_code, version=first.version + 1, data=data)
