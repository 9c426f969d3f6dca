"""The seven kinds of refusal that cross the wire. Anything else that is raised is a bug."""

from typing import ClassVar


class Refusal(Exception):
    """A clear no: a stable `code`, an English sentence for developers, and details as strings.

    What people read is chosen by `code` at the edge; the message is never shown to them.
    """

    kind: ClassVar[str] = ""
    status: ClassVar[int] = 0

    def __init__(self, code: str, message: str = "", **details: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message or code.replace("_", " ")
        self.details = {name: str(value) for name, value in details.items()}


class InvalidInput(Refusal):
    """A field is missing or malformed; `details` maps field names to what is wrong."""

    kind, status = "invalid_input", 400


class Unauthenticated(Refusal):
    """No valid proof of who is calling."""

    kind, status = "unauthenticated", 401


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    kind, status = "forbidden", 403


class NotFound(Refusal):
    """There is no such thing, or the caller may not know of it."""

    kind, status = "not_found", 404


class Conflict(Refusal):
    """The state does not allow it now."""

    kind, status = "conflict", 409


class RuleViolated(Refusal):
    """The request is well formed and a rule of the business says no."""

    kind, status = "rule_violated", 422


class Unavailable(Refusal):
    """Somebody needed did not answer in time. The outcome may be unknown; trying again with the same key is safe."""

    kind, status = "unavailable", 503


KINDS: dict[str, type[Refusal]] = {
    kind.kind: kind
    for kind in (InvalidInput, Unauthenticated, Forbidden, NotFound, Conflict, RuleViolated, Unavailable)
}


def refusal_from(kind: str, code: str, message: str, details: dict[str, str]) -> Refusal:
    """Rebuild a refusal that came over the wire."""
    return KINDS[kind](code, message, **details)
