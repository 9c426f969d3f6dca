"""Opened contracts: each lesson charges and releases what it should; an ended contract is closed by its last lesson."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.commands import ledger, monthly
from billing.commands.entries import save
from billing.commands.lines import Background, Line, backgrounds, unsettled
from billing.commands.movements import Posting, postings_of, release_of
from billing.domain.charges import Hold, Release, settle_lessons
from billing.domain.contract import ACTIVE, CLOSED
from billing.models import Pocket
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import CONTRACT_CLOSED

_CLOSING = text(
    "UPDATE contract SET state = :closed, reason = :reason, review_on = NULL, version = version + 1"
    " WHERE region_code = :region_code AND contract_id = :contract_id RETURNING version"
)
_MONTHS_LEFT = text("""
    SELECT
        (SELECT coalesce(sum(p.amount_minor), 0) FROM posting p WHERE p.region_code = :region_code
            AND p.certificate_id = :certificate_id AND p.contract_id = :contract_id AND p.account = 'pocket_held'),
        (SELECT coalesce(sum(m.amount_minor), 0) FROM contract_month m WHERE m.region_code = :region_code
            AND m.contract_id = :contract_id AND m.month_on <= :ended_on AND NOT EXISTS (
                SELECT FROM month_charge c WHERE c.region_code = m.region_code AND c.contract_id = m.contract_id
                    AND c.month_on = m.month_on AND c.reversal_id IS NULL))
""")


@dataclass(frozen=True)
class Charged:
    """Whether any money was released, and to which certificates it came that may not keep it."""

    released: bool
    leaving: tuple[str, ...]


def converge(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> Charged:
    """Post what is missing between what is known of these certificates' opened contracts and what was posted.

    The certificates are locked.
    """
    lines = unsettled(session, region_code, certificate_ids, at)
    known = backgrounds(session, region_code, lines, at) if lines else {}
    _prepay_ended(session, region_code, known.values(), at)
    spare: dict[Pocket, int] = {}
    postings: list[Posting] = []
    closing: list[Background] = []
    for contract_id, its_lines in lines.items():
        background = known[contract_id]
        done, still_open = _settled(session, background, its_lines, spare, at)
        postings += done
        if background.end and background.contract.state == ACTIVE and not still_open:
            closing.append(background)
    if postings:
        ledger.post(session, region_code, [each.movement for each in postings if each.movement], at)
        save(session, region_code, postings, at)
    _close(session, closing)
    return Charged(
        released=any(each.releases for each in postings),
        leaving=tuple(sorted({each.background.contract.certificate_id for each in postings if each.leaves})),
    )


def _settled(
    session: Session, background: Background, lines: Sequence[Line], spare: dict[Pocket, int], at: datetime
) -> tuple[list[Posting], bool]:
    """What one contract's lessons call for, and whether any of them may still be charged.

    `spare` is what each pocket will have left after the postings so far.
    """
    terms, pocket = background.terms, background.pocket
    if terms is None or pocket is None:
        return [], False
    if background.by_month:
        return _months(session, background, at)
    settled = settle_lessons(terms, (line.known() for line in lines), spare.setdefault(pocket, pocket.available_minor))
    spare[pocket] += sum(step.amount for step in settled.steps if isinstance(step, Release))
    spare[pocket] -= sum(step.amount for step in settled.steps if isinstance(step, Hold))
    by_lesson = {line.planned.lesson_id: line for line in lines}
    return postings_of(background, by_lesson, settled.steps, at), settled.open


def _prepay_ended(session: Session, region_code: str, known: Collection[Background], at: datetime) -> None:
    """Contracts by the month debit what is due before they let the rest go."""
    certificate_ids = {each.contract.certificate_id for each in known if each.by_month}
    if certificate_ids:
        monthly.prepay(session, region_code, sorted(certificate_ids), at)


def _months(session: Session, background: Background, at: datetime) -> tuple[list[Posting], bool]:
    """Release what the months up to the end will not take; they are taken when their first day comes."""
    contract, end = background.contract, background.end
    if end is None:
        return [], True
    held, due = session.execute(
        _MONTHS_LEFT,
        {
            "region_code": contract.region_code,
            "certificate_id": contract.certificate_id,
            "contract_id": contract.contract_id,
            "ended_on": end.on,
        },
    ).one()
    kept = 0 if background.closed else min(int(held), int(due))
    return [release_of(background, int(held) - kept, at)] if held > kept else [], kept > 0


def _close(session: Session, closing: Sequence[Background]) -> None:
    for background in closing:
        contract, enrollment, end = background.contract, background.enrollment, background.end
        reason = end.reason if end else None
        parameters = {"region_code": contract.region_code, "contract_id": contract.contract_id}
        version = session.scalar(_CLOSING, {**parameters, "closed": CLOSED, "reason": reason})
        record(
            session,
            CONTRACT_CLOSED,
            region_code=contract.region_code,
            subject=contract.contract_id,
            version=version or 0,
            data={
                "contract_id": contract.contract_id,
                "enrollment_id": contract.enrollment_id,
                "certificate_id": contract.certificate_id,
                "child_id": enrollment.child_id,
                "group_id": enrollment.group_id,
                "certificate_share": Amount(contract.certificate_share_minor, contract.unit).to_wire(),
                "parent_share": Amount(contract.parent_share_minor, contract.unit).to_wire(),
                "effective_from": contract.effective_from,
                "reason": reason,
            },
        )
