"""Nominals reach the certificates that were granted them; the others are told their places in line."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from billing.commands import ledger, versions
from billing.commands.funding import Grant, Need
from billing.domain import ledger as books
from billing.models import Credit, FundingRequest, Pocket
from billing.models.queue import position
from chassis import clock
from chassis.outbox import record
from chassis.values import Amount
from contracts.billing import CERTIFICATE_CREDITED, FUNDING_QUEUED

ACTOR = "billing"


def credit(
    session: Session, region_code: str, grants: Sequence[Grant], children: Mapping[str, str], at: datetime
) -> None:
    """Move the nominals to the certificates' pockets and announce them. The certificates are locked.

    `children` maps certificates to their children.
    """
    if not grants:
        return
    movements = [_crediting(grant, at) for grant in grants]
    session.execute(upsert(Pocket).values([_pocket_row(grant) for grant in grants]).on_conflict_do_nothing())
    ledger.post(session, region_code, movements, at)
    session.execute(
        insert(Credit),
        [_credit_row(grant, movement, at) for grant, movement in zip(grants, movements, strict=True)],
    )
    session.execute(
        update(FundingRequest)
        .where(
            FundingRequest.region_code == region_code,
            tuple_(FundingRequest.certificate_id, FundingRequest.programme_id).in_(
                [(grant.certificate_id, grant.programme.programme_id) for grant in grants]
            ),
        )
        .values(granted_at=at)
        .execution_options(synchronize_session=False)
    )
    balances = _balances(session, region_code, grants)
    for grant in grants:
        _announce_credit(session, grant, children[grant.certificate_id], balances, at)


def announce_queued(
    session: Session, region_code: str, needs: Sequence[Need], children: Mapping[str, str], at: datetime
) -> None:
    """Mark the needs that the money did not reach as queued, and tell their places."""
    for need in needs:
        waiting = _mark_queued(session, region_code, need)
        if waiting is None:
            continue
        record(
            session,
            FUNDING_QUEUED,
            region_code=region_code,
            subject=need.certificate_id,
            version=versions.of_certificate(session, region_code, need.certificate_id),
            data={
                "certificate_id": need.certificate_id,
                "child_id": children[need.certificate_id],
                "funding_programme_id": need.programme_id,
                "position": session.scalar(select(position(region_code, need.programme_id, waiting.arrival, at))),
            },
        )


def _mark_queued(session: Session, region_code: str, need: Need) -> Row[int] | None:
    return session.execute(
        update(FundingRequest)
        .where(
            FundingRequest.region_code == region_code,
            FundingRequest.certificate_id == need.certificate_id,
            FundingRequest.programme_id == need.programme_id,
            FundingRequest.granted_at.is_(None),
        )
        .values(queued=True)
        .returning(FundingRequest.arrival)
        .execution_options(synchronize_session=False)
    ).one_or_none()


def _crediting(grant: Grant, at: datetime) -> books.Movement:
    programme, period = grant.programme, grant.period
    pocket = books.Pocket(grant.certificate_id, period.period_id, programme.municipality_code)
    return books.Movement(
        movement_id=str(uuid.uuid4()),
        kind=books.CREDIT,
        cause="nominal",
        source=books.budget(programme.programme_id),
        target=books.available(pocket),
        amount=Amount(grant.rules.nominal_minor, programme.unit),
        occurred_at=at,
        actor=ACTOR,
        rule_version=grant.rules.rule_version,
        details={
            "period_starts_on": period.starts_on.isoformat(),
            "period_ends_on": period.ends_on.isoformat(),
            "payer_name": programme.payer_name,
        },
    )


def _pocket_row(grant: Grant) -> dict[str, str]:
    return {
        "region_code": grant.programme.region_code,
        "certificate_id": grant.certificate_id,
        "period_id": grant.period.period_id,
        "municipality_code": grant.programme.municipality_code,
        "unit": grant.programme.unit,
    }


def _credit_row(grant: Grant, movement: books.Movement, at: datetime) -> dict[str, object]:
    return {
        **_pocket_row(grant),
        "programme_id": grant.programme.programme_id,
        "transaction_id": movement.movement_id,
        "amount_minor": movement.amount.minor,
        "credited_at": at,
        "credited_on": clock.local_date(at, grant.period.time_zone),
        "was_queued": grant.was_queued,
    }


def _balances(session: Session, region_code: str, grants: Sequence[Grant]) -> Mapping[tuple[str, str], int]:
    """What the credited pockets have now, by certificate and period: money carried in from the last one, too."""
    query = select(Pocket.certificate_id, Pocket.period_id, Pocket.available_minor).where(
        Pocket.region_code == region_code,
        tuple_(Pocket.certificate_id, Pocket.period_id, Pocket.municipality_code).in_(
            [(each.certificate_id, each.period.period_id, each.programme.municipality_code) for each in grants]
        ),
    )
    return {(certificate_id, period_id): minor for certificate_id, period_id, minor in session.execute(query)}


def _announce_credit(
    session: Session, grant: Grant, child_id: str, balances: Mapping[tuple[str, str], int], at: datetime
) -> None:
    programme = grant.programme
    balance = balances[grant.certificate_id, grant.period.period_id]
    record(
        session,
        CERTIFICATE_CREDITED,
        region_code=programme.region_code,
        subject=grant.certificate_id,
        version=versions.of_certificate(session, programme.region_code, grant.certificate_id),
        data={
            "certificate_id": grant.certificate_id,
            "child_id": child_id,
            "funding_programme_id": programme.programme_id,
            "amount": Amount(grant.rules.nominal_minor, programme.unit).to_wire(),
            "balance_after": Amount(balance, programme.unit).to_wire(),
            "credited_at": at,
        },
    )
