"""A group as it stands at one instant, under the lock of its seats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from chassis import clock
from enrollment.domain.eligibility import PUBLISHED, Group
from enrollment.domain.lessons import PLANNED
from enrollment.models import GroupSeats, Lesson
from enrollment.neighbours import group_terms, provider_active


@dataclass(frozen=True)
class Course:
    """Its seats, terms, provider, and the lessons of today and later that are not cancelled."""

    seats: GroupSeats
    terms: dict[str, Any]
    provider_active: bool
    lessons: Sequence[Row[str, int, date]]
    now: datetime

    @property
    def group(self) -> Group:
        """What it asks of those who want to join."""
        return Group(**{name: self.terms[name] for name in Group.__dataclass_fields__})

    @property
    def time_zone(self) -> str:
        """Where its local days are."""
        return str(self.terms["time_zone"])

    @property
    def today(self) -> date:
        """The local day."""
        return clock.local_date(self.now, self.time_zone)

    @property
    def is_open(self) -> bool:
        """Whether drafts may be sent."""
        return self.now >= self.group.opens_at

    @property
    def takes_waiting(self) -> bool:
        """Whether free seats go to those who wait; while it is closed or its provider suspended, the list stands."""
        return self.group.state == PUBLISHED and self.provider_active

    def first_lesson_on(self, instant: datetime) -> date | None:
        """The local date of the first lesson on or after that of the instant."""
        day = clock.local_date(instant, self.time_zone)
        return next((lesson.lesson_on for lesson in self.lessons if lesson.lesson_on >= day), None)


def look_at(session: Session, seats: GroupSeats) -> Course:
    """The group now; the caller holds its seats. Raises `NotFound("group_not_found")`."""
    region, now = seats.region_code, clock.now()
    terms = group_terms(session, region, seats.group_id)
    active = provider_active(session, region, terms["provider_id"])
    lessons = _lessons_from(session, seats, clock.local_date(now, terms["time_zone"]))
    return Course(seats, terms, active, lessons, now)


def _lessons_from(session: Session, seats: GroupSeats, on: date) -> Sequence[Row[str, int, date]]:
    """Their ids, numbers and dates: hundreds of them while the group is locked, so no more of each than is told."""
    return session.execute(
        select(Lesson.lesson_id, Lesson.number, Lesson.lesson_on)
        .where(
            Lesson.region_code == seats.region_code,
            Lesson.group_id == seats.group_id,
            Lesson.lesson_on >= on,
            Lesson.state == PLANNED,
        )
        .order_by(Lesson.starts_at, Lesson.number)
    ).all()
