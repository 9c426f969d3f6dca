"""Signing in and out."""

from typing import Any

from flask import Response

from contracts import accounts
from contracts.accounts import ROLES
from gateway import answers
from gateway.access import allow, public
from gateway.calls import ask
from gateway.openapi import Blueprint

blp = Blueprint("sessions", "Signing in and out.")


@blp.post("/sessions")
@public
@blp.takes(accounts.Credentials, {"email": "anna@example.org", "password": "a long sentence of mine"})
@blp.answers(201, accounts.Session)
@blp.refuses(401, "credentials_invalid")
@blp.refuses(422, "email_not_confirmed", "too_many_attempts")
def sign_in(fields: dict[str, Any]) -> Response:
    """Sign in: a short access token, and a refresh token that makes the next pair."""
    return answers.created(ask(accounts.SIGN_IN, fields))


@blp.post("/sessions/refresh")
@public
@blp.takes(accounts.RefreshToken, {"refresh_token": "the newest refresh token"})
@blp.answers(200, accounts.Session)
@blp.refuses(401, "session_over")
def refresh_session(fields: dict[str, Any]) -> Response:
    """Exchange a refresh token for a new pair. It is used up; using it twice ends the session."""
    return answers.ok(ask(accounts.REFRESH_SESSION, fields))


@blp.delete("/sessions/current")
@allow(*ROLES)
@blp.answers(204, description="The session is over.")
def sign_out() -> Response:
    """Sign out: the session's refresh token no longer works."""
    ask(accounts.SIGN_OUT)
    return answers.done()
