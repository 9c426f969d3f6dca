"""A certificate's movements, newest first, each explained."""

from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from billing.domain.explanations import explain
from billing.domain.ledger import POCKET_AVAILABLE
from billing.models import Certificate, LedgerTransaction, Posting
from billing.neighbours import own_child
from chassis.context import Actor
from chassis.pages import decode_cursor, encode_cursor, whole_number
from chassis.values import Amount

LIST = "operations"

Operation = Row[str, int, str, str, dict[str, Any], Any, str, int, int]


def list_operations(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the movements of the caller's own child's certificate; none while there is no certificate.

    Amounts are positive, `kind` tells their direction; `balance_after` is what could still be spent right after.
    Raises `NotFound("child_not_found")`, `InvalidInput("invalid_cursor")`.
    """
    own_child(session, caller, request["child_id"])
    limit = request["limit"]
    cursor = request["cursor"]
    before = None if cursor is None else decode_cursor(LIST, cursor, whole_number)[0]
    rows = _rows(session, caller.region_code, request["child_id"], before, limit + 1)
    following = encode_cursor(LIST, [rows[limit - 1].sequence]) if len(rows) > limit else None
    return {"items": [_view(row) for row in rows[:limit]], "next_cursor": following}


def _rows(session: Session, region_code: str, child_id: str, before: int | None, limit: int) -> list[Operation]:
    """The balance after each movement is the sum of its pocket's postings up to it, in the order of recording."""
    in_pocket = func.sum(Posting.amount_minor).filter(Posting.account == POCKET_AVAILABLE)
    movements = (
        select(
            LedgerTransaction.transaction_id,
            LedgerTransaction.sequence,
            LedgerTransaction.kind,
            LedgerTransaction.cause,
            LedgerTransaction.details,
            LedgerTransaction.occurred_at,
            Posting.unit,
            func.max(func.abs(Posting.amount_minor)).label("amount"),
            func.sum(func.coalesce(in_pocket, 0))
            .over(partition_by=[Posting.period_id, Posting.municipality_code], order_by=LedgerTransaction.sequence)
            .label("balance"),
        )
        .join(
            LedgerTransaction,
            (LedgerTransaction.region_code == Posting.region_code)
            & (LedgerTransaction.recorded_at == Posting.recorded_at)
            & (LedgerTransaction.transaction_id == Posting.transaction_id),
        )
        .join(
            Certificate,
            (Certificate.region_code == Posting.region_code) & (Certificate.certificate_id == Posting.certificate_id),
        )
        .where(Certificate.region_code == region_code, Certificate.child_id == child_id)
        .group_by(
            *(LedgerTransaction.transaction_id, LedgerTransaction.sequence, LedgerTransaction.kind),
            *(LedgerTransaction.cause, LedgerTransaction.details, LedgerTransaction.occurred_at),
            *(Posting.unit, Posting.period_id, Posting.municipality_code),
        )
        .subquery()
    )
    query = select(movements).order_by(movements.c.sequence.desc()).limit(limit)
    if before is not None:
        query = query.where(movements.c.sequence < before)
    return list(session.execute(query).all())


def _view(row: Operation) -> dict[str, Any]:
    return {
        "operation_id": row.transaction_id,
        "kind": row.kind,
        "amount": Amount(int(row.amount), row.unit).to_wire(),
        "cause": row.cause,
        "explanation": explain(row.kind, row.details),
        "occurred_at": row.occurred_at,
        "balance_after": Amount(int(row.balance), row.unit).to_wire(),
    }
