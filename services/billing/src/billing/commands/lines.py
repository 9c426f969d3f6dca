"""The lessons of opened contracts that may need a posting, and what their contracts' postings need to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from billing.commands.departures import GONE
from billing.commands.known import end_of
from billing.commands.line_queries import EVERY_LESSON, MARKED_LESSONS
from billing.commands.planning import join_as_written
from billing.domain import charges as rules
from billing.domain import ledger as books
from billing.domain.contract import ACTIVE, FROZEN, End, certificate_end
from billing.domain.policy import Policy
from billing.domain.rules import MONTHLY
from chassis import clock
from chassis.context import Context, current
from contracts.enrollment import JOURNAL_DAYS


@dataclass(frozen=True)
class Background:
    """What a contract's postings need to know beside its lessons; a free contract has no rules and no pocket."""

    region_code: str
    contract_id: str
    enrollment_id: str
    certificate_id: str
    period_id: str
    municipality_code: str
    state: str
    unit: str
    price_minor: int
    certificate_share_minor: int
    parent_share_minor: int
    lesson_count: int
    rule_version: int | None
    effective_from: date
    child_id: str
    group_id: str
    provider_id: str
    title: str | None
    available_minor: int | None
    held_minor: int | None
    policy: Policy | None
    by_month: bool
    end: End | None
    frozen: bool
    out_of_force: bool
    closed: bool
    today: date

    @property
    def pocket(self) -> books.Pocket:
        """The money that pays."""
        return books.Pocket(self.certificate_id, self.period_id, self.municipality_code)

    @property
    def ends(self) -> bool:
        """Whether the contract may have to be closed."""
        return self.end is not None and self.state == ACTIVE

    @property
    def terms(self) -> rules.Contract | None:
        """The contract as the domain takes it; None for one that the certificate pays nothing of."""
        if self.policy is None or self.available_minor is None or not self.certificate_share_minor:
            return None
        return rules.Contract(
            share=self.certificate_share_minor,
            lessons=self.lesson_count,
            policy=self.policy,
            journal_from=self.today - timedelta(days=JOURNAL_DAYS),
            ended_on=self.end.on if self.end else None,
            frozen=self.frozen,
            closed=self.closed,
        )


@dataclass(frozen=True)
class Line:
    """A lesson of an opened contract, when its newest mark was made, and in which context that was learnt."""

    lesson: rules.ContractLesson
    marked_at: datetime | None
    context: Context


@dataclass(frozen=True)
class Marked:
    """Marks that were just learnt: enrolments and lessons, pair by pair, and the context of each lesson's page."""

    enrollment_ids: Sequence[str]
    lesson_ids: Sequence[str]
    contexts: Mapping[str, Context]


@dataclass(frozen=True)
class Unsettled:
    """A contract, those of its lessons that may need a posting, and in which context it came to be looked at."""

    background: Background
    lines: list[Line]
    context: Context


def unsettled(
    session: Session,
    region_code: str,
    certificate_ids: Sequence[str],
    at: datetime,
    marked: Marked | None = None,
    *,
    only_marked: bool = False,
) -> list[Unsettled]:
    """By contract, in the order of certificates and contracts: the lessons that may need a posting.

    Of a contract that has ended and is not closed, or has paid a month too many, these are all of its lessons, even if
    it has none. With `only_marked` nothing but the marked lessons is looked at.
    """
    join_as_written(session)
    parameters: dict[str, Any] = {"region_code": region_code, "certificate_ids": certificate_ids, "at": at}
    if marked and only_marked:
        parameters |= {"enrollment_ids": marked.enrollment_ids, "lesson_ids": marked.lesson_ids}
    found = session.execute(MARKED_LESSONS if only_marked else EVERY_LESSON, parameters)
    contexts = marked.contexts if marked else {}
    return [_unsettled(list(rows), contexts, at) for _, rows in groupby(found, key=lambda row: row.contract_id)]


def _unsettled(rows: Sequence[Row[Any]], contexts: Mapping[str, Context], at: datetime) -> Unsettled:
    """One contract; what no page of its own explains was looked at because of the last one."""
    causes = [contexts[row.lesson_id] for row in rows if row.lesson_id in contexts]
    cause = causes[-1] if causes else current()
    lines = [
        Line(_lesson(row), row.marked_at, contexts.get(row.lesson_id, cause))
        for row in rows
        if row.lesson_id is not None
    ]
    return Unsettled(_background(rows[0], at), lines, cause)


def _background(row: Row[Any], at: datetime) -> Background:
    return Background(
        region_code=row.region_code,
        contract_id=row.contract_id,
        enrollment_id=row.enrollment_id,
        certificate_id=row.certificate_id,
        period_id=row.period_id,
        municipality_code=row.municipality_code,
        state=row.state,
        unit=row.unit,
        price_minor=row.price_minor,
        certificate_share_minor=row.certificate_share_minor,
        parent_share_minor=row.parent_share_minor,
        lesson_count=row.lesson_count,
        rule_version=row.rule_version,
        effective_from=row.effective_from,
        child_id=row.child_id,
        group_id=row.group_id,
        provider_id=row.provider_id,
        title=row.title,
        available_minor=row.available_minor,
        held_minor=row.held_minor,
        policy=_policy(row) if row.charge else None,
        by_month=row.charge == MONTHLY,
        end=_end(row, at),
        frozen=row.certificate_state == FROZEN,
        out_of_force=row.certificate_state in GONE,
        closed=row.closes_at <= at,
        today=clock.local_date(at, row.time_zone),
    )


def _policy(row: Row[Any]) -> Policy:
    return Policy(row.absent_percent, row.ill_percent, row.excused_percent, row.copayment_allowed)


def _end(row: Row[Any], at: datetime) -> End | None:
    state = row.certificate_state if row.price_minor else None
    return end_of(
        End(row.effective_on, row.kind) if row.kind else None,
        certificate_end(state, row.changed_on, row.valid_until) if state else None,
        row.ends_on,
        row.time_zone,
        at,
    )


def _lesson(row: Row[Any]) -> rules.ContractLesson:
    """The lesson as the domain takes it."""
    return rules.ContractLesson(
        lesson_id=row.lesson_id,
        k=row.k,
        on=row.held_on,
        mark=row.mark,
        cancelled=row.cancelled,
        charge=rules.Charge(row.charge_id, row.charged_mark, row.amount_minor) if row.charge_id else None,
        generation=row.generations,
        released=row.released_minor,
        outcome=row.outcome,
    )
