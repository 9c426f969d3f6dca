"""Groups as they stand at one instant, under the lock of their seats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from chassis import clock
from enrollment.commands.seats import counted
from enrollment.domain.eligibility import PUBLISHED, Group
from enrollment.domain.lessons import PLANNED
from enrollment.models import GroupSeats
from enrollment.neighbours import GROUP, PROVIDER, Facts

_AHEAD = (
    " FROM unnest(CAST(:regions AS text[]), CAST(:groups AS uuid[]), CAST(:days AS date[]))"
    " AS wanted (region_code, group_id, day) CROSS JOIN LATERAL (SELECT {columns} FROM lesson WHERE"
    " lesson.region_code = wanted.region_code AND lesson.group_id = wanted.group_id AND lesson_on >= wanted.day"
    f" AND state = '{PLANNED}') AS lesson{{rest}}"
)
FIRST_LESSONS = text(
    "SELECT CAST(wanted.group_id AS text) AS group_id, lesson.first_on"
    + _AHEAD.format(columns="min(lesson_on) AS first_on", rest="")
)
LESSONS = text(
    "SELECT CAST(wanted.group_id AS text) AS group_id, CAST(lesson.lesson_id AS text), lesson.number, lesson.lesson_on"
    + _AHEAD.format(columns="*", rest=" ORDER BY lesson.starts_at, lesson.number")
)
Lessons = Sequence[Row[Any]]


@dataclass(frozen=True)
class Course:
    """Its seats, terms and provider, and the local date of its first lesson from today on that is not cancelled."""

    session: Session
    seats: GroupSeats
    terms: Mapping[str, Any]
    provider_active: bool
    now: datetime
    first_lesson: date | None
    known_lessons: Lessons | None = None

    @cached_property
    def group(self) -> Group:
        """What it asks of those who want to join."""
        return Group(**{name: self.terms[name] for name in Group.__dataclass_fields__})

    @property
    def time_zone(self) -> str:
        """Where its local days are."""
        return str(self.terms["time_zone"])

    @cached_property
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

    @cached_property
    def lessons(self) -> Lessons:
        """The ids, numbers and dates of today's and later lessons that are not cancelled.

        There may be hundreds, and the group is locked meanwhile: only who enrols needs them.
        """
        return self.known_lessons or _lessons(self.session, [(self.seats, self.today)])[self.seats.group_id]

    def first_lesson_on(self, instant: datetime) -> date | None:
        """The local date of the first lesson on or after that of the instant, which is not in the past."""
        day = clock.local_date(instant, self.time_zone)
        if self.first_lesson is None or day <= self.first_lesson:
            return self.first_lesson
        return next((lesson.lesson_on for lesson in self.lessons if lesson.lesson_on >= day), None)


def look_at(session: Session, seats: GroupSeats) -> Course:
    """The group now; the caller holds its seats. Raises `NotFound("group_not_found")`."""
    facts = Facts(session, [(GROUP, seats.region_code, seats.group_id)])
    return look_at_all(session, [seats], facts)[0]


def look_at_all(session: Session, held: Sequence[GroupSeats], facts: Facts) -> list[Course]:
    """The groups now, whose terms are among the facts; the caller holds their seats."""
    now = clock.now()
    terms = [facts.terms(seats.region_code, seats.group_id) for seats in held]
    providers = [(PROVIDER, seats.region_code, its["provider_id"]) for seats, its in zip(held, terms, strict=True)]
    said = Facts(session, providers)
    days = [(seats, clock.local_date(now, its["time_zone"])) for seats, its in zip(held, terms, strict=True)]
    first = {row.group_id: row.first_on for row in session.execute(FIRST_LESSONS, _wanted(days))}
    lessons = _lessons(session, [(seats, day) for seats, day in days if counted(seats).has_room])
    return [
        Course(
            session,
            seats,
            its,
            said.provider_active(seats.region_code, its["provider_id"]),
            now,
            first[seats.group_id],
            lessons.get(seats.group_id),
        )
        for seats, its in zip(held, terms, strict=True)
    ]


def _lessons(session: Session, days: Sequence[tuple[GroupSeats, date]]) -> dict[str, Lessons]:
    """The lessons of each group from a day on."""
    found: dict[str, list[Row[Any]]] = {seats.group_id: [] for seats, _ in days}
    for row in session.execute(LESSONS, _wanted(days)) if days else ():
        found[row.group_id].append(row)
    return dict(found)


def _wanted(days: Sequence[tuple[GroupSeats, date]]) -> dict[str, Any]:
    return {
        "regions": [seats.region_code for seats, _ in days],
        "groups": [seats.group_id for seats, _ in days],
        "days": [day for _, day in days],
    }
