"""The person behind the token."""

from flask import Response

from contracts import accounts
from contracts.accounts import ROLES
from gateway import answers
from gateway.access import allow
from gateway.calls import ask
from gateway.openapi import Blueprint

blp = Blueprint("me", "The person behind the token.")


@blp.get("/me")
@allow(*ROLES)
@blp.answers(200, accounts.Person)
@blp.refuses(404, "person_not_found")
def get_me() -> Response:
    """The caller's account: name, role, region, and what the role is limited to."""
    return answers.ok(ask(accounts.GET_ME))
