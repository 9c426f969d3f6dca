"""Every route of the API says who may call it, agrees with the service behind it, and every refusal has its text."""

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from house import LIBRARIES, modules

from chassis import projections, settings
from contracts.accounts import ROLES
from contracts.base import PUBLIC, Method
from contracts.registry import METHODS, SERVICES
from gateway import texts
from gateway.access import callers
from gateway.app import create_app
from gateway.settings import Settings

REFUSALS = {
    "InvalidInput", "Unauthenticated", "Forbidden", "NotFound", "Conflict", "RuleViolated", "Unavailable",
}  # fmt: skip


def application() -> Any:
    """The gateway's application, with a key of its own."""
    pem = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    environ = {"KRUZHOK_ENV": "test", "KRUZHOK_AMQP_URL": "amqp://nobody", "KRUZHOK_TOKEN_PUBLIC_KEY": pem.decode()}
    return create_app(settings.load(Settings, environ))


VIEWS: dict[str, Any] = application().view_functions


def asked(view: Any) -> Iterator[Method]:
    """The remote methods whose names a view's source mentions."""
    inner = inspect.unwrap(view)
    for node in ast.walk(ast.parse(inspect.getsource(inner))):
        if isinstance(node, ast.Attribute) and node.attr.isupper():
            found = getattr(inner.__globals__.get(ast.unparse(node.value)), node.attr, None)
            if isinstance(found, Method):
                yield found


def refusal_codes() -> Iterator[tuple[str, str]]:
    """Each literal refusal code in the sources, with where it is raised."""
    for package in (*LIBRARIES, *SERVICES):
        for path, tree in modules(package):
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in REFUSALS and node.args:
                    code = node.args[0]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield code.value, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("name", VIEWS)
def test_a_route_declares_who_may_call_it(name: str) -> None:
    declared = callers(VIEWS[name])
    assert declared == {PUBLIC} or (declared and declared <= set(ROLES))


@pytest.mark.parametrize("name", [name for name, view in VIEWS.items() if list(asked(view))])
def test_a_route_lets_in_only_whom_the_services_behind_it_let_in(name: str) -> None:
    declared = callers(VIEWS[name]) or frozenset()
    for method in asked(VIEWS[name]):
        assert PUBLIC in method.allow or declared <= method.allow, f"{name} asks {method.service}.{method.name}"


def test_routes_ask_every_method_that_people_may_call() -> None:
    through_a_route = {method for view in VIEWS.values() for method in asked(view)}
    reached = {(method.service, method.name) for method in through_a_route}
    indirect = {("accounts", "list_pupils"), ("billing", "get_certificate_account")}
    for_people = {
        (method.service, method.name) for method in METHODS if method.allow and method.name != "find_operation"
    }
    assert for_people - reached - indirect == set()


def test_what_a_service_wants_a_key_for_the_route_demands_a_key_for() -> None:
    for name, view in VIEWS.items():
        demanded = any(getattr(each, "keyed", False) for each in _wrappers(view))
        assert demanded == any(method.command and method.keyed for method in asked(view)), name


def _wrappers(view: Any) -> Iterator[Any]:
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)


def test_every_refusal_has_a_text_in_both_languages() -> None:
    missing = {code: where for code, where in refusal_codes() if code not in texts.REFUSALS}
    assert missing == {}


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "gateway"])
def test_a_missing_fact_of_a_neighbour_has_a_text(service: str) -> None:
    kinds = {
        node.args[0].value
        for _, tree in modules(service)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] == projections.Projection.__name__
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert {f"{kind}_not_found" for kind in kinds} <= set(texts.REFUSALS)
