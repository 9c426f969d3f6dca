"""Contracts and services say the same."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from house import ROOT, STORED, service_class
from marshmallow import Schema, fields

from contracts import topology
from contracts.base import PUBLIC, Method
from contracts.registry import EVENTS, METHODS, PRODUCERS, READERS

PERSONAL = {
    "name", "names", "surname", "patronymic", "nickname", "birth", "birthday", "born", "mail", "email", "phone",
    "snils", "passport", "address", "street", "contact", "contacts", "password", "secret", "token", "link", "ip",
}  # fmt: skip
"""Words that no field of a public event has in its name."""
ANYTHING = (fields.Raw, fields.Field)
OF_NOBODY = {
    "accounts.child.registered.v1": {"born_on"},
    "accounts.child.changed.v1": {"born_on"},
    "catalog.municipality.published.v1": {"name"},
    "catalog.group.published.v1": {"provider_name"},
    "catalog.group.changed.v1": {"provider_name"},
}
"""Of a place and of an organisation; and the birthday that decides who may be enrolled, between services only."""


def fields_of(schema: Schema) -> Iterator[tuple[str, fields.Field[Any]]]:
    """All fields of a schema with their names, those inside of lists, dictionaries and records too."""
    for name, field in schema.fields.items():
        yield from _within(name, field)


def _within(name: str, field: fields.Field[Any]) -> Iterator[tuple[str, fields.Field[Any]]]:
    yield name, field
    if isinstance(field, fields.List):
        yield from _within(name, field.inner)
    elif isinstance(field, fields.Nested):
        yield from fields_of(field.schema)
    elif isinstance(field, fields.Mapping) and field.value_field:
        yield from _within(name, field.value_field)


def personal(schema: Schema) -> set[str]:
    """Field names with a word that tells of a person."""
    return {name for name, _ in fields_of(schema) if set(name.lower().split("_")) & PERSONAL}


def shapeless(schema: Schema) -> set[str]:
    """Fields that may hold anything under any name."""
    return {name for name, field in fields_of(schema) if isinstance(field, fields.Mapping) or type(field) in ANYTHING}


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.type)
def test_an_event_is_read_by_somebody_or_public(event: Any) -> None:
    assert event.public or any(event in events for events in READERS.values())


@pytest.mark.parametrize("event", [each for each in EVENTS.values() if each.public], ids=lambda event: event.type)
def test_a_public_event_holds_nothing_personal(event: Any) -> None:
    assert personal(event.schema()) == set()
    assert shapeless(event.schema()) == set()


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.type)
def test_no_event_holds_a_name_a_contact_or_a_secret(event: Any) -> None:
    assert personal(event.schema()) == OF_NOBODY.get(event.type, set())


@pytest.mark.parametrize(
    "name", ["child_name", "guardian_email", "phone_number", "home_address", "birth_date", "surname", "passport"]
)
def test_a_personal_word_is_found_wherever_it_stands(name: str) -> None:
    inner = Schema.from_dict({name: fields.String()})
    for field in (fields.String(), fields.List(fields.String())):
        assert personal(Schema.from_dict({name: field})()) == {name}
    for field in (fields.Nested(inner), fields.List(fields.Nested(inner)), fields.Dict(values=fields.Nested(inner))):
        assert personal(Schema.from_dict({"of": field})()) == {name}


@pytest.mark.parametrize("field", [fields.Dict(), fields.Raw(), fields.List(fields.Raw())])
def test_what_may_hold_anything_is_found(field: fields.Field[Any]) -> None:
    assert shapeless(Schema.from_dict({"of": field})()) == {"of"}
    assert shapeless(Schema.from_dict({"in": fields.Nested(Schema.from_dict({"of": field}))})()) == {"of"}


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
