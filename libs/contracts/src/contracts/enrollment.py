"""Enrollment: applications, seats, waiting lists, enrolments, lessons and attendance.

Its events are public: ids, codes and amounts, never a name, a birth date or a contact.
"""

from marshmallow import fields, validate

from contracts.accounts import GUARDIAN, PROVIDER, TEACHER, Page
from contracts.base import Event, Method, Strict
from contracts.catalog import DIRECTIONS, TIME_OF_DAY
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
PARTIES = ("family", "provider", "system")
"""Who ended an application: a guardian, the provider's staff, or a deadline."""
CANCEL_REASONS = (
    "changed_mind",
    "found_another",
    "no_documents",
    "contraindicated",
    "not_fitting_level",
    "group_not_opened",
    "not_confirmed_in_time",
    "place_not_taken_in_time",
    "no_longer_eligible",
)
"""Why an application ended before the enrolment; the last three are deadlines' and the system's own."""
FAMILY_CANCEL_REASONS = ("changed_mind", "found_another")
PROVIDER_REFUSE_REASONS = ("no_documents", "contraindicated", "not_fitting_level", "group_not_opened")
WITHDRAW_REASONS = ("changed_mind", "found_another", "moved_away", "health", "no_attendance", "terms_not_accepted")
"""Why an enrolment ended early; the last is the system's, when nobody accepted the price in time."""
FAMILY_WITHDRAW_REASONS = ("changed_mind", "found_another", "moved_away", "health")
PROVIDER_WITHDRAW_REASONS = ("moved_away", "health", "no_attendance")
LESSON_REASONS = ("teacher_ill", "holiday", "room_unavailable", "quarantine", "weather", "other")
JOURNAL_DAYS = 14
"""A lesson's page takes marks and corrections until the end of this many local days after the lesson's date."""


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


class PlaceOffered(ApplicationSubmitted):
    """A place became free for a waiting child; it is kept until `expires_at`."""

    offered_at = Instant(required=True)
    expires_at = Instant(required=True)


class ApplicationConfirmed(ApplicationSubmitted):
    """The provider confirmed the application; the order of enrolment follows."""

    confirmed_at = Instant(required=True)


class ApplicationCancelled(ApplicationSubmitted):
    """The application ended before the enrolment; the seat, if there was one, is free."""

    cancelled_at = Instant(required=True)
    by = Code(required=True, one_of=PARTIES)
    reason = Code(required=True, one_of=CANCEL_REASONS)


class EnrollmentEnded(Strict):
    """What all ends of an enrolment tell. The last lesson that counts is that of `effective_on`, local."""

    enrollment_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    programme_id = Id(required=True)
    provider_id = Id(required=True)
    effective_on = fields.Date(required=True)


class Withdrawn(EnrollmentEnded):
    """The child left before the group's end."""

    withdrawn_at = Instant(required=True)
    by = Code(required=True, one_of=PARTIES)
    reason = Code(required=True, one_of=WITHDRAW_REASONS)


class Completed(EnrollmentEnded):
    """The group has ended with the child in it."""

    completed_at = Instant(required=True)


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
    """The changed marks of one lesson page; the event's version orders it among all events of the lesson."""

    lesson_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    lesson_on = fields.Date(required=True)
    page_version = fields.Integer(
        required=True, metadata={"description": "How many times the page was marked, this time included."}
    )
    marks = fields.List(fields.Nested(Mark), required=True, validate=validate.Length(min=1))


class SeatsChanged(Strict):
    """How full a group is."""

    group_id = Id(required=True)
    capacity = fields.Integer(required=True)
    taken = fields.Integer(required=True)
    waiting = fields.Integer(required=True)


