"""Lessons of a group and the changes of its plan."""

from marshmallow import fields

from contracts.accounts import PROVIDER, TEACHER
from contracts.base import Event, Method, Strict
from contracts.catalog import TIME_OF_DAY
from contracts.enrollment.codes import LESSON_REASONS, MARKS, SERVICE
from contracts.fields import Code, Id, Instant, Text


class LessonChanged(Strict):
    """What both changes of a lesson tell; `lesson_on` is the local date that it had before."""

    lesson_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    lesson_on = fields.Date(required=True)
    starts_at = Instant(required=True)
    reason = Code(required=True, one_of=LESSON_REASONS)


class LessonCancelled(LessonChanged):
    """The provider cancelled a lesson: no page, no charge."""

    cancelled_at = Instant(required=True)


class LessonMoved(LessonChanged):
    """A lesson is held at another time; it stays the same lesson for its contracts."""

    moved_at = Instant(required=True)
    new_lesson_on = fields.Date(required=True)
    new_starts_at = Instant(required=True)
    new_ends_at = Instant(required=True)


LESSON_CANCELLED = Event(SERVICE, "enrollment.lesson.cancelled.v1", LessonCancelled, public=True)
LESSON_MOVED = Event(SERVICE, "enrollment.lesson.moved.v1", LessonMoved, public=True)


class GroupDay(Strict):
    """A group's lessons, on one local date or on all dates."""

    group_id = Id(required=True)
    on = fields.Date(load_default=None, allow_none=True)


class LessonSummary(Strict):
    """A lesson of a group."""

    lesson_id = Id(required=True)
    group_id = Id(required=True)
    title = Text(required=True)
    number = fields.Integer(required=True)
    on = fields.Date(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    page_version = fields.Integer(required=True)
    state = Code(one_of=("planned", "cancelled"))


class Lessons(Strict):
    """Lessons in the order of their dates."""

    items = fields.List(fields.Nested(LessonSummary), required=True)


class RosterLine(Strict):
    """One enrolled child on a lesson page; no mark means the page is not filled for it."""

    enrollment_id = Id(required=True)
    child_id = Id(required=True)
    mark = Code(allow_none=True, required=True, one_of=MARKS)


class Lesson(LessonSummary):
    """A lesson page."""

    roster = fields.List(fields.Nested(RosterLine), required=True)


class LessonId(Strict):
    """One lesson."""

    lesson_id = Id(required=True)


class LessonCancellation(LessonId):
    """A lesson that will not take place."""

    reason = Code(required=True, one_of=LESSON_REASONS)


class LessonMove(LessonCancellation):
    """A lesson's new local date and hours."""

    on = fields.Date(required=True)
    starts_at = fields.String(required=True, validate=TIME_OF_DAY)
    ends_at = fields.String(required=True, validate=TIME_OF_DAY)


_STAFF = frozenset({TEACHER, PROVIDER})
LIST_LESSONS = Method(SERVICE, "list_lessons", GroupDay, Lessons, allow=_STAFF)
GET_LESSON = Method(SERVICE, "get_lesson", LessonId, Lesson, allow=_STAFF)
CANCEL_LESSON = Method(SERVICE, "cancel_lesson", LessonCancellation, Lesson, allow=_STAFF, command=True)
MOVE_LESSON = Method(SERVICE, "move_lesson", LessonMove, Lesson, allow=_STAFF, command=True)
