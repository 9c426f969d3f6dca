"""Money that leaves its pocket: at a period's end, and when a certificate was revoked or has expired.

A period's remainder goes back to its budget (`burn`) or into the certificate's pocket of the next period
(`carry_over`), which waits until the payer has a programme there. A certificate out of force gives all back.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, delete, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, aliased

from billing.commands import ledger, locks
from billing.commands.departures import GONE, KEY, same
from billing.commands.planning import join_as_written
from billing.commands.settling import settle
from billing.domain import ledger as books
from billing.domain.rules import BURN, CARRY_OVER
from billing.models import (
    Certificate,
    CertificateState,
    Departure,
    FundingPeriod,
    FundingProgramme,
    FundingRules,
    Pocket,
)
from billing.models.queue import CATEGORY, out_of_force, rules_on
from chassis.values import Amount

BATCH = 100
"""Pockets emptied in one transaction."""
ACTOR = "billing"
Leaving = Row[Pocket, FundingPeriod, FundingProgramme, FundingRules, CertificateState, FundingProgramme, FundingPeriod]
_NextProgramme, _NextPeriod = aliased(FundingProgramme), aliased(FundingPeriod)


def empty_pockets(session: Session, at: datetime) -> bool:
    """Empty a batch of one programme's pockets that have to be; True when there were any.

    What contracts of a closed period still hold is released first; what was carried over may open others.
    """
    join_as_written(session)
    first = session.execute(_ready(at).limit(1).with_for_update(of=Departure, skip_locked=True)).first()
    if first is None:
        return False
    programme = first.FundingProgramme
    region_code = programme.region_code
    following = [first[5].programme_id] if first[5] else []
    locks.programmes(session, region_code, {programme.programme_id, *following})
    theirs = _ready(at).where(
        FundingProgramme.region_code == region_code, FundingProgramme.programme_id == programme.programme_id
    )
    batch = session.execute(theirs.limit(BATCH).with_for_update(of=Departure, skip_locked=True)).all()
    certificate_ids = sorted({row.Pocket.certificate_id for row in batch})
    _settle(session, region_code, certificate_ids)
    fresh = session.execute(
        theirs.where(Departure.certificate_id.in_(certificate_ids)).execution_options(populate_existing=True)
    ).all()
    _prepare(session, fresh)
    ledger.post(session, region_code, [each for row in fresh for each in _movements(row, at)], at)
    keys = [tuple(getattr(row.Pocket, name) for name in KEY) for row in fresh]
    session.execute(delete(Departure).where(tuple_(*(getattr(Departure, name) for name in KEY)).in_(keys)))
    _settle(session, region_code, [row.Pocket.certificate_id for row in fresh if _carries(row)])
    return True


def _ready(at: datetime) -> Select[*tuple[Any, ...]]:
    """SQL: departures with somewhere to go, in the order of their certificates."""
    return (
        select(Pocket, FundingPeriod, FundingProgramme, FundingRules, CertificateState, _NextProgramme, _NextPeriod)
        .select_from(Departure)
        .join(Pocket, same(Pocket, Departure, *KEY[1:]))
        .join(Certificate, same(Certificate, Departure, "certificate_id"))
        .join(FundingPeriod, same(FundingPeriod, Departure, "period_id"))
        .join(
            FundingProgramme,
            same(FundingProgramme, Departure, "period_id", "municipality_code")
            & (FundingProgramme.category == CATEGORY)
            & (FundingProgramme.unit == Pocket.unit),
        )
        .join(FundingRules, rules_on(FundingPeriod.ends_on))
        .outerjoin(CertificateState, out_of_force() & CertificateState.state.in_(GONE))
        .outerjoin(
            _NextPeriod,
            (_NextPeriod.region_code == Departure.region_code)
            & (_NextPeriod.starts_on == FundingPeriod.ends_on + 1)
            & (_NextPeriod.closes_at > at),
        )
        .outerjoin(
            _NextProgramme,
            same(_NextProgramme, _NextPeriod, "period_id")
            & (_NextProgramme.municipality_code == Departure.municipality_code)
            & (_NextProgramme.category == CATEGORY)
            & (_NextProgramme.unit == Pocket.unit),
        )
        .where(
            or_(
                CertificateState.state.is_not(None),
                and_(
                    FundingPeriod.closes_at <= at,
                    or_(FundingRules.remainder == BURN, _NextProgramme.programme_id.is_not(None)),
                ),
            )
        )
        .order_by(Departure.region_code, Departure.certificate_id, Departure.period_id)
    )


def _settle(session: Session, region_code: str, certificate_ids: Sequence[str]) -> None:
    """Settle those children: in a closed period, and for a certificate that is out of force, nothing stays held."""
    query = select(Certificate.child_id).where(
        Certificate.region_code == region_code, Certificate.certificate_id.in_(certificate_ids)
    )
    settle(session, region_code, session.scalars(query).all())


def _prepare(session: Session, rows: Sequence[Leaving]) -> None:
    """Give the certificates their pockets of the next period."""
    pockets = [
        {
            "region_code": row.Pocket.region_code,
            "certificate_id": row.Pocket.certificate_id,
            "period_id": row[5].period_id,
            "municipality_code": row.Pocket.municipality_code,
            "unit": row.Pocket.unit,
        }
        for row in rows
        if _carries(row)
    ]
    if pockets:
        session.execute(upsert(Pocket).values(pockets).on_conflict_do_nothing())


def _carries(row: Leaving) -> bool:
    return row.CertificateState is None and row.FundingRules.remainder == CARRY_OVER


def _movements(row: Leaving, at: datetime) -> Iterator[books.Movement]:
    """Back to the budget in one movement, or out of this period and into the next in two."""
    pocket, period, programme, rules = row.Pocket, row.FundingPeriod, row.FundingProgramme, row.FundingRules
    if not pocket.available_minor:
        return
    here = books.Pocket(pocket.certificate_id, pocket.period_id, pocket.municipality_code)
    details = {"period_starts_on": period.starts_on.isoformat(), "period_ends_on": period.ends_on.isoformat()}
    common: dict[str, Any] = {
        "amount": Amount(pocket.available_minor, pocket.unit),
        "occurred_at": at,
        "actor": ACTOR,
        "rule_version": rules.rule_version,
        "cause": f"certificate_{row.CertificateState.state}" if row.CertificateState else "period_closed",
    }
    if not _carries(row):
        kinds = [(books.RETURNED, books.available(here), books.budget(programme.programme_id), details)]
    else:
        following = row[6]
        there = books.Pocket(pocket.certificate_id, following.period_id, pocket.municipality_code)
        next_details = {
            "next_starts_on": following.starts_on.isoformat(),
            "next_ends_on": following.ends_on.isoformat(),
        }
        kinds = [
            (books.CARRIED_OUT, books.available(here), books.carried(here), {**details, **next_details}),
            (books.CARRIED_IN, books.carried(there), books.available(there), {**details, **next_details}),
        ]
    for kind, source, target, words in kinds:
        movement_id = str(uuid.uuid4())
        yield books.Movement(movement_id=movement_id, kind=kind, source=source, target=target, details=words, **common)
