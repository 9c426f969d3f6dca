"""Every remote method, called straight over AMQP as the gateway's broker user: each service decides for itself.

Parametrised over the contracts, so that a method without protection fails here on the day it is added.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pika
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from families import Family, mark, new_key, new_name, open_page
from storm import today
from town import Town
from valid_requests import valid_request

from chassis import tokens
from chassis.context import Actor
from chassis.testing import RpcClient, wait_for
from chassis.testing.broker import api
from contracts import accounts, catalog
from contracts.accounts import GUARDIAN, MUNICIPALITY, PROVIDER, REGION, ROLES, TEACHER
from contracts.base import PUBLIC, Method
from contracts.registry import METHODS
from contracts.topology import RPC_EXCHANGE

PUBLIC_ON_PURPOSE = {
    accounts.REGISTER_GUARDIAN,
    accounts.CONFIRM_EMAIL,
    accounts.SIGN_IN,
    accounts.REFRESH_SESSION,
    catalog.LIST_REGIONS,
    catalog.LIST_MUNICIPALITIES,
    catalog.LIST_DIRECTIONS,
    catalog.SEARCH_PROGRAMMES,
    catalog.GET_PROGRAMME,
    catalog.GET_GROUP,
    catalog.GET_GROUP_TERMS,
}
PERSONAL = [method for method in METHODS if method.allow and PUBLIC not in method.allow]
CLOSED = [method for method in METHODS if not method.allow]
WITHOUT_OBJECTS = {"list_pupils": {"items": []}, "find_operation": {"status": "unknown"}}
"""What methods answer that are asked for things by name and tell nobody that these exist."""
REFUSED = {"NotFound", "Forbidden"}
SAID_NO = {"InvalidInput", "RuleViolated", "Conflict"}
HARMLESS = {"effective_on": "2020-01-01", "decision": "rejected", "starts_at": "10:00", "ends_at": "11:00"}
"""With these an owner's command is refused by a rule, or does nothing that spoils the family for the next test."""
OTHER_MUNICIPALITY = "25703000"


def ids(method: Method) -> str:
    return f"{method.service}.{method.name}"


