"""Opened contracts: each lesson charges and releases what it should; an ended contract is closed by its last lesson."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.commands import ledger, monthly
from billing.commands.entries import save
from billing.commands.lines import Background, Marked, Unsettled, unsettled
from billing.commands.movements import Posting, postings_of, release_of
from billing.domain import ledger as books
from billing.domain.charges import Contract, Debit, Hold, Release, Settlement, settle_lessons
from billing.domain.contract import CLOSED
from chassis.context import Context
from chassis.outbox import Announcement, record_all
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
    """To which certificates money was released, each with the context of its cause, and which may not keep it."""

    released: Mapping[str, Context]
    leaving: tuple[str, ...]


def converge(session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime) -> Charged:
    """Post what is missing between what is known of these certificates' opened contracts and what was posted.

    The certificates are locked.
    """
    return _settle(session, region_code, unsettled(session, region_code, certificate_ids, at), at)


def converge_marked(
    session: Session, region_code: str, certificate_ids: Sequence[str], marked: Marked, at: datetime
) -> Charged:
    """The same, when these marks are all that was learnt since these certificates were settled last.

    All else is looked at only where a mark may be the last that an ended contract waited for, or where what is held
    does not cover it: other lessons may have something to release.
    """
    contracts = unsettled(session, region_code, certificate_ids, at, marked, only_marked=True)
    whole = {each.background.certificate_id for each in contracts if each.background.ends} | _uncovered(contracts)
    if whole:
        contracts = [each for each in contracts if each.background.certificate_id not in whole]
        contracts += unsettled(session, region_code, sorted(whole), at, marked)
    return _settle(session, region_code, contracts, at)


def _uncovered(contracts: Sequence[Unsettled]) -> set[str]:
    """The certificates whose marked lessons cost more than is held and left."""
    spare: dict[books.Pocket, int] = {}
    return {
        each.background.certificate_id
        for each in contracts
        if each.background.terms is not None and not each.background.by_month
        for step in _steps(each, each.background.terms, spare).steps
        if isinstance(step, Debit) and step.uncovered
    }


def _settle(session: Session, region_code: str, contracts: Sequence[Unsettled], at: datetime) -> Charged:
    _prepay_ended(session, region_code, contracts, at)
    spare: dict[books.Pocket, int] = {}
    postings: list[Posting] = []
    closing: list[Unsettled] = []
    released: dict[str, Context] = {}
    for each in contracts:
        done, still_open = _settled(session, each, spare, at)
        postings += done
        if any(posting.releases for posting in done):
            released[each.background.certificate_id] = each.context
        if each.background.ends and not still_open:
            closing.append(each)
    if postings:
        ledger.post(session, region_code, [each.movement for each in postings if each.movement], at)
        save(session, region_code, postings, at)
    _close(session, closing)
    return Charged(
        released=released,
        leaving=tuple(sorted({each.background.certificate_id for each in postings if each.leaves})),
    )


def _settled(
    session: Session, contract: Unsettled, spare: dict[books.Pocket, int], at: datetime
) -> tuple[list[Posting], bool]:
    """What one contract's lessons call for, and whether any of them may still be charged.

    `spare` is what each pocket will have left after the postings so far.
    """
    background, terms = contract.background, contract.background.terms
    if terms is None:
        return [], False
    if background.by_month:
        return _months(session, background, at)
    settled = _steps(contract, terms, spare)
    by_lesson = {line.lesson.lesson_id: line for line in contract.lines}
    return postings_of(background, by_lesson, settled.steps, at), settled.open


def _steps(contract: Unsettled, terms: Contract, spare: dict[books.Pocket, int]) -> Settlement:
    pocket = contract.background.pocket
    left = spare.setdefault(pocket, contract.background.available_minor or 0)
    settled = settle_lessons(terms, (line.lesson for line in contract.lines), left)
    left += sum(step.amount for step in settled.steps if isinstance(step, Release))
    spare[pocket] = left - sum(step.amount for step in settled.steps if isinstance(step, Hold))
    return settled


def _prepay_ended(session: Session, region_code: str, contracts: Sequence[Unsettled], at: datetime) -> None:
    """Contracts by the month debit what is due before they let the rest go."""
    certificate_ids = {each.background.certificate_id for each in contracts if each.background.by_month}
    if certificate_ids:
        monthly.prepay(session, region_code, sorted(certificate_ids), at)


def _months(session: Session, background: Background, at: datetime) -> tuple[list[Posting], bool]:
    """Release what the months up to the end will not take; they are taken when their first day comes."""
    end = background.end
    if end is None:
        return [], True
    held, due = session.execute(
        _MONTHS_LEFT,
        {
            "region_code": background.region_code,
            "certificate_id": background.certificate_id,
            "contract_id": background.contract_id,
            "ended_on": end.on,
        },
    ).one()
    kept = 0 if background.closed else min(int(held), int(due))
    return [release_of(background, int(held) - kept, at)] if held > kept else [], kept > 0


def _close(session: Session, closing: Sequence[Unsettled]) -> None:
    record_all(session, [_closed(session, each.background, each.context) for each in closing])


def _closed(session: Session, contract: Background, context: Context) -> Announcement:
    reason = contract.end.reason if contract.end else None
    parameters = {"region_code": contract.region_code, "contract_id": contract.contract_id}
    version = session.scalar(_CLOSING, {**parameters, "closed": CLOSED, "reason": reason})
    return Announcement(
        CONTRACT_CLOSED,
        region_code=contract.region_code,
        subject=contract.contract_id,
        version=version or 0,
        data={
            "contract_id": contract.contract_id,
            "enrollment_id": contract.enrollment_id,
            "certificate_id": contract.certificate_id,
            "child_id": contract.child_id,
            "group_id": contract.group_id,
            "certificate_share": Amount(contract.certificate_share_minor, contract.unit).to_wire(),
            "parent_share": Amount(contract.parent_share_minor, contract.unit).to_wire(),
            "effective_from": contract.effective_from,
            "reason": reason,
        },
        context=context,
    )
