"""What was posted for lessons, written beside the ledger and announced: charges, their reversals, released parts."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.commands.movements import Posting
from billing.domain import ledger as books
from billing.domain.charges import Debit, Hold, Release, Reversal
from chassis.context import current
from chassis.outbox import Announcement, record_all
from chassis.values import Amount
from contracts.billing import DEBIT_POSTED, DEBIT_REVERSED

_CHARGING = text(
    "INSERT INTO charge (region_code, charge_id, contract_id, lesson_id, generation, mark, amount_minor,"
    " uncovered_minor, unit, charged_at) SELECT region_code, charge_id, contract_id, lesson_id, generation, mark,"
    " amount_minor, uncovered_minor, unit, charged_at FROM jsonb_populate_recordset(NULL::charge, CAST(:rows AS jsonb))"
)
_REVERSING = text(
    "UPDATE charge c SET reversal_id = r.by"
    " FROM unnest(CAST(:charges AS uuid[]), CAST(:by AS uuid[])) AS r (charge_id, by)"
    " WHERE c.region_code = :region_code AND c.charge_id = r.charge_id"
)
_RELEASING = text(
    "UPDATE contract_lesson l SET released_minor = l.released_minor + r.more, outcome = r.outcome"
    " FROM unnest(CAST(:contracts AS uuid[]), CAST(:lessons AS uuid[]), CAST(:more AS bigint[]),"
    " CAST(:outcomes AS text[])) AS r (contract_id, lesson_id, more, outcome)"
    " WHERE l.region_code = :region_code AND l.contract_id = r.contract_id AND l.lesson_id = r.lesson_id"
)
_AVAILABLE = {books.RELEASE: 1, books.HOLD: -1}
_HELD = {books.RELEASE: -1, books.HOLD: 1, books.DEBIT: -1, books.REVERSAL: 1}
"""What each kind of movement does to the two sides of a pocket."""


def save(session: Session, region_code: str, postings: Sequence[Posting], at: datetime) -> None:
    """Write down and announce what the ledger has just recorded.

    Reversals come before new charges: each lesson has one standing charge at most at any moment.
    """
    _save_reversals(session, region_code, postings)
    _save_charges(session, postings, at)
    _save_releases(session, region_code, postings)
    _announce(session, postings, at)


def _save_reversals(session: Session, region_code: str, postings: Sequence[Posting]) -> None:
    undone = {
        step.charge.charge_id: posting.entry_id
        for posting in postings
        for step in posting.steps
        if isinstance(step, Reversal)
    }
    if undone:
        by = list(undone.values())
        session.execute(_REVERSING, {"region_code": region_code, "charges": list(undone), "by": by})


def _save_charges(session: Session, postings: Sequence[Posting], at: datetime) -> None:
    rows = [
        {
            "region_code": posting.background.region_code,
            "charge_id": posting.entry_id,
            "contract_id": posting.background.contract_id,
            "lesson_id": step.lesson.lesson_id,
            "generation": step.generation,
            "mark": step.lesson.mark,
            "amount_minor": step.amount,
            "uncovered_minor": step.uncovered,
            "unit": posting.background.unit,
            "charged_at": at.isoformat(),
        }
        for posting in postings
        for step in posting.steps
        if isinstance(step, Debit)
    ]
    if rows:
        session.execute(_CHARGING, {"rows": json.dumps(rows)})


def _save_releases(session: Session, region_code: str, postings: Sequence[Posting]) -> None:
    """A lesson's last step says what became of it; holding again takes a release back."""
    more: dict[tuple[str, str], int] = {}
    outcomes: dict[tuple[str, str], str | None] = {}
    for posting in postings:
        for step in posting.steps:
            if isinstance(step, Release | Hold):
                key = (posting.background.contract_id, step.lesson.lesson_id)
                more[key] = more.get(key, 0) + (step.amount if isinstance(step, Release) else -step.amount)
                outcomes.setdefault(key, step.outcome if isinstance(step, Release) else None)
    if more:
        parameters = {
            "region_code": region_code,
            "contracts": [contract_id for contract_id, _ in more],
            "lessons": [lesson_id for _, lesson_id in more],
            "more": list(more.values()),
            "outcomes": [outcomes[key] for key in more],
        }
        session.execute(_RELEASING, parameters)


def _announce(session: Session, postings: Sequence[Posting], at: datetime) -> None:
    """One event for each debit and each reversal, with what its pocket had right after it."""
    pockets: dict[books.Pocket, tuple[int, int]] = {}
    announcements: list[Announcement] = []
    for posting in postings:
        background, movement = posting.background, posting.movement
        if movement is None:
            continue
        before = background.available_minor or 0, background.held_minor or 0
        available, held = pockets.get(background.pocket, before)
        available += _AVAILABLE.get(movement.kind, 0) * movement.amount.minor
        held += _HELD[movement.kind] * movement.amount.minor
        pockets[background.pocket] = available, held
        if movement.kind in (books.DEBIT, books.REVERSAL):
            announcements.append(_announcement(posting, movement, available, held, at))
    record_all(session, announcements)


def _announcement(posting: Posting, movement: books.Movement, available: int, held: int, at: datetime) -> Announcement:
    contract, lesson = posting.background, posting.line.lesson if posting.line else None
    debit_id = movement.reverses or movement.movement_id
    why = {"reason": movement.cause} if movement.reverses else {}
    return Announcement(
        DEBIT_REVERSED if movement.reverses else DEBIT_POSTED,
        region_code=contract.region_code,
        subject=debit_id,
        version=2 if movement.reverses else 1,
        data={
            "debit_id": debit_id,
            "contract_id": contract.contract_id,
            "enrollment_id": contract.enrollment_id,
            "certificate_id": contract.certificate_id,
            "child_id": contract.child_id,
            "group_id": contract.group_id,
            "provider_id": contract.provider_id,
            "lesson_id": lesson.lesson_id if lesson else None,
            "lesson_on": lesson.on if lesson else None,
            "mark": lesson.mark if lesson else None,
            "amount": movement.amount.to_wire(),
            "balance_after": Amount(available, contract.unit).to_wire(),
            "held_after": Amount(held, contract.unit).to_wire(),
            "posted_at": at,
            **why,
        },
        context=posting.line.context if posting.line else current(),
    )
