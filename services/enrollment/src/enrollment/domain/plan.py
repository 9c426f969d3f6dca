"""A group's lessons when its plan is published again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Lesson:
    """One lesson: `on` is its local date, `number` its place in the plan."""

    lesson_id: str
    number: int
    on: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class KnownLesson:
    """A lesson that is already in the journal; `settled` when its page was marked or its provider changed it."""

    lesson: Lesson
    settled: bool

    def may_change(self, now: datetime) -> bool:
        """Only a lesson that is still ahead, unmarked, and neither cancelled nor moved follows the plan."""
        return not self.settled and self.lesson.starts_at > now


@dataclass(frozen=True)
class Difference:
    """What to do with the journal so that it follows the plan."""

    added: tuple[Lesson, ...]
    changed: tuple[Lesson, ...]
    dropped: tuple[str, ...]


def follow(known: Mapping[str, KnownLesson], planned: Iterable[Lesson], now: datetime) -> Difference:
    """How the journal follows a plan: what was held, marked, cancelled or moved stays; what is ahead is replaced.

    `known` maps lesson ids to lessons.
    """
    plan = {lesson.lesson_id: lesson for lesson in planned}
    free = {lesson_id: held.lesson for lesson_id, held in known.items() if held.may_change(now)}
    return Difference(
        added=tuple(lesson for lesson_id, lesson in plan.items() if lesson_id not in known),
        changed=tuple(plan[i] for i, lesson in free.items() if i in plan and plan[i] != lesson),
        dropped=tuple(i for i in free if i not in plan),
    )
