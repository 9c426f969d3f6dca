"""One trace from the request to the last event, and nobody's data in logs, events or any service but accounts."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pika
import pytest
import requests
from families import Door, Family, Person, mark, new_key, open_page
from storm import settle, today
from town import STORED, Town

from chassis.testing import infra, wait_for
from contracts.registry import EVENTS

PATHS = {
    "application": {
        "gateway": {"responded"},
        "enrollment": {"answered", "billing.contract.activated.v1"},
        "certificates": {"enrollment.enrolled.v1"},
        "billing": {"enrollment.enrolled.v1", "certificates.certificate.issued.v1"},
        "accounts": {"enrollment.enrolled.v1"},
        "catalog": {"enrollment.seats.changed.v1"},
        "notifications": {
            "enrollment.enrolled.v1", "certificates.certificate.issued.v1", "billing.certificate.credited.v1",
            "billing.contract.activated.v1",
        },
    },
    "mark": {
        "gateway": {"responded"},
        "enrollment": {"answered"},
        "billing": {"enrollment.attendance.recorded.v1"},
        "notifications": {"billing.debit.posted.v1"},
    },
}  # fmt: skip
"""What each service logs of one request: a kind of line, or the type of an applied event."""
SMUGGLED = secrets.token_hex(12)
FOREIGN_NAMES = ("X-Secret", "Cookie", "X-Correlation-Id", "nameko.anything", "nameko.correlation_id", "ce-id")
FOREIGN = dict.fromkeys(FOREIGN_NAMES, SMUGGLED)
"""What a caller adds to every request, and nobody asked for."""
KNOWN_HEADERS = {
    "call": {
        "nameko.token", "nameko.idempotency_key", "nameko.correlation_id", "nameko.remaining_ms", "traceparent",
    },
    "event": {
        "ce-id", "ce-type", "ce-source", "ce-time", "ce-subject", "ce-specversion", "version", "position", "region",
        "traceparent", "correlation-id",
    },
}  # fmt: skip
EMITTED = {
    "application": {
        "enrollment.application.submitted.v1", "enrollment.enrolled.v1", "enrollment.seats.changed.v1",
        "certificates.certificate.issued.v1", "billing.certificate.credited.v1", "billing.contract.activated.v1",
    },
    "mark": {"enrollment.attendance.recorded.v1", "billing.debit.posted.v1"},
}  # fmt: skip


@dataclass
class Played:
    """One family's journey, and everything that was overheard of it."""

    family: Family
    trace: dict[str, str] = field(default_factory=dict)
    correlation: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[Any, Any, bytes]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)


class Overheard:
    """Queues of ours on every exchange of the suite."""

    def __init__(self, vhost: str) -> None:
        url = f"{infra().amqp_admin_url}{vhost}"
        self.channel = pika.BlockingConnection(pika.URLParameters(f"{url}?heartbeat=0")).channel()
        for exchange in ("nameko-rpc", *(f"{service}.events" for service in STORED)):
            self.channel.queue_declare(f"overheard-{exchange}", exclusive=True)
            self.channel.queue_bind(f"overheard-{exchange}", exchange, "#")

    def messages(self) -> Iterator[tuple[Any, Any, bytes]]:
        for exchange in ("nameko-rpc", *(f"{service}.events" for service in STORED)):
            while (got := self.channel.basic_get(f"overheard-{exchange}", auto_ack=True))[0] is not None:
                yield got

    def close(self) -> None:
        self.channel.connection.close()


class Named(Door):
    """A door that remembers the last answer's correlation id, and hands in more headers than were asked for."""

    correlation_id = ""

    def once(self, method: str, path: str, **request: Any) -> requests.Response | None:
        headers = {**FOREIGN, **(request.pop("headers", None) or {})}
        answer = super().once(method, path, headers=headers, **request)
        if answer is not None:
            self.correlation_id = answer.headers["X-Correlation-Id"]
        return answer


