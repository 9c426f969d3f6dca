"""Who may call a route. A route that does not say so does not start."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import Flask, current_app, request

from chassis.context import current, using
from chassis.errors import Forbidden, Unauthenticated
from contracts.base import PUBLIC

View = Callable[..., Any]
ANYONE = frozenset({PUBLIC})


def public(view: View) -> View:
    """Anybody may call the view, with or without a token; a token is not looked at."""
    return _declare(view, ANYONE)


def allow(*roles: str) -> Callable[[View], View]:
    """Only these roles may call the view, with a valid access token. Which of their objects, the services decide."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guard(*args: Any, **kwargs: Any) -> Any:
            token = _bearer_token()
            actor = current_app.extensions["tokens"].verify(token)
            if actor.role not in roles:
                raise Forbidden("role_not_allowed", needed=", ".join(sorted(roles)))
            with using(replace(current(), token=token, actor=actor)):
                return view(*args, **kwargs)

        return _declare(guard, frozenset(roles))

    return decorate


def callers(view: View) -> frozenset[str] | None:
    """Who may call the view, or None where it does not say."""
    return getattr(view, "callers", None)


def ensure_declared(app: Flask) -> None:
    """Refuse to start with a route that does not say who may call it."""
    silent = sorted(name for name, view in app.view_functions.items() if callers(view) is None)
    if silent:
        raise SystemExit(f"These routes do not declare who may call them: {', '.join(silent)}.")


def _declare(view: View, roles: frozenset[str]) -> View:
    marks = {**getattr(view, "_apidoc", {}), "callers": roles, "operation_id": view.__name__}
    vars(view).update(callers=roles, _apidoc=marks)
    return view


def _bearer_token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token.strip():
        raise Unauthenticated("token_missing")
    if scheme.lower() != "bearer":
        raise Unauthenticated("token_invalid")
    return token.strip()
