"""Enrollment: applications, seats, waiting lists, enrolments, lessons and attendance.

Its events are public: ids, codes and amounts, never a name, a birth date or a contact.
"""

from marshmallow import fields, validate

from contracts.accounts import GUARDIAN, PROVIDER, TEACHER, Page
from contracts.base import Event, Method, Strict
from contracts.catalog import DIRECTIONS
from contracts.fields import Amount, Code, Id, Instant, Municipality, Text

SERVICE = "enrollment"
STATUSES = (
    "draft",
    "submitted",
    "waitlisted",
    "offered",
    "confirmed",
    "enrolled",
    "paused",
    "completed",
    "withdrawn",
    "cancelled",
)
MARKS = ("present", "absent", "ill", "excused")
CONTRACT_STATES = ("awaiting_funds", "awaiting_acceptance", "active", "refused", "closed")


class ApplicationSubmitted(Strict):
    """A guardian applied for a place; the seat is held."""

    application_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    programme_id = Id(required=True)
    provider_id = Id(required=True)
    submitted_at = Instant(required=True)


class ApplicationWaitlisted(ApplicationSubmitted):
    """The group was full; the child waits at this position."""

    position = fields.Integer(required=True, validate=validate.Range(min=1))


class EnrolledLesson(Strict):
    """A lesson the enrolled child is expected at."""

    lesson_id = Id(required=True)
    number = fields.Integer(required=True)
    on = fields.Date(required=True)


class Enrolled(Strict):
    """A child is enrolled; the terms are the snapshot that counts for money."""

    enrollment_id = Id(required=True)
    application_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    module_id = Id(required=True)
    programme_id = Id(required=True)
    provider_id = Id(required=True)
    direction = Code(required=True, one_of=DIRECTIONS)
    payer_municipality_code = Municipality(required=True)
    time_zone = Text(required=True)
    submitted_at = Instant(required=True)
    enrolled_at = Instant(required=True)
    enrolled_on = fields.Date(required=True, metadata={"description": "Local date of enrolled_at."})
    group_starts_on = fields.Date(required=True)
    group_ends_on = fields.Date(required=True)
    price = Amount(required=True)
    normative_price = Amount(required=True)
    terms_version = fields.Integer(required=True)
    offer_id = Id(required=True)
    accepted_by = Id(required=True)
    lessons = fields.List(fields.Nested(EnrolledLesson), required=True)


class Mark(Strict):
    """What a teacher noted for one enrolment; `previous` stands when it is a correction."""

    enrollment_id = Id(required=True)
    mark = Code(required=True, one_of=MARKS)
    previous = Code(allow_none=True, one_of=MARKS)


class AttendanceRecorded(Strict):
    """The changed marks of one lesson page."""

    lesson_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    lesson_on = fields.Date(required=True)
    page_version = fields.Integer(required=True)
    marks = fields.List(fields.Nested(Mark), required=True, validate=validate.Length(min=1))


class SeatsChanged(Strict):
    """How full a group is."""

    group_id = Id(required=True)
    capacity = fields.Integer(required=True)
    taken = fields.Integer(required=True)
    waiting = fields.Integer(required=True)


APPLICATION_SUBMITTED = Event(SERVICE, "enrollment.application.submitted.v1", ApplicationSubmitted, public=True)
APPLICATION_WAITLISTED = Event(SERVICE, "enrollment.application.waitlisted.v1", ApplicationWaitlisted, public=True)
ENROLLED = Event(SERVICE, "enrollment.enrolled.v1", Enrolled, public=True)
ATTENDANCE_RECORDED = Event(SERVICE, "enrollment.attendance.recorded.v1", AttendanceRecorded, public=True)
SEATS_CHANGED = Event(SERVICE, "enrollment.seats.changed.v1", SeatsChanged, public=True)
EVENTS = (APPLICATION_SUBMITTED, APPLICATION_WAITLISTED, ENROLLED, ATTENDANCE_RECORDED, SEATS_CHANGED)


class NewApplication(Strict):
    """An application with the offer that the guardian accepts by sending it."""

    child_id = Id(required=True)
    group_id = Id(required=True)
    offer_id = Id(required=True)


class ContractView(Strict):
    """What billing says of the enrolment's contract."""

    state = Code(required=True, one_of=CONTRACT_STATES)
    certificate_share = Amount(required=True)
    parent_share = Amount(required=True)
    effective_from = fields.Date(allow_none=True)


class Application(Strict):
    """An application and what became of it. `enrollment_id` equals `application_id`."""

    application_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    programme_id = Id(required=True)
    title = Text(required=True)
    status = Code(required=True, one_of=STATUSES)
    position = fields.Integer(allow_none=True, metadata={"description": "Place in the waiting list."})
    submitted_at = Instant(required=True)
    enrolled_at = Instant(allow_none=True)
    contract = fields.Nested(ContractView, allow_none=True, required=True)


class Applications(Strict):
    """A guardian's applications, newest first."""

    items = fields.List(fields.Nested(Application), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class ApplicationId(Strict):
    """One application."""

    application_id = Id(required=True)


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


class NewMark(Strict):
    """A mark to set."""

    enrollment_id = Id(required=True)
    mark = Code(required=True, one_of=MARKS)


class Attendance(Strict):
    """Marks of one lesson page; lines that are not named stay as they are."""

    lesson_id = Id(required=True)
    marks = fields.List(fields.Nested(NewMark), required=True, validate=validate.Length(min=1, max=500))


_GUARDIAN, _STAFF = frozenset({GUARDIAN}), frozenset({TEACHER, PROVIDER})
SUBMIT_APPLICATION = Method(SERVICE, "submit_application", NewApplication, Application, allow=_GUARDIAN, command=True)
LIST_APPLICATIONS = Method(SERVICE, "list_applications", Page, Applications, allow=_GUARDIAN)
GET_APPLICATION = Method(SERVICE, "get_application", ApplicationId, Application, allow=_GUARDIAN)
LIST_LESSONS = Method(SERVICE, "list_lessons", GroupDay, Lessons, allow=_STAFF)
GET_LESSON = Method(SERVICE, "get_lesson", LessonId, Lesson, allow=_STAFF)
RECORD_ATTENDANCE = Method(SERVICE, "record_attendance", Attendance, Lesson, allow=_STAFF, command=True, keyed=False)
METHODS = (SUBMIT_APPLICATION, LIST_APPLICATIONS, GET_APPLICATION, LIST_LESSONS, GET_LESSON, RECORD_ATTENDANCE)
