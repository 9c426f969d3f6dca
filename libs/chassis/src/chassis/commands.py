"""Idempotent commands: the answer, or the refusal, is stored in the transaction of the work."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from chassis.errors import Conflict, InvalidInput, Refusal, RuleViolated, Unavailable, refusal_from
from chassis.tables import command

ANONYMOUS = "anonymous"
_LOCKED = "pg_try_advisory_xact_lock(hashtextextended({actor} || ' ' || {key}, 1))"
LOCK = text("SELECT " + _LOCKED.format(actor=":actor", key=":key"))
LOCKS = text(
    "SELECT asked.number - 1 FROM unnest(CAST(:actors AS text[]), CAST(:keys AS text[]))"
    " WITH ORDINALITY AS asked (actor, key, number) WHERE " + _LOCKED.format(actor="asked.actor", key="asked.key")
)
PURGE = text("DELETE FROM command WHERE recorded_at < now() - interval '72 hours'")
STORE = command.insert()
Outcome = dict[str, Any] | Exception
Outcomes = dict[int, Outcome]


@dataclass(frozen=True)
class Command:
    """Whose it is, under which key, and what is asked for, in short."""

    actor: str
    key: str
    hashed: str


def request_hash(request: Mapping[str, Any], fields: tuple[str, ...] = ()) -> str:
    """SHA-256 of the request as it came, or of the named parts of it (dotted names)."""
    part = {name: _dig(request, name) for name in fields} if fields else dict(request)
    return hashlib.sha256(json.dumps(part, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _dig(value: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def once(
    session: Session, operation: str, asked: Sequence[Command], work: Callable[[Iterable[int]], list[Outcome]]
) -> list[Outcome]:
    """Run the work for those commands whose keys have not been answered; what became of each, in their order.

    Refusals are stored like answers, to raise after commit. A single command's work that raises its refusal is undone;
    a refusal that the work returns keeps what was done. `InvalidInput` without a key, `Conflict` while the same key is
    at work, `RuleViolated` when it came with another request. `Unavailable` and what is no refusal is not stored.
    """
    outcomes = _unclaimed(session, asked)
    outcomes |= _replayed(session, operation, asked, [n for n in range(len(asked)) if n not in outcomes])
    fresh = [number for number in range(len(asked)) if number not in outcomes]
    if fresh:
        done = work(fresh) if len(asked) > 1 else _attempt(session, lambda: work(fresh))
        decided = dict(zip(fresh, done, strict=True))
        _store(session, operation, asked, decided)
        outcomes |= decided
    return [outcomes[number] for number in range(len(asked))]


def _unclaimed(session: Session, asked: Sequence[Command]) -> Outcomes:
    """Those that cannot be begun: without a key, or while another, here or elsewhere, is at work under the same one."""
    first: dict[tuple[str, str], int] = {}
    for number, each in enumerate(asked):
        first.setdefault((each.actor, each.key), number)
    actors, keys = [actor for actor, _ in first], [key for _, key in first]
    numbers = list(first.values())
    locked = {numbers[row] for row in session.scalars(LOCKS, {"actors": actors, "keys": keys})}
    return {number: _unbegun(each) for number, each in enumerate(asked) if not each.key or number not in locked}


def _unbegun(asked: Command) -> Refusal:
    if not asked.key:
        return InvalidInput("idempotency_key_missing", "The Idempotency-Key header is needed.")
    return Conflict("operation_in_flight", "The same operation is being carried out.")


def _replayed(session: Session, operation: str, asked: Sequence[Command], claimed: Sequence[int]) -> Outcomes:
    number_of = {(asked[number].actor, asked[number].key): number for number in claimed}
    stored = session.execute(
        select(command).where(
            command.c.operation == operation, tuple_(command.c.actor, command.c.key).in_(list(number_of))
        )
    )
    replays = ((number_of[row.actor, row.key], row) for row in stored)
    return {number: _replay(row, asked[number].hashed) for number, row in replays}


def _attempt(session: Session, work: Callable[[], list[Outcome]]) -> list[Outcome]:
    try:
        with session.begin_nested():
            return work()
    except Unavailable:
        raise
    except Refusal as refusal:
        return [refusal]


def _store(session: Session, operation: str, asked: Sequence[Command], decided: Outcomes) -> None:
    rows = [
        {
            "actor": asked[number].actor,
            "operation": operation,
            "key": asked[number].key,
            "request_hash": asked[number].hashed,
            "status": "refused" if isinstance(outcome, Refusal) else "done",
            "answer": _refusal_to_json(outcome) if isinstance(outcome, Refusal) else outcome,
        }
        for number, outcome in decided.items()
        if isinstance(outcome, dict) or (isinstance(outcome, Refusal) and not isinstance(outcome, Unavailable))
    ]
    if rows:
        session.execute(STORE, rows)


def _replay(stored: Any, hashed: str) -> Outcome:
    if stored.request_hash != hashed:
        return RuleViolated("idempotency_key_reused", "The key was used with another request.")
    if stored.status == "refused":
        return refusal_from(**stored.answer)
    return dict(stored.answer)


def _refusal_to_json(refusal: Refusal) -> dict[str, Any]:
    return {"kind": refusal.kind, "code": refusal.code, "message": refusal.message, "details": refusal.details}


def find(session: Session, actor: str, key: str) -> dict[str, Any]:
    """What became of the actor's command with this key: done, refused, in_flight or unknown.

    Where several methods were asked under the key, the last one that was decided.
    """
    known = select(command).where(command.c.actor == actor, command.c.key == key)
    stored = session.execute(known.order_by(command.c.recorded_at.desc(), command.c.operation)).first()
    if stored is not None:
        return {"status": stored.status, "operation": stored.operation, "answer": stored.answer}
    free = session.scalar(LOCK, {"actor": actor, "key": key})
    return {"status": "unknown" if free else "in_flight", "operation": None, "answer": None}