@dataclass
class House:
    """One family's things, their owners' tokens, and strangers of every role."""

    town: Town
    client: RpcClient
    family: Family
    known: dict[str, Any]
    owners: dict[str, str]
    strangers: dict[str, dict[str, str]]
    last_lesson_id: str
    """Of the family's group: nobody misses it when it is cancelled."""
    marks: set[str] = field(default_factory=set)
    """Texts that only an owner may be shown."""

    def request(self, method: Method) -> dict[str, Any]:
        """A valid request that names the family's things, and a new child where one is made."""
        fresh = {"family_name": new_name().capitalize(), "given_name": "Мария"} if method.command else {}
        known = self.known | ({"lesson_id": self.last_lesson_id} if method.name == "cancel_lesson" else {})
        return valid_request(method.request, known | fresh)

    def call(self, method: Method, token: str, request: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The reply as it came."""
        body = self.request(method) if request is None else request
        return self.client.call(method.service, method.name, body, token=token, key=new_key(), timeout_seconds=8)

    def refusal(self, method: Method, token: str) -> tuple[str, str]:
        """The kind and code of the refusal."""
        reply = self.call(method, token)
        assert reply["error"], f"{ids(method)} answered {reply['result']}"
        return reply["error"]["exc_type"], reply["error"]["exc_args"][0]

    def state(self) -> str:
        """Everything of the family that an owner sees and a stranger could have changed."""
        return json.dumps([self.call(each, self.owners[_reader(each)])["result"] for each in PERSONAL if _reads(each)])


def _reads(method: Method) -> bool:
    return not method.command and method.name not in ("find_operation", "list_regions")


def _reader(method: Method) -> str:
    return GUARDIAN if GUARDIAN in method.allow else min(method.allow)


@pytest.fixture(scope="module")
def house(town: Town) -> Iterator[House]:
    door = town.door()
    family, neighbour, far_away = town.family(door), town.family(door), town.family(door, "05")
    teacher, provider, municipality, region = (town.staff(door, role) for role in ROLES if role != GUARDIAN)
    family.enrol()
    family.covered()
    open_page(teacher, family, today("38"))
    mark(teacher, family)
    family.charged()
    budget = municipality.ask("GET", "/municipality/budgets")["items"][0]
    message = family.until("a message", lambda: family.ask("GET", "/messages")["items"])[-1]
    certificate = family.known["certificate"]
    known = {
        "child_id": family.known["child_id"], "child_ids": [family.known["child_id"]],
        "group_id": family.known["group_id"], "offer_id": family.known["offer"]["offer_id"],
        "application_id": family.known["application_id"], "enrollment_id": family.known["application_id"],
        "lesson_id": family.known["lesson_id"], "message_id": message["message_id"],
        "funding_programme_id": budget["funding_programme_id"], "mark": "present", "key": family.keys[-1],
        "born_on": "2016-01-15", "certificate_id": certificate["certificate_id"], "number": certificate["number"],
        "provider_id": provider.ask("GET", "/me")["provider_id"], "on": today("38"),
        "period_id": municipality.ask("GET", "/municipality/periods")["items"][0]["period_id"],
        "claim_id": claim(neighbour, family),
    }  # fmt: skip
    known |= HARMLESS
    operations = family.ask("GET", f"{family.page}/operations")["items"]
    lessons = teacher.ask("GET", f"/provider/groups/{family.known['group_id']}/lessons")["items"]
    marks = {
        lessons[-1]["lesson_id"],
        *(each["operation_id"] for each in operations),
        *(known[name] for name in ("child_id", "application_id", "message_id", "lesson_id", "funding_programme_id")),
        certificate["certificate_id"], certificate["number"], family.email, family.known["child"]["family_name"],
    }  # fmt: skip
    owners = {
        GUARDIAN: family.token, TEACHER: teacher.token, PROVIDER: provider.token, MUNICIPALITY: municipality.token,
        REGION: region.token,
    }  # fmt: skip
    with town.servers.in_use(), town.suite.rpc("gateway") as client:
        known["terms"] = client.call("catalog", "get_group_terms", {"group_id": known["group_id"]})["result"]
        far = strangers(town, neighbour, far_away)
        yield House(town, client, family, known, owners, far, lessons[-1]["lesson_id"], marks)


def claim(neighbour: Family, family: Family) -> str:
    """The neighbour's claim on the family's child, which the municipality is to decide."""
    form = {name: family.known["child"][name] for name in ("family_name", "given_name", "born_on", "municipality_code")}
    headers = {**neighbour.headers, "Idempotency-Key": new_key()}
    refused = neighbour.door.once("POST", "/children", json=form, headers=headers)
    assert refused is not None
    assert refused.json()["code"] == "child_claimed", refused.text
    return str(neighbour.ask("GET", "/claims")["items"][0]["claim_id"])


def strangers(town: Town, neighbour: Family, far_away: Family) -> dict[str, dict[str, str]]:
    """Good tokens of people whom the family's things do not concern, by role."""

    def token(role: str, **scope: str) -> str:
        return town.suite.token(Actor(str(uuid.uuid4()), role, "38", str(uuid.uuid4()), scope))

    door = town.door()
    far = {role: town.staff(door, role, "05").token for role in ROLES if role != GUARDIAN}
    return {
        GUARDIAN: {"of the same region": neighbour.token, "of the other region": far_away.token},
        TEACHER: {"of another provider": token(TEACHER, provider_id=str(uuid.uuid4())), "far away": far[TEACHER],
                  "of no provider": token(TEACHER)},
        PROVIDER: {"another": token(PROVIDER, provider_id=str(uuid.uuid4())), "far away": far[PROVIDER],
                   "no provider": token(PROVIDER)},
        MUNICIPALITY: {"another": token(MUNICIPALITY, municipality_code=OTHER_MUNICIPALITY),
                       "far away": far[MUNICIPALITY], "no municipality": token(MUNICIPALITY)},
        REGION: {"of the other region": far[REGION]},
    }  # fmt: skip


def resigned(house: House, **changed: str) -> str:
    """The family's claims with some changed, signed with the true key."""
    claims = jwt.decode(house.family.token, options={"verify_signature": False})
    return jwt.encode(claims | changed, house.town.suite.private_key, "EdDSA")


def unsigned(house: House) -> str:
    claims = jwt.decode(house.family.token, options={"verify_signature": False})
    return jwt.encode(claims, None, algorithm="none")


def signed(key: str, at: datetime) -> str:
    return tokens.issue(key, Actor(str(uuid.uuid4()), GUARDIAN, "38"), 60, at)


def other_key() -> str:
    made = Ed25519PrivateKey.generate()
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return made.private_bytes(encoding, shape, serialization.NoEncryption()).decode()


def with_body(house: House, body: str) -> str:
    head, _, signature = house.family.token.split(".")
    return f"{head}.{body}.{signature}"


MALFORMED = "token_invalid"
BAD: dict[str, tuple[Callable[[House], str], str]] = {
    "missing": (lambda house: "", "token_missing"),
    "malformed": (lambda house: "nonsense", MALFORMED),
    "three parts": (lambda house: "a.b.c", MALFORMED),
    "forged": (lambda house: signed(other_key(), datetime.now(UTC)), MALFORMED),
    "unsigned": (unsigned, MALFORMED),
    "signature cut": (lambda house: house.family.token[:-4], MALFORMED),
    "another body": (lambda house: with_body(house, resigned(house, role=PROVIDER).split(".")[1]), MALFORMED),
    "another audience": (lambda house: resigned(house, aud="other"), MALFORMED),
    "another issuer": (lambda house: resigned(house, iss="other"), MALFORMED),
    "expired": (
        lambda house: signed(house.town.suite.private_key, datetime.now(UTC) - timedelta(minutes=5)),
        "token_expired",
    ),
}


def test_only_these_methods_are_open_to_everybody() -> None:
    assert {method for method in METHODS if PUBLIC in method.allow} == PUBLIC_ON_PURPOSE


def test_a_method_is_for_people_or_for_peers() -> None:
    assert [ids(method) for method in METHODS if method.allow and method.peers] == []


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("method", PERSONAL, ids=ids)
def test_without_a_good_token_nobody_is_served(house: House, method: Method, kind: str) -> None:
    make, code = BAD[kind]
    assert house.refusal(method, make(house)) == ("Unauthenticated", code)


@pytest.mark.parametrize(
    ("method", "role"),
    [(method, role) for method in PERSONAL for role in ROLES if role not in method.allow],
    ids=lambda each: each if isinstance(each, str) else ids(each),
)
def test_another_role_is_refused(house: House, method: Method, role: str) -> None:
    assert house.refusal(method, house.owners[role]) == ("Forbidden", "role_not_allowed")


@pytest.mark.parametrize("method", PERSONAL, ids=ids)
def test_the_owner_is_served(house: House, method: Method) -> None:
    """Without this, the refusals below would prove nothing. A rule's refusal tells that the thing was found."""
    reply = house.call(method, house.owners[_reader(method)])
    if method.command and reply["error"]:
        assert reply["error"]["exc_type"] in SAID_NO, reply
        return
    assert reply["error"] is None, reply
    said = json.dumps(reply["result"], ensure_ascii=False)
    assert not named(house, method) or any(each in said for each in house.marks)


@pytest.fixture(scope="module")
def at_rest(house: House) -> None:
    """What the owners' own commands set off arrives by events: from here on nothing changes by itself."""
    states = [""]

    def holds_still() -> bool:
        states.append(house.state())
        return states[-1] == states[-2]

    wait_for(holds_still, 30, "the end of what the owners set off", every=1.0)


def named(house: House, method: Method) -> set[str]:
    """The family's things that a request for the method names."""
    text = json.dumps(house.request(method), ensure_ascii=False)
    return {each for each in house.marks if each in text}


@pytest.mark.parametrize(
    ("method", "role"),
    [(method, role) for method in PERSONAL for role in ROLES if role in method.allow],
    ids=lambda each: each if isinstance(each, str) else ids(each),
)
@pytest.mark.usefixtures("at_rest")
def test_what_is_not_theirs_does_not_exist_for_strangers(house: House, method: Method, role: str) -> None:
    before = house.state() if method.command else ""
    for who, token in house.strangers[role].items():
        request = house.request(method)
        reply = house.call(method, token, request)
        if reply["error"]:
            assert reply["error"]["exc_type"] in (REFUSED if named(house, method) else {*REFUSED, *SAID_NO}), (
                who,
                reply,
            )
        else:
            assert not named(house, method) or method.name in WITHOUT_OBJECTS, (who, reply)
            expected = WITHOUT_OBJECTS.get(method.name, {})
            assert {name: reply["result"][name] for name in expected} == expected, (who, reply)
        said = json.dumps(reply, ensure_ascii=False)
        assert [each for each in house.marks if each in said] == [], who
    assert not method.command or house.state() == before


@pytest.mark.parametrize("method", CLOSED, ids=ids)
def test_the_broker_keeps_the_gateway_from_what_is_for_peers(house: House, method: Method) -> None:
    client = house.town.suite.rpc("gateway")
    client.channel.confirm_delivery()
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="ACCESS_REFUSED"):
        client.call(method.service, method.name, house.request(method), token=house.owners[GUARDIAN])
    client.connection.close()


@pytest.fixture(scope="module")
def beyond_the_broker(house: House) -> Iterator[RpcClient]:
    """The gateway's broker user with the right to send anything: now the services are the only lock."""
    vhost = house.town.suite.vhost
    path = f"topic-permissions/{vhost}/gateway"
    before = next(each for each in api("GET", path) if each["exchange"] == RPC_EXCHANGE)
    api("PUT", path, {"exchange": RPC_EXCHANGE, "write": ".*", "read": before["read"]})
    try:
        with house.town.suite.rpc("gateway") as client:
            yield client
    finally:
        api("PUT", path, {name: before[name] for name in ("exchange", "write", "read")})


@pytest.mark.parametrize("method", CLOSED, ids=ids)
def test_the_service_itself_refuses_the_gateway_what_is_for_peers(
    house: House, beyond_the_broker: RpcClient, method: Method
) -> None:
    request = house.request(method)
    for token, expected in (("", "Unauthenticated"), *((token, "Forbidden") for token in house.owners.values())):
        reply = beyond_the_broker.call(method.service, method.name, request, token=token, key=new_key())
        assert reply["error"], reply
        assert reply["error"]["exc_type"] == expected
