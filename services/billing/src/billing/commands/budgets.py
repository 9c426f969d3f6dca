"""A municipality gives money to its funding programmes; the programme's line is served at once."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.commands import funding, ledger
from billing.commands.periods import ensure_running
from billing.commands.programmes import rules_at
from billing.commands.settling import settle
from billing.domain import ledger as books
from billing.models import FundingPeriod, FundingProgramme
from billing.views import budget_views, of_municipality
from chassis import clock
from chassis.context import Actor
from chassis.errors import InvalidInput, NotFound
from chassis.values import Amount


def allocate_budget(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """Add money to a programme of the caller's own municipality, and grant nominals to the front of its line.

    Raises `NotFound("funding_programme_not_found")`; `InvalidInput`: `amount_not_positive`, `unit_mismatch`;
    `RuleViolated("period_ended")` once the period is over.
    """
    amount = Amount.from_wire(request["amount"])
    programme = _own_programme(session, caller, request["funding_programme_id"])
    if amount.minor <= 0:
        raise InvalidInput("amount_not_positive", "An allocation adds money.", amount="Must be greater than 0.")
    if amount.unit != programme.unit:
        raise InvalidInput("unit_mismatch", "The budget has another unit.", amount=f"Must be in {programme.unit}.")
    ensure_running(session.get_one(FundingPeriod, (programme.region_code, programme.period_id)), clock.now())
    allocate(session, programme, amount, actor=caller.subject, basis=request["basis"])
    session.refresh(programme)
    grants = funding.serve(session, programme, clock.now())
    settle(session, programme.region_code, grants=grants)
    return budget_views(session, clock.now(), of_municipality(caller), programme.programme_id)[0]


def allocate(session: Session, programme: FundingProgramme, amount: Amount, *, actor: str, basis: str) -> None:
    """Post an allocation to the locked programme; `basis` names the act that allows it."""
    at = clock.now()
    period = session.get_one(FundingPeriod, (programme.region_code, programme.period_id))
    allocation = books.Movement(
        movement_id=str(uuid.uuid4()),
        kind=books.ALLOCATION,
        cause="budget_allocated",
        source=books.outside(programme.municipality_code),
        target=books.budget(programme.programme_id),
        amount=amount,
        occurred_at=at,
        actor=actor,
        rule_version=rules_at(session, programme, clock.local_date(at, period.time_zone)).rule_version,
        details={"basis": basis},
    )
    ledger.post(session, programme.region_code, [allocation], at)


def _own_programme(session: Session, caller: Actor, programme_id: str) -> FundingProgramme:
    query = (
        select(FundingProgramme)
        .where(of_municipality(caller), FundingProgramme.programme_id == programme_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    programme = session.scalars(query).one_or_none()
    if programme is None:
        raise NotFound("funding_programme_not_found", "Your municipality has no such funding programme.")
    return programme
