"""What stands before every remote method: who may call it, and whether the request is well formed."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from marshmallow import Schema, ValidationError

from chassis.context import Actor, Context
from chassis.errors import Forbidden, InvalidInput, Unauthenticated

PUBLIC = "public"


class MethodContract(Protocol):
    """What the chassis needs to know of a remote method."""

    @property
    def service(self) -> str:
        """The service that answers."""

    @property
    def name(self) -> str:
        """Its name there."""

    @property
    def request(self) -> type[Schema]:
        """What is asked."""

    @property
    def reply(self) -> type[Schema] | None:
        """What is answered."""

    @property
    def allow(self) -> frozenset[str]:
        """Roles that may call it, or `PUBLIC`."""

    @property
    def peers(self) -> frozenset[str]:
        """Broker users that may call it."""

    @property
    def keyed(self) -> bool:
        """Whether it needs an idempotency key."""

    @property
    def hashed(self) -> tuple[str, ...]:
        """The fields that make two requests the same; all of them when empty."""


def authorise(contract: MethodContract, context: Context, verify: Callable[[str], Actor]) -> Actor | None:
    """The verified caller, or None for a peer or a public method. `Unauthenticated` or `Forbidden` for all others."""
    if context.peer in contract.peers:
        return None
    if not context.token:
        if PUBLIC in contract.allow:
            return None
        raise Unauthenticated("token_missing", "An access token is needed.")
    if PUBLIC in contract.allow:
        return None
    caller = verify(context.token)
    if caller.role not in contract.allow:
        raise Forbidden("role_not_allowed", role=caller.role)
    return caller


def load(schema: Schema, body: dict[str, Any]) -> dict[str, Any]:
    """The request as Python values; `InvalidInput` names every field that is wrong."""
    try:
        return dict(schema.load(body))
    except ValidationError as error:
        raise InvalidInput("invalid_request", "Some fields are wrong.", **flatten(dict(error.messages_dict))) from error


def flatten(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, str]:
    """marshmallow's nested messages as `{"marks.0.mark": "…"}`."""
    flat: dict[str, str] = {}
    for name, value in messages.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{path}.")
        else:
            flat[path] = " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return flat
