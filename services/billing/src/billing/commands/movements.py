"""Steps of the domain as movements of the ledger: why each moves, by which rules, and what explains it to a parent."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.commands.lines import Background, Line
from billing.domain import ledger as books
from billing.domain.charges import AFTER_END, CANCELLED, NOT_FILLED, Debit, Hold, Release, Reversal, Step
from billing.domain.policy import CAUSES
from chassis.values import Amount

JOURNAL, BILLING = "enrollment", "billing"
"""On whose word money moves: a debit on the journal's, a release by the rules."""
_ENDED, _CORRECTED = "contract_closed", "mark_corrected"
_LATE, _MOVED = "mark_came_late", "lesson_moved"
_RELEASES = {CANCELLED: "lesson_cancelled", NOT_FILLED: "lesson_not_filled", AFTER_END: _ENDED, None: _ENDED}
_REVERSALS = {CANCELLED: "lesson_cancelled", AFTER_END: "lesson_after_end", None: _CORRECTED}


@dataclass(frozen=True)
class Posting:
    """One movement of the ledger and the steps it makes; no movement where the steps move nothing."""

    background: Background
    steps: tuple[Step, ...]
    movement: books.Movement | None
    entry_id: str
    line: Line | None = None

    @property
    def releases(self) -> bool:
        """Whether money goes back to what the certificate may spend."""
        return self.movement is not None and self.movement.kind == books.RELEASE

    @property
    def leaves(self) -> bool:
        """Whether the released money may not stay on the certificate."""
        return self.releases and (self.background.closed or self.background.out_of_force)


def postings_of(
    background: Background, lines: Mapping[str, Line], steps: Sequence[Step], at: datetime
) -> list[Posting]:
    """The movements of one contract, in the order of the steps; all that is released for one reason goes at once."""
    released: dict[str, list[Release]] = {}
    for step in steps:
        if isinstance(step, Release):
            released.setdefault(_RELEASES[step.outcome], []).append(step)
    singles = [each for each in steps if not isinstance(each, Release)]
    return [
        *(_single(background, lines[each.lesson.lesson_id], each, at) for each in singles if _gives(each)),
        *(_release(background, cause, each, at) for cause, each in released.items()),
        *(_single(background, lines[each.lesson.lesson_id], each, at) for each in singles if not _gives(each)),
    ]


def _gives(step: Step) -> bool:
    return isinstance(step, Reversal)


def release_of(background: Background, amount: int, at: datetime) -> Posting:
    """What an ended contract holds and will not charge, whatever its lessons."""
    entry_id = str(uuid.uuid4())
    movement = _movement(background, books.RELEASE, _ENDED, amount, entry_id, at, {})
    return Posting(background, (), movement, entry_id)


def _release(background: Background, cause: str, steps: Sequence[Release], at: datetime) -> Posting:
    entry_id = str(uuid.uuid4())
    moving = [step for step in steps if step.amount]
    days = sorted(step.lesson.on for step in moving)
    details: dict[str, Any] = {"lessons": len(days)}
    if len(days) == 1:
        details["lesson_on"] = days[0].isoformat()
    amount = sum(step.amount for step in moving)
    movement = _movement(background, books.RELEASE, cause, amount, entry_id, at, details) if amount else None
    return Posting(background, tuple(steps), movement, entry_id)


def _single(background: Background, line: Line, step: Reversal | Hold | Debit, at: datetime) -> Posting:
    entry_id = str(uuid.uuid4())
    amount = step.charge.amount if isinstance(step, Reversal) else step.amount
    kind, cause, reverses = _kind(line, step)
    occurred_at = at if isinstance(step, Reversal) and step.outcome else _marked_at(line, at)
    details = _details(background, line)
    movement = _movement(background, kind, cause, amount, entry_id, occurred_at, details, reverses) if amount else None
    return Posting(background, (step,), movement, entry_id, line)


def _kind(line: Line, step: Reversal | Hold | Debit) -> tuple[str, str, str | None]:
    if isinstance(step, Reversal):
        return books.REVERSAL, _REVERSALS[step.outcome], step.charge.charge_id
    if isinstance(step, Hold):
        return books.HOLD, _LATE if line.lesson.mark else _MOVED, None
    return books.DEBIT, CAUSES[line.lesson.mark] if line.lesson.mark else _LATE, None


def _marked_at(line: Line, at: datetime) -> datetime:
    return line.marked_at or at


def _details(background: Background, line: Line) -> dict[str, Any]:
    mark, policy = line.lesson.mark, background.policy
    return {
        "lesson_on": line.lesson.on.isoformat(),
        "mark": mark,
        "percent": policy.percent(mark) if policy and mark else None,
    }


def _movement(
    background: Background,
    kind: str,
    cause: str,
    amount: int,
    entry_id: str,
    occurred_at: datetime,
    details: dict[str, Any],
    reverses: str | None = None,
) -> books.Movement:
    pocket = background.pocket
    accounts = {
        books.POCKET_AVAILABLE: books.available(pocket),
        books.POCKET_HELD: books.held(pocket, background.contract_id),
        books.PROVIDER_EARNED: books.earned(background.provider_id, pocket),
    }
    source, target = books.ROUTES[kind]
    return books.Movement(
        movement_id=entry_id,
        kind=kind,
        cause=cause,
        source=accounts[source],
        target=accounts[target],
        amount=Amount(amount, background.unit),
        occurred_at=occurred_at,
        actor=BILLING if kind == books.RELEASE else JOURNAL,
        rule_version=background.rule_version or 0,
        details={**details, "reason": cause, "group_title": background.title},
        reverses=reverses,
    )
