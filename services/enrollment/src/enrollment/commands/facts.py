"""Keeping what the neighbours said. Facts come in any order; the newer version of each wins."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.outbox import Received
from chassis.values import Amount
from enrollment.commands import leaving
from enrollment.commands.seats import held
from enrollment.domain import plan
from enrollment.domain.lessons import CANCELLED
from enrollment.domain.states import ENROLLED
from enrollment.models import Application, ChildGuardian, Contract, GroupSeats, Lesson
from enrollment.neighbours import CHILD, GROUP, OFFER, PROVIDER, group_terms


def keep_child(session: Session, event: Received) -> None:
    """Remember a child and its guardians."""
    if not CHILD.remember(session, event):
        return
    region, child_id, guardians = event.region_code, event.data["child_id"], event.data["guardian_ids"]
    session.execute(
        delete(ChildGuardian).where(
            ChildGuardian.region_code == region,
            ChildGuardian.child_id == child_id,
            ChildGuardian.guardian_id.not_in(guardians),
        )
    )
    rows = [{"region_code": region, "guardian_id": guardian, "child_id": child_id} for guardian in guardians]
    session.execute(insert(ChildGuardian).values(rows).on_conflict_do_nothing())


def keep_offer(session: Session, event: Received) -> None:
    """Remember an offer until somebody accepts it."""
    OFFER.remember(session, event)


def keep_provider(session: Session, event: Received, state: str) -> None:
    """Remember whether the region lets a provider take new children."""
    PROVIDER.remember(session, event, {"state": state})


def keep_group(session: Session, event: Received) -> None:
    """Remember a group's terms, set its capacity and its instants, and let its journal follow the plan.

    A lowered capacity throws nobody out: `taken` may stay above it, and no seat is given until it is below again.
    """
    region, group_id, capacity = event.region_code, event.data["group_id"], event.data["capacity"]
    session.execute(
        insert(GroupSeats).values(region_code=region, group_id=group_id, capacity=capacity).on_conflict_do_nothing()
    )
    with held(session, region, group_id) as seats:
        terms = {name: value for name, value in event.data.items() if name != "lessons"}
        if not GROUP.remember(session, event, terms):
            return
        _follow_plan(session, region, group_id, event.data["lessons"])
        seats.capacity, seats.opens_at = capacity, event.data["opens_at"]
        seats.completes_at = clock.end_of_day(event.data["ends_on"], event.data["time_zone"])


def refuse_contract(session: Session, event: Received) -> None:
    """Remember that a contract was refused, and end its enrolment, which nobody will pay for.

    The last day that counts is that of the refusal, or of the enrolment if that is later.
    """
    keep_contract(session, event, "refused")
    key = (event.region_code, event.data["enrollment_id"])
    enrolment = session.get(Application, key)
    if enrolment is None:
        return
    with held(session, event.region_code, enrolment.group_id) as seats:
        session.refresh(enrolment)
        if enrolment.status == ENROLLED and enrolment.ended_on is None:
            zone = group_terms(session, event.region_code, enrolment.group_id)["time_zone"]
            on = max(clock.local_date(event.occurred_at, zone), enrolment.enrolled_on or date.min)
            now, reason = clock.now(), "terms_not_accepted"
            leaving.withdraw(
                session, seats, enrolment, on=on, by=leaving.SYSTEM, reason=reason, now=now, time_zone=zone
            )


def keep_contract(session: Session, event: Received, state: str) -> None:
    """Remember the state of an enrolment's contract, whether or not the enrolment is known."""
    certificate_share = Amount.from_wire(event.data["certificate_share"])
    parent_share = Amount.from_wire(event.data["parent_share"])
    statement = insert(Contract).values(
        region_code=event.region_code,
        contract_id=event.data["contract_id"],
        enrollment_id=event.data["enrollment_id"],
        version=event.version,
        state=state,
        certificate_share_minor=certificate_share.minor,
        certificate_share_unit=certificate_share.unit,
        parent_share_minor=parent_share.minor,
        parent_share_unit=parent_share.unit,
        effective_from=event.data["effective_from"],
        occurred_at=event.occurred_at,
    )
    key = {"region_code", "contract_id"}
    newer = {column.name: column for column in statement.excluded if column.name not in key}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=sorted(key), set_=newer, where=Contract.version < statement.excluded.version
        )
    )


def _follow_plan(session: Session, region: str, group_id: str, planned: Iterable[Mapping[str, Any]]) -> None:
    rows = session.scalars(
        select(Lesson)
        .where(Lesson.region_code == region, Lesson.group_id == group_id)
        .order_by(Lesson.lesson_id)
        .with_for_update()
    )
    known = {
        row.lesson_id: plan.KnownLesson(
            plan.Lesson(row.lesson_id, row.number, row.lesson_on, row.starts_at, row.ends_at),
            settled=row.page_version > 0 or row.moved or row.state == CANCELLED,
        )
        for row in rows
    }
    difference = plan.follow(known, (plan.Lesson(**lesson) for lesson in planned), clock.now())
    _write_plan(session, region, group_id, difference)


def _write_plan(session: Session, region: str, group_id: str, difference: plan.Difference) -> None:
    if difference.added:
        rows = [{"region_code": region, "group_id": group_id, **_columns(lesson)} for lesson in difference.added]
        session.execute(insert(Lesson), rows)
    if difference.changed:
        session.execute(update(Lesson), [{"region_code": region, **_columns(lesson)} for lesson in difference.changed])
    if difference.dropped:
        session.execute(delete(Lesson).where(Lesson.region_code == region, Lesson.lesson_id.in_(difference.dropped)))


def _columns(lesson: plan.Lesson) -> dict[str, Any]:
    return {
        "lesson_id": lesson.lesson_id,
        "number": lesson.number,
        "lesson_on": lesson.on,
        "starts_at": lesson.starts_at,
        "ends_at": lesson.ends_at,
    }
