"""The one way into the ledger, and the way to check it: every balance is the sum of its postings.

The database does the refusing: a transaction that does not balance, an account that the kind of movement may not
touch, an overdrawn budget or pocket, a closed period, a second reversal, any change of what was posted. Its triggers
also move the guarded balances, so that no posting can be made without them, and seal each transaction into the chain
of its certificate, so that a change behind their back is found (`billing.verification`).
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.domain.ledger import Account, Movement

_TRANSACTIONS = text(
    "INSERT INTO ledger_transaction (region_code, recorded_at, transaction_id, kind, cause, details, rule_version,"
    " actor, occurred_at, reverses) SELECT region_code, recorded_at, transaction_id, kind, cause, details,"
    " rule_version, actor, occurred_at, reverses"
    " FROM jsonb_populate_recordset(NULL::ledger_transaction, CAST(:rows AS jsonb))"
)
_POSTINGS = text(
    "INSERT INTO posting (region_code, recorded_at, transaction_id, line, kind, side, account, municipality_code,"
    " programme_id, certificate_id, period_id, contract_id, provider_id, amount_minor, unit)"
    " SELECT region_code, recorded_at, transaction_id, line, kind, side, account, municipality_code, programme_id,"
    " certificate_id, period_id, contract_id, provider_id, amount_minor, unit"
    " FROM jsonb_populate_recordset(NULL::posting, CAST(:rows AS jsonb))"
)
_POCKETS = """
    SELECT region_code, certificate_id, period_id, municipality_code, unit,
        sum(amount_minor) FILTER (WHERE account = 'pocket_available') AS available,
        coalesce(sum(amount_minor) FILTER (WHERE account = 'pocket_held'), 0) AS held
    FROM posting WHERE region_code = :region_code AND certificate_id IS NOT NULL
    GROUP BY region_code, certificate_id, period_id, municipality_code, unit
"""
_BUDGETS = """
    SELECT region_code, programme_id, sum(amount_minor) AS available,
        coalesce(-sum(amount_minor) FILTER (WHERE kind IN ('credit', 'returned')), 0) AS credited,
        count(*) FILTER (WHERE kind = 'credit') AS certificates
    FROM posting WHERE region_code = :region_code AND account = 'budget'
    GROUP BY region_code, programme_id
"""


def post(session: Session, region_code: str, movements: Sequence[Movement], at: datetime) -> None:
    """Record the movements, in their order, each as a transaction of two postings, sealed by a digest.

    The caller holds the locks of the certificates and programmes concerned.
    """
    if not movements:
        return
    transactions = [_transaction(region_code, each, at) for each in movements]
    postings = [line for each in movements for line in _lines(region_code, each, at)]
    session.execute(_POSTINGS, {"rows": json.dumps(postings)})
    session.execute(_TRANSACTIONS, {"rows": json.dumps(transactions)})


def _transaction(region_code: str, movement: Movement, at: datetime) -> dict[str, Any]:
    return {
        "region_code": region_code,
        "recorded_at": at.isoformat(),
        "transaction_id": movement.movement_id,
        "kind": movement.kind,
        "cause": movement.cause,
        "details": movement.details,
        "rule_version": movement.rule_version,
        "actor": movement.actor,
        "occurred_at": movement.occurred_at.isoformat(),
        "reverses": movement.reverses,
    }


def _lines(region_code: str, movement: Movement, at: datetime) -> list[dict[str, Any]]:
    shared = {
        "region_code": region_code,
        "recorded_at": at.isoformat(),
        "transaction_id": movement.movement_id,
        "kind": movement.kind,
        "unit": movement.amount.unit,
    }
    return [
        {**shared, "line": 1, "side": "from", "amount_minor": -movement.amount.minor, **_columns(movement.source)},
        {**shared, "line": 2, "side": "to", "amount_minor": movement.amount.minor, **_columns(movement.target)},
    ]


def _columns(account: Account) -> dict[str, Any]:
    return {
        "account": account.kind,
        "municipality_code": account.municipality_code,
        "programme_id": account.programme_id,
        "certificate_id": account.certificate_id,
        "period_id": account.period_id,
        "contract_id": account.contract_id,
        "provider_id": account.provider_id,
    }


def differences(session: Session, region_code: str) -> list[str]:
    """Pockets and budgets whose guarded balance is not the sum of their postings; empty when all is well."""
    pockets = session.execute(
        text(
            f"WITH summed AS ({_POCKETS}) SELECT 'pocket ' || p.certificate_id FROM pocket p LEFT JOIN summed s"
            " USING (region_code, certificate_id, period_id, municipality_code, unit)"
            " WHERE p.region_code = :region_code"
            " AND (p.available_minor, p.held_minor) IS DISTINCT FROM (coalesce(s.available, 0), coalesce(s.held, 0))"
        ),
        {"region_code": region_code},
    ).scalars()
    budgets = session.execute(
        text(
            f"WITH summed AS ({_BUDGETS}) SELECT 'budget ' || p.programme_id FROM funding_programme p"
            " LEFT JOIN summed s USING (region_code, programme_id) WHERE p.region_code = :region_code"
            " AND (p.available_minor, p.credited_minor, p.certificates_credited) IS DISTINCT FROM"
            " (coalesce(s.available, 0), coalesce(s.credited, 0), coalesce(s.certificates, 0))"
        ),
        {"region_code": region_code},
    ).scalars()
    return sorted([*pockets, *budgets])


def rebuild(session: Session, region_code: str) -> None:
    """Throw a region's guarded balances away and make them again from the postings; nobody posts meanwhile."""
    parameters = {"region_code": region_code}
    for statement in (
        "LOCK TABLE funding_programme, pocket IN SHARE ROW EXCLUSIVE MODE",
        "DELETE FROM pocket WHERE region_code = :region_code",
        "UPDATE funding_programme SET available_minor = 0, credited_minor = 0, certificates_credited = 0"
        " WHERE region_code = :region_code",
        "INSERT INTO pocket (region_code, certificate_id, period_id, municipality_code, unit, available_minor,"
        f" held_minor) {_POCKETS}",
        f"WITH summed AS ({_BUDGETS}) UPDATE funding_programme p SET available_minor = s.available,"
        " credited_minor = s.credited, certificates_credited = s.certificates FROM summed s"
        " WHERE (p.region_code, p.programme_id) = (s.region_code, s.programme_id)",
    ):
        session.execute(text(statement), parameters)


def guard_partitions(session: Session) -> int:
    """Protect the ledger's new monthly partitions against TRUNCATE; how many there were."""
    return int(session.scalars(text("SELECT ledger_guard_partitions()")).one())