@pytest.fixture(scope="module")
def played(town: Town) -> Iterator[Played]:
    with town.servers.in_use():
        overheard = Overheard(town.suite.vhost)
        try:
            played = play(town)
            settle(town)
            played.messages = list(overheard.messages())
        finally:
            overheard.close()
        yield played


def play(town: Town) -> Played:
    """Everything that a family does, and some of it wrong."""
    family = Family(Named(town.urls), region_code="38")
    played = Played(family)
    family.register(town.suite.mail)
    mistakes(town, family)
    family.choose()
    trace(played, family, "application")
    family.apply()
    played.correlation["application"] = family.door.correlation_id
    family.traceparent = ""
    family.covered()
    teacher = town.staff(Named(town.urls), "teacher")
    open_page(teacher, family, today("38"))
    trace(played, teacher, "mark")
    mark(teacher, family)
    played.correlation["mark"] = teacher.door.correlation_id
    family.charged()
    wait_for(lambda: len(notices(town, family)) >= 5, 30, "all notices by mail")
    played.secrets = secrets_of(family)
    return played


def trace(played: Played, person: Person, step: str) -> None:
    """From here on the person's requests are in a trace of this step's own."""
    played.trace[step] = secrets.token_hex(16)
    person.traceparent = f"00-{played.trace[step]}-{secrets.token_hex(8)}-01"


def mistakes(town: Town, family: Family) -> None:
    """A wrong password, a wrong token, malformed fields: errors are where data likes to leak."""
    door = town.door()
    child = {
        "family_name": f"{family.name.capitalize()}ова", "given_name": f"{family.name}-1", "born_on": "15.01.2016",
        "municipality_code": "1", "snils": "123-456-789 00", family.email: family.password,
    }  # fmt: skip
    door.once("POST", "/sessions", json={"email": family.email, "password": f"wrong {family.password}"})
    door.once("GET", "/me", headers={"Authorization": f"Bearer {family.token[:-3]}xyz"})
    door.once("POST", "/children", json=child, headers={**family.headers, "Idempotency-Key": new_key()})
    door.once("GET", f"/operations/{family.email}", headers=family.headers)
    door.once("POST", "/email-confirmations", json={"token": f"{family.known['confirmation_token']}x"})
    twice = {"email": family.email, "password": family.password, "full_name": family.name, "region_code": "38"}
    door.once("POST", "/registrations", json={**twice, "consent": True}, headers={"Idempotency-Key": new_key()})


def notices(town: Town, family: Family) -> list[Path]:
    """The mails that the family got."""
    return [path for path in town.suite.mail.glob("new/*") if family.email.encode() in path.read_bytes()]


def secrets_of(family: Family) -> dict[str, str]:
    """What nobody but accounts may keep, and what not even accounts may keep as it is."""
    child = family.known["child"]
    return {
        "e-mail": family.email.partition("@")[0],
        "name": family.name,
        "given name": family.name[::-1],
        "password": family.password,
        "access token": family.token,
        "signature of the token": family.token.rpartition(".")[2],
        "confirmation token": family.known["confirmation_token"],
        "SNILS": child["snils"],
        "digits of the SNILS": "".join(filter(str.isdigit, child["snils"])),
    }


def found_in(text: str, wanted: dict[str, str]) -> list[str]:
    """Which of these stand in the text, in whatever case, escaped or not."""
    plain = text.casefold()
    return [
        what
        for what, value in wanted.items()
        if value.casefold() in plain or json.dumps(value)[1:-1].casefold() in plain
    ]


@pytest.mark.parametrize("step", PATHS)
def test_one_trace_and_one_correlation_id_reach_every_service(town: Town, played: Played, step: str) -> None:
    seen: dict[str, set[str]] = {}
    correlations: set[str] = set()
    for process in town.processes():
        for line in process.log_lines():
            if line.get("trace_id") == played.trace[step]:
                correlations.add(line["correlation_id"])
                kind = line["type"] if line["event"] == "applied" else line["event"]
                seen.setdefault(process.module, set()).add(kind)
    assert correlations == {played.correlation[step]}
    for service, wanted in PATHS[step].items():
        assert wanted <= seen.get(service, set()), service


