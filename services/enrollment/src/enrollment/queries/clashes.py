"""Lessons of a child's other groups at the same time: a warning, not a wall."""

from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from chassis import clock
from chassis.tables import fact
from enrollment.domain.lessons import PLANNED
from enrollment.domain.states import NEXT, SEATED
from enrollment.models import Application, Lesson
from enrollment.neighbours import group_fact

CLASHES_MAX = 5


def clashes_of(session: Session, application: Application) -> list[dict[str, Any]]:
    """The child's other applications with a seat whose lessons overlap with lessons of this one that are ahead.

    Each with the first lesson of this group that clashes; the soonest ones, at most `CLASHES_MAX`.
    """
    if not NEXT[application.status]:
        return []
    mine, other, theirs = aliased(Lesson), aliased(Application), aliased(Lesson)
    overlap = and_(
        theirs.region_code == mine.region_code,
        theirs.lesson_on == mine.lesson_on,
        theirs.starts_at < mine.ends_at,
        theirs.ends_at > mine.starts_at,
        theirs.state == PLANNED,
    )
    first = func.min(mine.starts_at).label("starts_at")
    rows = session.execute(
        select(other.application_id, other.group_id, fact.c.body["title"].astext.label("title"), first)
        .join(theirs, and_(theirs.region_code == other.region_code, theirs.group_id == other.group_id))
        .join(mine, overlap)
        .join(fact, group_fact(other.region_code, other.group_id))
        .where(
            other.region_code == application.region_code,
            other.child_id == application.child_id,
            other.application_id != application.application_id,
            other.status.in_(SEATED),
            mine.group_id == application.group_id,
            mine.state == PLANNED,
            mine.starts_at >= clock.now(),
        )
        .group_by(other.application_id, other.group_id, fact.c.body["title"].astext)
        .order_by(first, other.application_id)
        .limit(CLASHES_MAX)
    )
    return [dict(row) for row in rows.mappings()]
