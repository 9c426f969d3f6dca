"""What is no event is parked with its reason in every service that hears its producer, and the queues flow on."""

import uuid
from pathlib import Path

import pika
import pytest
from sqlalchemy.orm import Session
from town import Town

from chassis import cli, parked
from chassis.testing import engine_of, wait_for
from contracts.registry import READERS, SERVICES

PRODUCERS = sorted({event.producer for events in READERS.values() for event in events})
BROKEN = {
    "not JSON": (b"{", {}, "application/json"),
    "another content type": (b"{}", {}, "text/plain"),
    "no headers of an event": (b"{}", None, "application/json"),
    "a body that breaks its schema": (b"{}", {}, "application/json"),
    "an unknown version": (b"{}", {"ce-type": "{type}9"}, "application/json"),
}


def poison(town: Town, producer: str, event_type: str) -> list[str]:
    """One of each kind, sent as the producer's own broker user; their ids."""
    with pika.BlockingConnection(pika.URLParameters(town.suite.amqp_url(producer))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        return [_publish(channel, producer, event_type, *broken) for broken in BROKEN.values()]


def _publish(channel: object, producer: str, event_type: str, body: bytes, extra: dict | None, kind: str) -> str:
    identity = str(uuid.uuid4())
    headers = {
        "ce-id": identity, "ce-type": event_type, "ce-source": f"/{producer}", "ce-specversion": "1.0",
        "ce-time": "2026-09-01T00:00:00+00:00", "ce-subject": "poison", "version": 1, "region": "38", "position": 1,
    }  # fmt: skip
    changed = {name: value.format(type=event_type) for name, value in (extra or {}).items()}
    properties = pika.BasicProperties(
        content_type=kind, message_id=identity, user_id=producer, delivery_mode=2,
        headers=headers | changed if extra is not None else {},
    )  # fmt: skip
    channel.basic_publish(f"{producer}.events", f"{event_type}.38", body, properties, mandatory=True)
    return identity


@pytest.mark.parametrize("producer", PRODUCERS)
def test_poison_is_parked_and_the_queue_flows_on(
    town: Town, producer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = {
        reader: event.type for reader, events in READERS.items() for event in events if event.producer == producer
    }
    sent = {event_type: poison(town, producer, event_type) for event_type in set(readers.values())}
    monkeypatch.setenv("KRUZHOK_ENV_DIR", str(tmp_path))
    for service in SERVICES:
        variables = town.suite.environment_of(service)
        lines = [f"{name}={variables[name]}" for name in ("KRUZHOK_DATABASE_URL",) if name in variables]
        (tmp_path / f"{service}.env").write_text("\n".join(lines))
    for reader, event_type in readers.items():
        assert all(all_parked(town, reader, sent[event_type]).values())
    assert cli.main(["parked", "drop", *(identity for ids in sent.values() for identity in ids)]) == 0
    assert [reasons(town, reader, sent[event_type]) for reader, event_type in readers.items()] == [{}] * len(readers)


def all_parked(town: Town, reader: str, identities: list[str]) -> dict[str, str]:
    """Why each of them is parked, once all are."""

    def found() -> dict[str, str] | None:
        known = reasons(town, reader, identities)
        return known if len(known) == len(identities) else None

    return wait_for(found, 10, f"{len(identities)} parked events of {reader}")


def reasons(town: Town, reader: str, identities: list[str]) -> dict[str, str]:
    """Why each of them is parked."""
    with Session(engine_of(town.suite.database_url[reader])) as session:
        return {each["event_id"]: each["error"] for each in parked.find(session, identities)}


def test_families_notice_nothing_of_it(town: Town) -> None:
    for producer in PRODUCERS:
        poison(town, producer, next(e.type for es in READERS.values() for e in es if e.producer == producer))
    family = town.family(town.door())
    family.enrol()
    family.covered(10)
