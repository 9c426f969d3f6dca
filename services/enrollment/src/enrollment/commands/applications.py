"""Applying for a place."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict
from chassis.outbox import record
from contracts import enrollment as contract
from enrollment.commands.seats import announce, counted, lock_seats
from enrollment.domain.eligibility import Group, Offer, check_admission, check_offer
from enrollment.domain.states import DRAFT, ENROLLED, LIVE, WAITLISTED, advance, path_of
from enrollment.models import Application, GroupSeats, Lesson
from enrollment.neighbours import group_terms, offer_made, own_child


@dataclass(frozen=True)
class _Case:
    """What one guardian asks for one child at one instant, with the group as it stands under its lock."""

    caller: Actor
    child: dict[str, Any]
    terms: dict[str, Any]
    offer_id: str
    lessons: Sequence[Row[str, int, date]]
    now: datetime

    @property
    def today(self) -> date:
        return clock.local_date(self.now, self.terms["time_zone"])


def submit(session: Session, caller: Actor, request: dict[str, Any]) -> str:
    """Apply for the caller's own child, accepting the offer; the application's id.

    The child gets a seat (and is enrolled at once where the group needs no review) or a place in the waiting list.
    Refusals, in order: `NotFound` child, group; those of `check_admission`; `NotFound` offer; those of `check_offer`.
    """
    child = own_child(session, caller, request["child_id"])
    seats = lock_seats(session, caller.region_code, request["group_id"])
    terms, now = group_terms(session, caller.region_code, seats.group_id), clock.now()
    lessons = _lessons_from(session, seats, clock.local_date(now, terms["time_zone"]))
    case = _Case(caller, child, terms, request["offer_id"], lessons, now)
    _check(session, case)
    application = _placed(case, seats)
    if not _added(session, application):
        _check(session, case)
        raise Conflict("already_enrolled", "Another application for this child was sent at the same moment.")
    _take(session, seats, application)
    _tell(session, case, application, seats.waiting)
    announce(session, seats)
    return application.application_id


def _lessons_from(session: Session, seats: GroupSeats, on: date) -> Sequence[Row[str, int, date]]:
    """Their ids, numbers and dates: hundreds of them while the group is locked, so no more of each than is told."""
    return session.execute(
        select(Lesson.lesson_id, Lesson.number, Lesson.lesson_on)
        .where(Lesson.region_code == seats.region_code, Lesson.group_id == seats.group_id, Lesson.lesson_on >= on)
        .order_by(Lesson.starts_at, Lesson.number)
    ).all()


def _check(session: Session, case: _Case) -> None:
    region, child_id = case.caller.region_code, case.child["child_id"]
    group = Group(**{name: case.terms[name] for name in Group.__dataclass_fields__})
    in_module = _exists(
        session,
        Application.region_code == region,
        Application.child_id == child_id,
        Application.module_id == case.terms["module_id"],
        Application.status.in_(LIVE),
    )
    check_admission(
        group,
        born_on=case.child["born_on"],
        first_lesson_on=case.lessons[0].lesson_on if case.lessons else None,
        in_module=in_module,
        now=case.now,
    )
    offer = offer_made(session, region, case.offer_id)
    check_offer(
        Offer(**{name: offer[name] for name in Offer.__dataclass_fields__}),
        group,
        guardian_id=case.caller.subject,
        child_id=child_id,
        used=_exists(session, Application.region_code == region, Application.offer_id == case.offer_id),
        now=case.now,
    )


def _exists(session: Session, *conditions: Any) -> bool:
    return bool(session.scalar(select(select(true()).where(*conditions).exists())))


def _placed(case: _Case, seats: GroupSeats) -> Application:
    """The application with the status that the group's admission and free seats give it."""
    status = advance(DRAFT, *path_of(case.terms["admission"], counted(seats).has_room))
    enrolled = status == ENROLLED
    return Application(
        region_code=seats.region_code,
        application_id=str(uuid.uuid4()),
        child_id=case.child["child_id"],
        group_id=seats.group_id,
        module_id=case.terms["module_id"],
        programme_id=case.terms["programme_id"],
        provider_id=case.terms["provider_id"],
        guardian_id=case.caller.subject,
        offer_id=case.offer_id,
        terms_version=case.terms["terms_version"],
        status=status,
        arrival=seats.arrivals + 1,
        submitted_at=case.now,
        enrolled_at=case.now if enrolled else None,
        enrolled_on=case.today if enrolled else None,
        version=2 if enrolled else 1,
    )


def _added(session: Session, application: Application) -> bool:
    """Write the row, unless another transaction has used the offer or placed the child in the module meanwhile."""
    columns = {column.name: getattr(application, column.name) for column in Application.__table__.columns}
    statement = insert(Application).values(columns).on_conflict_do_nothing().returning(Application.application_id)
    return session.scalar(statement) is not None


def _take(session: Session, seats: GroupSeats, application: Application) -> None:
    after = counted(seats).after(DRAFT, application.status)
    seats.taken, seats.waiting, seats.arrivals = after.taken, after.waiting, application.arrival
    session.flush()


def _tell(session: Session, case: _Case, application: Application, position: int) -> None:
    said = {
        "application_id": application.application_id,
        "child_id": application.child_id,
        "group_id": application.group_id,
        "programme_id": application.programme_id,
        "provider_id": application.provider_id,
        "submitted_at": application.submitted_at,
    }
    where = {"region_code": application.region_code, "subject": application.application_id}
    if application.status == WAITLISTED:
        record(session, contract.APPLICATION_WAITLISTED, **where, version=1, data={**said, "position": position})
        return
    record(session, contract.APPLICATION_SUBMITTED, **where, version=1, data=said)
    if application.status == ENROLLED:
        record(session, contract.ENROLLED, **where, version=2, data={**said, **_snapshot(case, application)})


def _snapshot(case: _Case, application: Application) -> dict[str, Any]:
    """The terms that count for money from now on, whatever becomes of the group."""
    terms = case.terms
    return {
        "enrollment_id": application.application_id,
        "module_id": application.module_id,
        "direction": terms["direction"],
        "payer_municipality_code": case.child["municipality_code"],
        "time_zone": terms["time_zone"],
        "enrolled_at": application.enrolled_at,
        "enrolled_on": application.enrolled_on,
        "group_starts_on": terms["starts_on"],
        "group_ends_on": terms["ends_on"],
        "price": terms["price"],
        "normative_price": terms["normative_price"],
        "terms_version": terms["terms_version"],
        "offer_id": application.offer_id,
        "accepted_by": application.guardian_id,
        "lessons": [
            {"lesson_id": lesson.lesson_id, "number": lesson.number, "on": lesson.lesson_on} for lesson in case.lessons
        ],
    }
