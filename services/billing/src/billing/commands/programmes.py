"""A municipality sets its funding programmes' rules: the first version for a whole period, later ones from a day on."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.commands.periods import ensure_running
from billing.domain.coverage import Span
from billing.domain.rules import Version, earliest, place
from billing.models import FundingPeriod, FundingProgramme, FundingRules
from billing.views import rules_view
from chassis import clock
from chassis.context import Actor
from chassis.errors import Forbidden, InvalidInput, NotFound, RuleViolated
from chassis.values import Amount

CATEGORY_NAMES = {"children_5_17": "дети 5–17"}
_POLICIES = (
    *("charge", "absent_percent", "ill_percent", "excused_percent", "copayment_allowed", "remainder"),
    *("clubs_at_once_max", "direction_limits"),
)


def rules_at(session: Session, programme: FundingProgramme, on: date) -> FundingRules:
    """The version of the programme's rules that holds on a day; outside the period, that of its nearest day."""
    period = session.get_one(FundingPeriod, (programme.region_code, programme.period_id))
    day = min(max(on, period.starts_on), period.ends_on)
    query = select(FundingRules).where(
        FundingRules.region_code == programme.region_code,
        FundingRules.programme_id == programme.programme_id,
        FundingRules.superseded_at.is_(None),
        FundingRules.valid_from <= day,
        FundingRules.valid_until >= day,
    )
    return session.scalars(query.execution_options(populate_existing=True)).one()


