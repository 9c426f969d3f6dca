"""Becoming a guardian with an account."""

from typing import Any

from flask import Response

from contracts import accounts
from gateway import answers
from gateway.access import public
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("registrations", "Becoming a guardian with an account.")
EXAMPLE = {
    "email": "anna@example.org",
    "password": "a long sentence of mine",
    "full_name": "Анна Ивановна Примерова",
    "region_code": "38",
    "consent": True,
}


@blp.post("/registrations")
@public
@keyed
@blp.takes(accounts.Registration, EXAMPLE)
@blp.answers(202, accounts.Accepted)
@blp.refuses(400, "unknown_region")
def register(fields: dict[str, Any]) -> Response:
    """Register a guardian.

    A mail with a confirmation token follows. The answer is the same for an address that has an account already.
    """
    return answers.accepted(ask(accounts.REGISTER_GUARDIAN, fields))


@blp.post("/email-confirmations")
@public
@blp.takes(accounts.EmailConfirmation, {"token": "the token from the mail"})
@blp.answers(200, accounts.Confirmed)
@blp.refuses(422, "confirmation_invalid")
def confirm_email(fields: dict[str, Any]) -> Response:
    """Confirm an e-mail address with the token from the mail; from then on its owner can sign in."""
    return answers.ok(ask(accounts.CONFIRM_EMAIL, fields))
