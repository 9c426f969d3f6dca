"""Idempotent commands: the answer, or the refusal, is stored in the transaction of the work."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.errors import Conflict, InvalidInput, Refusal, RuleViolated, Unavailable, refusal_from
from chassis.tables import command

ANONYMOUS = "anonymous"
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:actor || ' ' || :key, 1))")
PURGE = text("DELETE FROM command WHERE recorded_at < now() - interval '72 hours'")


def request_hash(request: Mapping[str, Any], fields: tuple[str, ...] = ()) -> str:
    """SHA-256 of the request as it came, or of the named parts of it (dotted names)."""
    part = {name: _dig(request, name) for name in fields} if fields else dict(request)
    return hashlib.sha256(json.dumps(part, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _dig(value: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def once(
    session: Session, *, actor: str, operation: str, key: str, hashed: str, work: Callable[[], dict[str, Any] | Refusal]
) -> dict[str, Any] | Refusal:
    """Run the work unless this actor's key has been answered. A refusal is stored and returned, to raise after commit.

    Work that raises its refusal is undone; work that returns it is kept.

    `InvalidInput` without a key, `Conflict` while the same key is at work, `RuleViolated` when it came with another
    request. `Unavailable` and bugs pass through and leave nothing behind.
    """
    if not key:
        raise InvalidInput("idempotency_key_missing", "The Idempotency-Key header is needed.")
    if not session.scalar(LOCK, {"actor": actor, "key": key}):
        raise Conflict("operation_in_flight", "The same operation is being carried out.")
    stored = session.execute(
        select(command).where(command.c.actor == actor, command.c.operation == operation, command.c.key == key)
    ).first()
    if stored is not None:
        return _replay(stored, hashed)
    outcome = _attempt(session, work)
    session.execute(
        command.insert().values(
            actor=actor,
            operation=operation,
            key=key,
            request_hash=hashed,
            status="refused" if isinstance(outcome, Refusal) else "done",
            answer=_refusal_to_json(outcome) if isinstance(outcome, Refusal) else outcome,
        )
    )
    return outcome


def _attempt(session: Session, work: Callable[[], dict[str, Any] | Refusal]) -> dict[str, Any] | Refusal:
    try:
        with session.begin_nested():
            return work()
    except Unavailable:
        raise
    except Refusal as refusal:
        return refusal


def _replay(stored: Any, hashed: str) -> dict[str, Any] | Refusal:
    if stored.request_hash != hashed:
        return RuleViolated("idempotency_key_reused", "The key was used with another request.")
    if stored.status == "refused":
        return refusal_from(**stored.answer)
    return dict(stored.answer)


def _refusal_to_json(refusal: Refusal) -> dict[str, Any]:
    return {"kind": refusal.kind, "code": refusal.code, "message": refusal.message, "details": refusal.details}


def find(session: Session, actor: str, key: str) -> dict[str, Any]:
    """What became of the actor's command with this key: done, refused, in_flight or unknown."""
    stored = session.execute(select(command).where(command.c.actor == actor, command.c.key == key)).first()
    if stored is not None:
        return {"status": stored.status, "operation": stored.operation, "answer": stored.answer}
    free = session.scalar(LOCK, {"actor": actor, "key": key})
    return {"status": "unknown" if free else "in_flight", "operation": None, "answer": None}