APPLICATION_SUBMITTED = Event(SERVICE, "enrollment.application.submitted.v1", ApplicationSubmitted, public=True)
APPLICATION_WAITLISTED = Event(SERVICE, "enrollment.application.waitlisted.v1", ApplicationWaitlisted, public=True)
PLACE_OFFERED = Event(SERVICE, "enrollment.application.offered.v1", PlaceOffered, public=True)
APPLICATION_CONFIRMED = Event(SERVICE, "enrollment.application.confirmed.v1", ApplicationConfirmed, public=True)
APPLICATION_CANCELLED = Event(SERVICE, "enrollment.application.cancelled.v1", ApplicationCancelled, public=True)
ENROLLED = Event(SERVICE, "enrollment.enrolled.v1", Enrolled, public=True)
WITHDRAWN = Event(SERVICE, "enrollment.withdrawn.v1", Withdrawn, public=True)
COMPLETED = Event(SERVICE, "enrollment.completed.v1", Completed, public=True)
ATTENDANCE_RECORDED = Event(SERVICE, "enrollment.attendance.recorded.v1", AttendanceRecorded, public=True)
LESSON_CANCELLED = Event(SERVICE, "enrollment.lesson.cancelled.v1", LessonCancelled, public=True)
LESSON_MOVED = Event(SERVICE, "enrollment.lesson.moved.v1", LessonMoved, public=True)
SEATS_CHANGED = Event(SERVICE, "enrollment.seats.changed.v1", SeatsChanged, public=True)
EVENTS = (
    APPLICATION_SUBMITTED,
    APPLICATION_WAITLISTED,
    PLACE_OFFERED,
    APPLICATION_CONFIRMED,
    APPLICATION_CANCELLED,
    ENROLLED,
    WITHDRAWN,
    COMPLETED,
    ATTENDANCE_RECORDED,
    LESSON_CANCELLED,
    LESSON_MOVED,
    SEATS_CHANGED,
)


class NewApplication(Strict):
    """An application with the offer that the guardian accepts by sending it."""

    child_id = Id(required=True)
    group_id = Id(required=True)
    offer_id = Id(required=True)
    draft = fields.Boolean(
        load_default=False,
        metadata={"description": "Keep it as a draft; it is sent by itself when the group's enrolment opens."},
    )


class ContractView(Strict):
    """What billing says of the enrolment's contract."""

    contract_id = Id()
    state = Code(required=True, one_of=CONTRACT_STATES)
    certificate_share = Amount(required=True)
    parent_share = Amount(required=True)
    effective_from = fields.Date(allow_none=True)


class Clash(Strict):
    """Another enrolment of the child that has a lesson at the same time."""

    application_id = Id(required=True)
    group_id = Id(required=True)
    title = Text(required=True)
    starts_at = Instant(required=True, metadata={"description": "Of the first lesson that clashes."})


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
    sends_at = Instant(allow_none=True, metadata={"description": "When a draft will be sent."})
    decide_by = Instant(
        allow_none=True,
        metadata={"description": "Until when the place is kept: for the provider's decision or for the family's."},
    )
    ended_on = fields.Date(allow_none=True, metadata={"description": "Last local day of the enrolment."})
    reason = Code(allow_none=True, metadata={"description": "Why it was cancelled or withdrawn."})
    clashes = fields.List(
        fields.Nested(Clash),
        metadata={"description": "Lessons of the child's other groups at the same time: a warning, not a wall."},
    )
    contract = fields.Nested(ContractView, allow_none=True, required=True)


