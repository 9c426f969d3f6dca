"""A guardian's children."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import accounts
from contracts.accounts import GUARDIAN
from gateway import answers
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("children", "A guardian's children.")
EXAMPLE = {
    "family_name": "Примерова",
    "given_name": "Мария",
    "patronymic": "Сергеевна",
    "born_on": "2016-04-12",
    "municipality_code": "25701000",
}


@blp.post("/children")
@allow(GUARDIAN)
@keyed
@blp.takes(accounts.NewChild, EXAMPLE)
@blp.answers(201, accounts.Child, located=True)
@blp.refuses(400, "invalid_birth_date", "invalid_name", "invalid_snils", "unknown_municipality")
@blp.refuses(409, "child_already_registered", "child_claimed")
@blp.refuses(503, "children_reindexing")
def register_child(fields: dict[str, Any]) -> Response:
    """Register a child of the caller.

    A child that another guardian has registered is claimed: the municipality decides, see `GET /claims`.
    """
    child = ask(accounts.REGISTER_CHILD, fields)
    return answers.created(child, f"/children/{child['child_id']}")


@blp.get("/children")
@allow(GUARDIAN)
@blp.filters(accounts.Page)
@blp.answers(200, accounts.Children)
def list_children(fields: dict[str, Any]) -> Response:
    """The caller's children, in the order of their registration."""
    return answers.ok(ask(accounts.LIST_CHILDREN, fields))


@blp.get("/children/<uuid:child_id>")
@allow(GUARDIAN)
@blp.answers(200, accounts.Child)
@blp.refuses(404, "child_not_found")
def get_child(child_id: UUID) -> Response:
    """One of the caller's children."""
    return answers.ok(ask(accounts.GET_CHILD, {"child_id": str(child_id)}))
