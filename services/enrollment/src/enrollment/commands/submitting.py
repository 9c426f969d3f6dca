"""Families apply: all who came at the same moment are decided together, one after another as they came.

What they need is looked up in a few questions for all of them; what they change is written in a few statements.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.batches import Alone
from chassis.context import current, using
from chassis.errors import Conflict, Refusal
from chassis.methods import Asked
from chassis.outbox import Announcement, record_all
from chassis.projections import FactMissing
from enrollment.commands import announcing, drafts, entering
from enrollment.commands.courses import Course, look_at_all
from enrollment.commands.entering import Taken
from enrollment.commands.seats import GroupKey, Public, changed, count, lock_all, public, write
from enrollment.domain.states import DRAFT, WAITLISTED
from enrollment.holds import Holds
from enrollment.models import Application
from enrollment.neighbours import CHILD, GROUP, OFFER, Facts, own_child

TABLE = cast(Table, Application.__table__)
COLUMNS = TABLE.columns.keys()
ADD = insert(TABLE).on_conflict_do_nothing().returning(TABLE.c.application_id)


@dataclass(frozen=True)
class Desk:
    """What is known when applications are decided; the seats of the courses are locked."""

    facts: Facts
    courses: dict[GroupKey, Course]
    taken: Taken
    holds: Holds


@dataclass(frozen=True)
class Accepted:
    """An application that was accepted, its place in the list if it waits, and what is to be told of it."""

    asked: Asked
    course: Course
    application: Application
    position: int | None
    news: list[Announcement]


@dataclass(frozen=True)
class Seen:
    """What is to be shown of a new application; `has_other_seat`: the child may have lessons at the same time."""

    application: Application
    title: str
    position: int | None
    sends_at: datetime | None
    has_other_seat: bool


def submit(session: Session, asked: Sequence[Asked], holds: Holds) -> list[Seen | Exception]:
    """Apply for the callers' own children, accepting the offers: the application of each, or why there is none.

    The child gets a seat (and is enrolled at once where the group needs no review) or a place in the waiting list; a
    draft for a group that is not open yet is kept. Drafts that are due are sent first, by one who is decided alone:
    there may be hundreds. Refusals, in order: `NotFound` child, group; those of `check_admission`; `NotFound` offer;
    those of `check_offer`; `Conflict("draft_exists")`.
    """
    seats = lock_all(session, {_group_of(each) for each in asked})
    before = {key: public(each) for key, each in seats.items()}
    facts = Facts(session, [fact for each in asked for fact in _facts_of(each)])
    courses = dict(zip(seats, look_at_all(session, list(seats.values()), facts), strict=True))
    if len(asked) == 1:
        for course in courses.values():
            drafts.send_due(session, course, holds)
        session.flush()
    desk = Desk(facts, courses, _taken(session, asked), holds)
    with session.no_autoflush:
        decided = [_decided(desk, each) for each in asked]
        accepted = [each for each in decided if isinstance(each, Accepted)]
        _add(session, desk, accepted)
        news = [news for each in accepted for news in each.news]
        record_all(session, news + _news_of_seats(courses, before, accepted))
        write(session, seats.values())
    return [_seen(desk, each) if isinstance(each, Accepted) else each for each in decided]


def _group_of(asked: Asked) -> GroupKey:
    return asked.actor.region_code, asked.request["group_id"]


def _facts_of(asked: Asked) -> Iterable[tuple[Any, str, str]]:
    named = ((CHILD, "child_id"), (GROUP, "group_id"), (OFFER, "offer_id"))
    return ((projection, asked.actor.region_code, asked.request[name]) for projection, name in named)


def _taken(session: Session, asked: Iterable[Asked]) -> Taken:
    return Taken(
        session, [(each.actor.region_code, each.request["child_id"], each.request["offer_id"]) for each in asked]
    )


def _decided(desk: Desk, asked: Asked) -> Accepted | Refusal | FactMissing | Alone:
    try:
        with using(asked.context):
            return _accepted(desk, asked)
    except (Refusal, FactMissing, Alone) as refusal:
        return refusal


def _accepted(desk: Desk, asked: Asked) -> Accepted:
    """Check first, then change: of what is refused nothing must be left."""
    caller, request = asked.actor, asked.request
    child = own_child(desk.facts, caller.region_code, caller.subject, request["child_id"])
    course = desk.courses.get(_group_of(asked))
    if course is None:
        raise FactMissing(GROUP, request["group_id"])
    if drafts.are_due(course):
        raise Alone
    application = _new(course, asked)
    _check(desk, course, application, child, request["draft"])
    if not _is_kept(course, request["draft"]):
        entering.place(course, application, desk.holds)
    count(course.seats, None, application.status)
    course.seats.arrivals = application.arrival
    desk.taken.add(application)
    position = course.seats.waiting if application.status == WAITLISTED else None
    told = application.status != DRAFT
    news = announcing.entry(course, application, child["municipality_code"]) if told else []
    return Accepted(asked, course, application, position, news)


def _is_kept(course: Course, draft: bool) -> bool:
    """Whether it stays a draft until enrolment opens."""
    return draft and not course.is_open


def _check(desk: Desk, course: Course, application: Application, child: dict[str, Any], draft: bool) -> None:
    """A draft must be one that could be sent when enrolment opens, as far as can be seen today."""
    at = course.group.opens_at if _is_kept(course, draft) else course.now
    entering.check(course, application, child, desk.facts, desk.taken, at)


def _new(course: Course, asked: Asked) -> Application:
    return Application(
        region_code=course.seats.region_code,
        application_id=str(uuid.uuid4()),
        child_id=asked.request["child_id"],
        group_id=course.seats.group_id,
        module_id=course.terms["module_id"],
        programme_id=course.terms["programme_id"],
        provider_id=course.terms["provider_id"],
        guardian_id=asked.actor.subject,
        offer_id=asked.request["offer_id"],
        terms_version=course.terms["terms_version"],
        status=DRAFT,
        arrival=course.seats.arrivals + 1,
        submitted_at=course.now,
        version=0,
        sent=False,
    )


def _add(session: Session, desk: Desk, accepted: Sequence[Accepted]) -> None:
    """Write the rows, in an order that is the same everywhere.

    Raises why one cannot be written: another transaction has used the offer, has taken the child's place in the module,
    or keeps its draft.
    """
    applications = sorted((each.application for each in accepted), key=lambda each: (each.child_id, each.module_id))
    rows = [{name: getattr(application, name) for name in COLUMNS} for application in applications]
    if not rows or len(session.execute(ADD, rows).all()) == len(rows):
        return
    now_taken = Desk(desk.facts, desk.courses, _taken(session, [each.asked for each in accepted]), desk.holds)
    for each in accepted:
        region_code, child_id = each.application.region_code, each.application.child_id
        _check(
            now_taken,
            each.course,
            each.application,
            desk.facts.child(region_code, child_id),
            each.asked.request["draft"],
        )
    if accepted[0].application.status == DRAFT:
        raise Conflict("draft_exists", "A draft for this child and group is kept already.")
    raise Conflict("already_enrolled", "Another application for this child was sent at the same moment.")


def _news_of_seats(
    courses: dict[GroupKey, Course], before: dict[GroupKey, Public], accepted: Sequence[Accepted]
) -> list[Announcement]:
    """Each group that changed is told of once, in the context of whoever changed it last."""
    last = {_group_of(each.asked): each.asked.context for each in accepted}
    news: list[Announcement] = []
    for key, course in courses.items():
        with using(last.get(key, current())):
            news += changed(course.seats, before[key])
    return news


def _seen(desk: Desk, accepted: Accepted) -> Seen:
    course, application = accepted.course, accepted.application
    sends_at = course.seats.opens_at if application.status == DRAFT else None
    has_other_seat = desk.taken.other_seats(application) > 0
    return Seen(application, course.terms["title"], accepted.position, sends_at, has_other_seat)