class Applications(Strict):
    """A guardian's applications, newest first."""

    items = fields.List(fields.Nested(Application), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class ApplicationId(Strict):
    """One application."""

    application_id = Id(required=True)


class Cancellation(ApplicationId):
    """A guardian gives an application up."""

    reason = Code(load_default="changed_mind", one_of=FAMILY_CANCEL_REASONS)


class Refusal(ApplicationId):
    """The provider refuses an application."""

    reason = Code(required=True, one_of=PROVIDER_REFUSE_REASONS)


class EnrollmentOrder(ApplicationId):
    """The provider's order (приказ) that enrols a confirmed child."""

    order_number = Text(required=True, longest=50, metadata={"example": "17-у"})


class Withdrawal(ApplicationId):
    """The family or the provider ends an enrolment; `effective_on` is the last local day, today if absent.

    Which reasons a caller may give depends on its role.
    """

    effective_on = fields.Date(load_default=None, allow_none=True)
    reason = Code(load_default="changed_mind", one_of=WITHDRAW_REASONS[:-1])


class ProviderApplication(Strict):
    """An application as the provider sees it."""

    application_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    status = Code(required=True, one_of=STATUSES)
    position = fields.Integer(allow_none=True, required=True)
    submitted_at = Instant(required=True)
    decide_by = Instant(allow_none=True, required=True)
    enrolled_at = Instant(allow_none=True, required=True)
    ended_on = fields.Date(allow_none=True, required=True)
    reason = Code(allow_none=True, required=True)
    order_number = Text(allow_none=True, required=True)


class ProviderApplications(Strict):
    """A page of applications in the order of their arrival."""

    items = fields.List(fields.Nested(ProviderApplication), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class GroupQueue(Page):
    """Applications to one group, of one status or of all."""

    group_id = Id(required=True)
    status = Code(load_default=None, allow_none=True, one_of=STATUSES)


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


class LessonCancellation(LessonId):
    """A lesson that will not take place."""

    reason = Code(required=True, one_of=LESSON_REASONS)


class LessonMove(LessonCancellation):
    """A lesson's new local date and hours."""

    on = fields.Date(required=True)
    starts_at = fields.String(required=True, validate=TIME_OF_DAY)
    ends_at = fields.String(required=True, validate=TIME_OF_DAY)


_GUARDIAN, _STAFF = frozenset({GUARDIAN}), frozenset({TEACHER, PROVIDER})
_PROVIDER, _EITHER = frozenset({PROVIDER}), frozenset({GUARDIAN, PROVIDER})
SUBMIT_APPLICATION = Method(SERVICE, "submit_application", NewApplication, Application, allow=_GUARDIAN, command=True)
LIST_APPLICATIONS = Method(SERVICE, "list_applications", Page, Applications, allow=_GUARDIAN)
GET_APPLICATION = Method(SERVICE, "get_application", ApplicationId, Application, allow=_GUARDIAN)
SEND_DRAFT = Method(SERVICE, "send_draft", ApplicationId, Application, allow=_GUARDIAN, command=True)
ACCEPT_PLACE = Method(SERVICE, "accept_place", ApplicationId, Application, allow=_GUARDIAN, command=True)
CANCEL_APPLICATION = Method(SERVICE, "cancel_application", Cancellation, Application, allow=_GUARDIAN, command=True)
WITHDRAW_ENROLLMENT = Method(
    SERVICE, "withdraw_enrollment", Withdrawal, ProviderApplication, allow=_EITHER, command=True
)
LIST_GROUP_APPLICATIONS = Method(SERVICE, "list_group_applications", GroupQueue, ProviderApplications, allow=_PROVIDER)
CONFIRM_APPLICATION = Method(
    SERVICE, "confirm_application", ApplicationId, ProviderApplication, allow=_PROVIDER, command=True
)
ENROL_APPLICATION = Method(
    SERVICE, "enrol_application", EnrollmentOrder, ProviderApplication, allow=_PROVIDER, command=True
)
REFUSE_APPLICATION = Method(SERVICE, "refuse_application", Refusal, ProviderApplication, allow=_PROVIDER, command=True)
LIST_LESSONS = Method(SERVICE, "list_lessons", GroupDay, Lessons, allow=_STAFF)
GET_LESSON = Method(SERVICE, "get_lesson", LessonId, Lesson, allow=_STAFF)
RECORD_ATTENDANCE = Method(SERVICE, "record_attendance", Attendance, Lesson, allow=_STAFF, command=True, keyed=False)
CANCEL_LESSON = Method(SERVICE, "cancel_lesson", LessonCancellation, Lesson, allow=_STAFF, command=True)
MOVE_LESSON = Method(SERVICE, "move_lesson", LessonMove, Lesson, allow=_STAFF, command=True)
METHODS = (
    SUBMIT_APPLICATION,
    LIST_APPLICATIONS,
    GET_APPLICATION,
    SEND_DRAFT,
    ACCEPT_PLACE,
    CANCEL_APPLICATION,
    WITHDRAW_ENROLLMENT,
    LIST_GROUP_APPLICATIONS,
    CONFIRM_APPLICATION,
    ENROL_APPLICATION,
    REFUSE_APPLICATION,
    LIST_LESSONS,
    GET_LESSON,
    RECORD_ATTENDANCE,
    CANCEL_LESSON,
    MOVE_LESSON,
)