def set_funding_programme(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """Give the caller's municipality a programme in a period, or its programme a new version of the rules.

    Without `valid_from` a version holds as early as it may: see `billing.domain.rules.earliest`. What was credited,
    and contracts that have begun, keep the version they were made by. Raises `NotFound("funding_period_not_found")`;
    `RuleViolated`: `period_ended`, `valid_from_too_early`; `InvalidInput`: `valid_from_outside_period`,
    `amount_not_positive`, `unit_mismatch`.
    """
    at = clock.now()
    period = _period(session, caller.region_code, request["period_id"], at)
    nominal = _checked(request)
    programme = _locked(session, caller, period, request["category"], nominal.unit)
    if programme.unit != nominal.unit:
        raise InvalidInput("unit_mismatch", "The programme has another unit.", nominal=f"Must be in {programme.unit}.")
    versions = _versions(session, programme)
    standing = [Version(each.rule_version, Span(each.valid_from, each.valid_until)) for each in versions]
    valid_from = _valid_from(request["valid_from"], period, standing, at)
    number = 1 + (session.scalar(_greatest_version(programme)) or 0)
    placement = place(Span(period.starts_on, period.ends_on), standing, valid_from, number)
    _shift(session, programme, placement, at)
    columns = {name: request[name] for name in (*_POLICIES, "certificates_max")}
    sum_max = request["nominal_sum_max"]
    columns["nominal_sum_max_minor"] = Amount.from_wire(sum_max).minor if sum_max else None
    rules = add_version(session, programme, placement.version, nominal, columns, by=caller.subject, at=at)
    return rules_view(programme, rules)


def add_version(
    session: Session,
    programme: FundingProgramme,
    version: Version,
    nominal: Amount,
    columns: dict[str, Any],
    *,
    by: str,
    at: datetime,
) -> FundingRules:
    """Write a version of the rules; `columns` are both caps and the policies."""
    rules = FundingRules(
        region_code=programme.region_code,
        programme_id=programme.programme_id,
        rule_version=version.number,
        valid_from=version.days.first,
        valid_until=version.days.last,
        nominal_minor=nominal.minor,
        set_by=by,
        set_at=at,
        **columns,
    )
    session.add(rules)
    session.flush()
    return rules


def _period(session: Session, region_code: str, period_id: str, at: datetime) -> FundingPeriod:
    period = session.get(FundingPeriod, (region_code, period_id))
    if period is None:
        raise NotFound("funding_period_not_found", "The region has no such funding period.")
    ensure_running(period, at)
    return period


def _checked(request: dict[str, Any]) -> Amount:
    nominal = Amount.from_wire(request["nominal"])
    if nominal.minor <= 0:
        raise InvalidInput("amount_not_positive", "A nominal gives money.", nominal="Must be greater than 0.")
    sum_max = Amount.from_wire(request["nominal_sum_max"]) if request["nominal_sum_max"] else None
    if sum_max and sum_max.unit != nominal.unit:
        raise InvalidInput("unit_mismatch", "Both sums need one unit.", nominal_sum_max=f"Must be in {nominal.unit}.")
    if sum_max and sum_max.minor < 0:
        raise InvalidInput("amount_not_positive", "A cap is not negative.", nominal_sum_max="Must not be negative.")
    return nominal


def _locked(session: Session, caller: Actor, period: FundingPeriod, category: str, unit: str) -> FundingProgramme:
    """The municipality's programme, made if there is none, locked: its versions are set one after the other."""
    code = caller.scope.get("municipality_code")
    if not code:
        raise Forbidden("role_not_allowed", "The caller works for no municipality.", role=caller.role)
    key = {
        "region_code": caller.region_code,
        "municipality_code": code,
        "period_id": period.period_id,
        "category": category,
    }
    values = {
        **key,
        "programme_id": str(uuid.uuid4()),
        "payer_name": _payer_name(session, caller.region_code, code),
        "category_name": CATEGORY_NAMES[category],
        "unit": unit,
    }
    session.execute(insert(FundingProgramme).values(values).on_conflict_do_nothing())
    query = select(FundingProgramme).filter_by(**key).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _payer_name(session: Session, region_code: str, municipality_code: str) -> str:
    """As it was called when its latest programme was opened; its code when it never had one."""
    query = (
        select(FundingProgramme.payer_name)
        .join(
            FundingPeriod,
            (FundingPeriod.region_code == FundingProgramme.region_code)
            & (FundingPeriod.period_id == FundingProgramme.period_id),
        )
        .where(FundingProgramme.region_code == region_code, FundingProgramme.municipality_code == municipality_code)
        .order_by(FundingPeriod.starts_on.desc())
    )
    return session.scalars(query.limit(1)).first() or f"муниципалитет {municipality_code}"


def _versions(session: Session, programme: FundingProgramme) -> Sequence[FundingRules]:
    query = select(FundingRules).where(
        FundingRules.region_code == programme.region_code,
        FundingRules.programme_id == programme.programme_id,
        FundingRules.superseded_at.is_(None),
    )
    return session.scalars(query.order_by(FundingRules.valid_from).execution_options(populate_existing=True)).all()


def _greatest_version(programme: FundingProgramme) -> Any:
    return select(func.max(FundingRules.rule_version)).where(
        FundingRules.region_code == programme.region_code, FundingRules.programme_id == programme.programme_id
    )


def _valid_from(wanted: date | None, period: FundingPeriod, standing: Sequence[Version], at: datetime) -> date:
    days = Span(period.starts_on, period.ends_on)
    first = earliest(days, standing, clock.local_date(at, period.time_zone))
    valid_from = wanted or (first if standing else days.first)
    if valid_from not in days:
        raise InvalidInput("valid_from_outside_period", "Rules hold within their period.", valid_from="Not in it.")
    if valid_from < first or (not standing and valid_from != first):
        raise RuleViolated(
            "valid_from_too_early" if standing else "valid_from_leaves_gap",
            "These rules cannot begin on that day.",
            earliest=first.isoformat(),
        )
    return valid_from


def _shift(session: Session, programme: FundingProgramme, placement: Any, at: datetime) -> None:
    own = (FundingRules.region_code == programme.region_code, FundingRules.programme_id == programme.programme_id)
    if placement.shortened:
        statement = update(FundingRules).where(*own, FundingRules.rule_version == placement.shortened.number)
        session.execute(statement.values(valid_until=placement.shortened.days.last))
    if placement.superseded:
        statement = update(FundingRules).where(*own, FundingRules.rule_version.in_(placement.superseded))
        session.execute(statement.values(superseded_at=at))
