"""Providers and what they teach: programmes, and modules with their prices."""

import re
from dataclasses import dataclass

from catalog.domain.directions import DIRECTIONS
from chassis.errors import RuleViolated
from chassis.values import Amount

PROVIDER_KINDS = ("school", "club", "sport_school", "entrepreneur")
"""General school; institution or studio of supplementary education; sport school; individual entrepreneur.

Articles 23, 31 and 32 of the law on education (273-FZ).
"""
ENTREPRENEUR = "entrepreneur"
ACTIVE, SUSPENDED = "active", "suspended"
CLEARED, OWN_REQUEST = "cleared", "own_request"
PROGRAMME_STATES = ("draft", "published", "archived")
AGE_MIN, AGE_MAX = 5, 17
_NUMBERS = {False: (re.compile(r"\d{10}"), re.compile(r"\d{13}")), True: (re.compile(r"\d{12}"), re.compile(r"\d{15}"))}
"""INN and OGRN by whether a person or an organisation has them."""


@dataclass(frozen=True)
class Provider:
    """Who teaches, with its taxpayer's number (INN) and its number in the state's register (OGRN, OGRNIP)."""

    region_code: str
    provider_id: str
    kind: str
    name: str
    municipality_code: str
    inn: str
    ogrn: str


@dataclass(frozen=True)
class Teacher:
    """A teacher of a provider, named as families see it."""

    region_code: str
    teacher_id: str
    provider_id: str
    display_name: str


@dataclass(frozen=True)
class Programme:
    """What is taught, where, and to children of which ages (both included)."""

    region_code: str
    programme_id: str
    provider_id: str
    municipality_code: str
    title: str
    summary: str
    direction: str
    age_min: int
    age_max: int
    state: str = "published"


@dataclass(frozen=True)
class Module:
    """A part of a programme, at most a year long, with its price and the price that certificates may pay at most."""

    region_code: str
    module_id: str
    programme_id: str
    title: str
    price: Amount
    normative_price: Amount


def check_provider(provider: Provider) -> None:
    """Raises `RuleViolated` for an unknown kind, or numbers of another length than the kind has.

    An organisation has an INN of 10 and an OGRN of 13 digits, an entrepreneur of 12 and 15.
    """
    if provider.kind not in PROVIDER_KINDS:
        raise RuleViolated("provider_kind_unknown", "The provider's kind is not in the list.")
    inn, ogrn = _NUMBERS[provider.kind == ENTREPRENEUR]
    if not inn.fullmatch(provider.inn):
        raise RuleViolated("inn_wrong", "A taxpayer's number has ten digits, an entrepreneur's twelve.")
    if not ogrn.fullmatch(provider.ogrn):
        raise RuleViolated("ogrn_wrong", "A register number has thirteen digits, an entrepreneur's fifteen.")


def check_decision(state: str, reason: str) -> None:
    """Raises `RuleViolated` unless the reason fits: cleared admits, all others suspend, own request does both."""
    if reason != OWN_REQUEST and (state == ACTIVE) != (reason == CLEARED):
        raise RuleViolated("decision_reason_wrong", "The reason does not fit the decision.")


def check_programme(programme: Programme) -> None:
    """Raises `RuleViolated` for ages outside 5 to 17, or a direction or state that is not in the list."""
    if programme.direction not in DIRECTIONS or programme.state not in PROGRAMME_STATES:
        raise RuleViolated("direction_unknown", "The programme's direction or state is not in the list.")
    check_ages(programme.age_min, programme.age_max, AGE_MIN, AGE_MAX)


def check_module(module: Module) -> None:
    """Raises `RuleViolated` for a negative price or two units."""
    if module.price.unit != module.normative_price.unit:
        raise RuleViolated("price_units_differ", "Price and normative price have one unit.")
    if min(module.price.minor, module.normative_price.minor) < 0:
        raise RuleViolated("price_negative", "A price is zero or more.")


def check_ages(age_min: int, age_max: int, lowest: int, highest: int) -> None:
    """Raises `RuleViolated` unless lowest ≤ age_min ≤ age_max ≤ highest."""
    if not lowest <= age_min <= age_max <= highest:
        raise RuleViolated("ages_wrong", "The ages do not fit.", lowest=str(lowest), highest=str(highest))
