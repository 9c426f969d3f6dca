"""The money side of a certificate, for its family."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from billing.domain.statement import Statement, statement
from billing.models import Certificate, Credit, FundingPeriod, FundingProgramme, FundingRequest, FundingRules, Posting
from billing.models.queue import CATEGORY, local_day, position, rules_on
from billing.neighbours import own_child
from chassis import clock
from chassis.context import Actor
from chassis.errors import NotFound
from chassis.values import Amount

DEFAULT_UNIT = "RUB"
Account = Row[Certificate, FundingPeriod, FundingProgramme, FundingRules, FundingRequest, Credit]


def get_certificate_account(session: Session, caller: Actor, child_id: str) -> dict[str, Any]:
    """The account of the caller's own child in the funding period of today, every sum taken from the postings.

    Raises `NotFound`: `child_not_found`, `certificate_not_issued`.
    """
    own_child(session, caller, child_id)
    at = clock.now()
    account = _account(session, caller.region_code, child_id, at)
    if account is None:
        raise NotFound("certificate_not_issued", "The child has no certificate yet.")
    period, programme = account.FundingPeriod, account.FundingProgramme
    unit = programme.unit if programme else DEFAULT_UNIT
    sums = _statement(session, account) if programme else Statement()
    return {
        "child_id": child_id,
        "certificate_id": account.Certificate.certificate_id,
        "state": _state(account),
        "queue_position": _queue_position(session, account, at),
        "period_starts_on": period.starts_on if period else None,
        "period_ends_on": period.ends_on if period else None,
        "unit": unit,
        "nominal": Amount(account.FundingRules.nominal_minor if programme else 0, unit).to_wire(),
        **{name: Amount(minor, unit).to_wire() for name, minor in asdict(sums).items()},
    }


def _account(session: Session, region_code: str, child_id: str, at: datetime) -> Account | None:
    query = (
        select(Certificate, FundingPeriod, FundingProgramme, FundingRules, FundingRequest, Credit)
        .select_from(Certificate)
        .outerjoin(
            FundingPeriod,
            (FundingPeriod.region_code == Certificate.region_code)
            & local_day(at).between(FundingPeriod.starts_on, FundingPeriod.ends_on),
        )
        .outerjoin(
            FundingProgramme,
            (FundingProgramme.region_code == Certificate.region_code)
            & (FundingProgramme.municipality_code == Certificate.payer_municipality_code)
            & (FundingProgramme.period_id == FundingPeriod.period_id)
            & (FundingProgramme.category == CATEGORY),
        )
        .outerjoin(FundingRules, rules_on(local_day(at)))
        .outerjoin(FundingRequest, _of(FundingRequest) & (FundingRequest.granted_at.is_(None)))
        .outerjoin(Credit, _of(Credit))
        .where(Certificate.region_code == region_code, Certificate.child_id == child_id)
    )
    return session.execute(query).one_or_none()


def _of(model: type[FundingRequest] | type[Credit]) -> Any:
    return (
        (model.region_code == Certificate.region_code)
        & (model.certificate_id == Certificate.certificate_id)
        & (model.programme_id == FundingProgramme.programme_id)
    )


def _state(account: Account) -> str:
    if account.Credit:
        return "funded"
    return "queued" if account.FundingRequest else "accounting"


def _queue_position(session: Session, account: Account, at: datetime) -> int | None:
    request = account.FundingRequest
    if request is None:
        return None
    return session.scalars(select(position(request.region_code, request.programme_id, request.arrival, at))).one()


def _statement(session: Session, account: Account) -> Statement:
    certificate, programme = account.Certificate, account.FundingProgramme
    query = (
        select(Posting.kind, Posting.account, func.sum(Posting.amount_minor))
        .where(
            Posting.region_code == certificate.region_code,
            Posting.certificate_id == certificate.certificate_id,
            Posting.period_id == programme.period_id,
            Posting.municipality_code == programme.municipality_code,
        )
        .group_by(Posting.kind, Posting.account)
    )
    return statement({(kind, name): int(total) for kind, name, total in session.execute(query)})
