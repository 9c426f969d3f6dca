"""Enrolments and their ends."""

from marshmallow import fields

from contracts.accounts import GUARDIAN, PROVIDER
from contracts.base import Event, Method, Strict
from contracts.catalog import DIRECTIONS
from contracts.enrollment.admissions import ProviderApplication
from contracts.enrollment.applications import ApplicationId
from contracts.enrollment.codes import PARTIES, SERVICE, WITHDRAW_REASONS
from contracts.fields import Amount, Code, Id, Instant, Municipality, Rows, Text


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
    lessons = Rows(EnrolledLesson, required=True)


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


ENROLLED = Event(SERVICE, "enrollment.enrolled.v1", Enrolled, public=True)
WITHDRAWN = Event(SERVICE, "enrollment.withdrawn.v1", Withdrawn, public=True)
COMPLETED = Event(SERVICE, "enrollment.completed.v1", Completed, public=True)


class Withdrawal(ApplicationId):
    """The family or the provider ends an enrolment; `effective_on` is the last local day, today if absent.

    Which reasons a caller may give depends on its role.
    """

    effective_on = fields.Date(load_default=None, allow_none=True)
    reason = Code(load_default="changed_mind", one_of=WITHDRAW_REASONS[:-1])


WITHDRAW_ENROLLMENT = Method(
    SERVICE, "withdraw_enrollment", Withdrawal, ProviderApplication, allow=frozenset({GUARDIAN, PROVIDER}), command=True
)
