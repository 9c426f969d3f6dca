"""Contracts and services say the same."""

import json
from typing import Any

import pytest
from house import ROOT, STORED, service_class
from marshmallow import Schema, fields

from contracts import topology
from contracts.base import PUBLIC, Method
from contracts.registry import EVENTS, METHODS, PRODUCERS, READERS

PERSONAL = (
    "name", "names", "given_name", "family_name", "patronymic", "full_name", "born_on", "birth", "email", "phone",
    "snils", "address", "contact", "contacts", "password", "token", "link",
)  # fmt: skip


def field_names(schema: Schema) -> set[str]:
    """All field names of a schema, nested ones too."""
    names = set()
    for name, field in schema.fields.items():
        names.add(name)
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            names |= field_names(inner.schema)
    return names


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.type)
def test_an_event_is_read_by_somebody_or_public(event: Any) -> None:
    assert event.public or any(event in events for events in READERS.values())


@pytest.mark.parametrize("event", [each for each in EVENTS.values() if each.public], ids=lambda event: event.type)
def test_a_public_event_holds_nothing_personal(event: Any) -> None:
    assert field_names(event.schema()) & set(PERSONAL) == set()


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.type)
def test_no_event_holds_a_name_a_contact_or_a_secret(event: Any) -> None:
    allowed = {"born_on"} if event.type.startswith("accounts.") else {"name"} if "municipality" in event.type else set()
    assert field_names(event.schema()) & set(PERSONAL) <= allowed


@pytest.mark.parametrize("service", STORED)
def test_a_service_handles_the_events_it_is_known_to_read(service: str) -> None:
    handled = {(each.contract.producer, each.contract.type) for each in service_class(service).handlers().values()}
    assert handled == {(event.producer, event.type) for event in READERS.get(service, ())}


@pytest.mark.parametrize("service", STORED)
def test_a_service_answers_the_methods_of_its_contract_and_no_others(service: str) -> None:
    cls = service_class(service)
    answered = set()
    for name in dir(cls):
        contract = getattr(getattr(cls, name, None), "contract", None)
        if contract is not None:
            known = cls.standard[contract] if isinstance(contract, str) else contract
            assert known.name == name and known.service == service
            answered.add(name)
    assert answered == {method.name for method in METHODS if method.service == service}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.service}.{method.name}")
def test_a_method_declares_who_may_call_it(method: Method) -> None:
    assert method.allow or method.peers or method.name == "log"
    assert PUBLIC not in method.allow or len(method.allow) == 1


def test_the_brokers_definitions_are_those_of_the_contracts() -> None:
    kept = json.loads((ROOT / "deploy" / "rabbitmq" / "definitions.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(topology.definitions()))


def test_nobody_but_the_gateway_may_call_a_method_for_people() -> None:
    peers = {f"{method.service}.{method.name}" for method in METHODS if method.peers}
    for module in PRODUCERS:
        for target, names in topology.callers(module.SERVICE).items():
            assert {f"{target}.{name}" for name in names} <= peers
