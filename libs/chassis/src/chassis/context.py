"""Who is calling, in which trace, and until when; one value for each greenlet."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from time import monotonic

from chassis.errors import Unauthenticated


@dataclass(frozen=True)
class Actor:
    """A person or machine whose signed token was verified.

    `scope` holds what the role is limited to (an organisation's id, say); the names in it are the application's.
    """

    subject: str
    role: str
    region_code: str
    session_id: str = ""
    scope: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What travels with a call from the edge to the last event that it causes."""

    correlation_id: str = ""
    traceparent: str = ""
    token: str = ""
    actor: Actor | None = None
    peer: str = ""
    """The broker user that sent the request, as the broker itself vouches for it."""
    idempotency_key: str = ""
    ends_at: float | None = None
    """When the caller stops waiting, on this process's monotonic clock."""

    def remaining_seconds(self, otherwise: float) -> float:
        """Seconds that the caller will still wait."""
        return otherwise if self.ends_at is None else max(0.0, self.ends_at - monotonic())


_current: ContextVar[Context] = ContextVar("context", default=Context())


def current() -> Context:
    """The context of this piece of work."""
    return _current.get()


@contextmanager
def using(context: Context) -> Iterator[Context]:
    """Make `context` the current one within the block."""
    previous = _current.get()
    _current.set(context)
    try:
        yield context
    finally:
        _current.set(previous)


def acting_as(actor: Actor | None) -> Context:
    """The current context with another actor."""
    return replace(_current.get(), actor=actor)


def actor() -> Actor:
    """The verified caller. Raises `Unauthenticated` where there is none."""
    caller = _current.get().actor
    if caller is None:
        raise Unauthenticated("token_missing", "An access token is needed.")
    return caller
