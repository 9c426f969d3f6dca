"""Marks on a lesson's page."""

from marshmallow import fields, validate

from contracts.accounts import PROVIDER, TEACHER
from contracts.base import Event, Method, Strict
from contracts.enrollment.codes import MARKS, SERVICE
from contracts.enrollment.lessons import Lesson
from contracts.fields import Code, Id, Text


class Mark(Strict):
    """What a teacher noted for one enrolment; `previous` stands when it is a correction."""

    enrollment_id = Id(required=True)
    mark = Code(required=True, one_of=MARKS)
    previous = Code(allow_none=True, one_of=MARKS)


class AttendanceRecorded(Strict):
    """The changed marks of one lesson page; the event's version orders it among all events of the lesson."""

    lesson_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    lesson_on = fields.Date(required=True)
    page_version = fields.Integer(
        required=True, metadata={"description": "How many times the page was marked, this time included."}
    )
    marks = fields.List(fields.Nested(Mark), required=True, validate=validate.Length(min=1))


ATTENDANCE_RECORDED = Event(SERVICE, "enrollment.attendance.recorded.v1", AttendanceRecorded, public=True)


class NewMark(Strict):
    """A mark to set."""

    enrollment_id = Id(required=True)
    mark = Code(required=True, one_of=MARKS)


class Attendance(Strict):
    """Marks of one lesson page; lines that are not named stay as they are.

    With `page_version` the page must still have that version; `reason` is kept beside every mark that is corrected.
    """

    lesson_id = Id(required=True)
    page_version = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0))
    reason = Text(load_default=None, allow_none=True, longest=300)
    marks = fields.List(fields.Nested(NewMark), required=True, validate=validate.Length(min=1, max=500))


RECORD_ATTENDANCE = Method(
    SERVICE, "record_attendance", Attendance, Lesson, allow=frozenset({TEACHER, PROVIDER}), command=True, keyed=False
)