@pytest.mark.parametrize("step", PATHS)
def test_the_events_on_the_bus_carry_the_trace(played: Played, step: str) -> None:
    carried = {
        properties.headers["ce-type"]
        for _, properties, _ in played.messages
        if properties.type in EVENTS
        and properties.headers.get("traceparent", "").split("-")[1:2] == [played.trace[step]]
        and properties.headers.get("correlation-id") == played.correlation[step]
    }
    assert carried >= EMITTED[step]


def test_no_log_line_holds_anything_of_the_family(town: Town, played: Played) -> None:
    for process in town.processes():
        lines = process.output.read_text(encoding="utf-8").splitlines()
        assert [(found, line) for line in lines if (found := found_in(line, played.secrets))] == []
        assert all(line.startswith("{") for line in lines), process.output


def test_no_event_and_no_row_that_carries_one_holds_anything_of_the_family(town: Town, played: Played) -> None:
    events = [each for each in played.messages if each[1].type in EVENTS]
    assert len(events) > 10
    for _, properties, body in events:
        assert found_in(f"{properties} {body.decode()}", played.secrets) == [], properties.type
    for service in STORED:
        for table in ("outbox", "inbox", "fact", "event_cursor"):
            rows = town.rows(service, f"SELECT each::text FROM {table} AS each")
            assert [row for row in rows if found_in(row[0], played.secrets)] == [], (service, table)


@pytest.mark.parametrize("service", [service for service in STORED if service != "accounts"])
def test_no_other_service_s_database_knows_a_name_or_a_contact(town: Town, played: Played, service: str) -> None:
    for table in tables(town, service):
        rows = town.rows(service, f'SELECT each::text FROM "{table}" AS each')
        assert [row for row in rows if found_in(row[0], played.secrets)] == [], table


def test_accounts_keeps_no_password_token_or_number_as_it_is(town: Town, played: Played) -> None:
    kept = ("e-mail", "name", "given name")
    wanted = {what: value for what, value in played.secrets.items() if what not in kept}
    texts = {
        table: [row[0] for row in town.rows("accounts", f'SELECT each::text FROM "{table}" AS each')]
        for table in tables(town, "accounts")
    }
    assert any(found_in(text, {"e-mail": played.secrets["e-mail"]}) for text in texts["login"])
    for table, rows in texts.items():
        assert [row for row in rows if found_in(row, wanted)] == [], table


def tables(town: Town, service: str) -> list[str]:
    """The service's tables."""
    return [row.tablename for row in town.rows(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def test_what_people_ask_and_are_told_is_never_written_to_the_broker_s_disk(played: Played) -> None:
    calls = [each for each in played.messages if each[0].exchange == "nameko-rpc"]
    assert any(found_in(body.decode(), {"e-mail": played.secrets["e-mail"]}) for _, _, body in calls)
    assert {properties.delivery_mode for _, properties, _ in calls} == {1}


@pytest.mark.parametrize("kind", KNOWN_HEADERS)
def test_of_what_callers_put_into_headers_only_what_is_known_goes_on(played: Played, kind: str) -> None:
    calls = [each for each in played.messages if each[0].exchange == "nameko-rpc"]
    chosen = calls if kind == "call" else [each for each in played.messages if each[1].type in EVENTS]
    assert {name for _, properties, _ in chosen for name in properties.headers or {}} == KNOWN_HEADERS[kind]
    assert [properties for _, properties, body in chosen if SMUGGLED in f"{properties} {body.decode()}"] == []


def test_no_service_notes_or_keeps_what_callers_put_into_foreign_headers(town: Town, played: Played) -> None:
    assert played.messages
    for process in town.processes():
        assert SMUGGLED not in process.output.read_text(encoding="utf-8"), process.module
    for service in STORED:
        for table in ("outbox", "inbox", "command"):
            assert not town.rows(service, f"SELECT 1 FROM {table} AS each WHERE each::text LIKE '%{SMUGGLED}%'")
