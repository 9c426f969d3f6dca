"""Who is in a group, so that news of a lesson reach every family that would have come to it.

Lessons change and children come and go in any order of hearing. Whatever is heard last completes the pair: a change
tells the children that are enrolled, an enrolment catches up with the changes that were made after it. Both hold the
group's lock, so that neither misses the other.
"""

from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.outbox import Received
from notifications.commands import News, insert_new, keep_notice, tell
from notifications.domain.texts import Kind, places
from notifications.models import Enrolment, LessonChange

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 3))")
_ASKED_OF_AN_ENROLMENT = ("group_id", "enrollment_id", "enrolled_at")
_ENDED_ON = (
    select(Enrolment.ended_on)
    .where(Enrolment.region_code == bindparam("region_code"), Enrolment.enrollment_id == bindparam("enrollment_id"))
    .scalar_subquery()
)
_CHANGES_MISSED = (
    select(*(getattr(LessonChange, field.name) for field in fields(News)))
    .where(LessonChange.region_code == bindparam("region_code"), LessonChange.group_id == bindparam("group_id"))
    .where(LessonChange.changed_at >= bindparam("enrolled_at"))
    .where(or_(_ENDED_ON.is_(None), LessonChange.first_on <= _ENDED_ON))
    .order_by(LessonChange.event_id)
)
"""Changes of the group's lessons that were made since the child was enrolled, and heard of before."""


def keep_enrolment(session: Session, event: Received) -> None:
    """Tell that the child is in the group, and what became of its lessons since."""
    keep_notice(session, event, places.ENROLLED)
    _lock(session, event)
    _keep(session, event, {"enrolled_at": event.data["enrolled_at"]})
    asked = {"region_code": event.region_code, **{name: event.data[name] for name in _ASKED_OF_AN_ENROLMENT}}
    for change in session.execute(_CHANGES_MISSED, asked).all():
        tell(session, News(*change), event.data["child_id"])


def keep_end(session: Session, event: Received, kind: Kind) -> None:
    """Tell that the child has left the group; lessons after `effective_on` no longer concern its family."""
    keep_notice(session, event, kind)
    _keep(session, event, {"ended_on": event.data["effective_on"]})


def keep_lesson_change(session: Session, event: Received, kind: Kind) -> None:
    """Tell every family in the group, and keep the change for those that are heard of later."""
    _lock(session, event)
    news = News.heard(event, kind)
    days = [event.data[name] for name in ("lesson_on", "new_lesson_on") if name in event.data]
    change = {**asdict(news), "first_on": min(days), "changed_at": event.occurred_at}
    insert_new(session, LessonChange, [change])
    for child_id in session.scalars(_children_told(news, min(days), event.occurred_at)):
        tell(session, news, child_id)


def _lock(session: Session, event: Received) -> None:
    session.execute(_LOCK, {"key": f"{event.region_code} {event.data['group_id']}"})


def _keep(session: Session, event: Received, part: dict[str, Any]) -> None:
    """Enrolment and end each bring their own part of the row; of two ends the earlier counts."""
    names = ("enrollment_id", "child_id", "group_id")
    row = {"region_code": event.region_code, **{name: event.data[name] for name in names}, **part}
    statement = insert(cast(Table, Enrolment.__table__)).values(row)
    known = {name: func.least(Enrolment.__table__.c[name], value) for name, value in part.items()}
    keys = ["region_code", "enrollment_id"]
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=known))


def _children_told(news: News, first_on: date, changed_at: datetime) -> Select[str]:
    """Children of the group who were enrolled when the lesson changed, and not gone before it."""
    return (
        select(Enrolment.child_id)
        .where(Enrolment.region_code == news.region_code, Enrolment.group_id == news.group_id)
        .where(Enrolment.enrolled_at <= changed_at, or_(Enrolment.ended_on.is_(None), Enrolment.ended_on >= first_on))
        .order_by(Enrolment.child_id)
    )
