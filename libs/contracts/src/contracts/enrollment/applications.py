"""Applications, as their families see them."""

from marshmallow import fields, validate

from contracts.accounts import GUARDIAN, Page
from contracts.base import Event, Method, Strict
from contracts.enrollment.codes import (
    CANCEL_REASONS,
    CONTRACT_STATES,
    FAMILY_CANCEL_REASONS,
    PARTIES,
    SERVICE,
    STATUSES,
)
from contracts.fields import Amount, Code, Id, Instant, Text


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


APPLICATION_SUBMITTED = Event(SERVICE, "enrollment.application.submitted.v1", ApplicationSubmitted, public=True)
APPLICATION_WAITLISTED = Event(SERVICE, "enrollment.application.waitlisted.v1", ApplicationWaitlisted, public=True)
PLACE_OFFERED = Event(SERVICE, "enrollment.application.offered.v1", PlaceOffered, public=True)
APPLICATION_CONFIRMED = Event(SERVICE, "enrollment.application.confirmed.v1", ApplicationConfirmed, public=True)
APPLICATION_CANCELLED = Event(SERVICE, "enrollment.application.cancelled.v1", ApplicationCancelled, public=True)


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


_GUARDIAN = frozenset({GUARDIAN})
SUBMIT_APPLICATION = Method(SERVICE, "submit_application", NewApplication, Application, allow=_GUARDIAN, command=True)
LIST_APPLICATIONS = Method(SERVICE, "list_applications", Page, Applications, allow=_GUARDIAN)
GET_APPLICATION = Method(SERVICE, "get_application", ApplicationId, Application, allow=_GUARDIAN)
SEND_DRAFT = Method(SERVICE, "send_draft", ApplicationId, Application, allow=_GUARDIAN, command=True)
ACCEPT_PLACE = Method(SERVICE, "accept_place", ApplicationId, Application, allow=_GUARDIAN, command=True)
CANCEL_APPLICATION = Method(SERVICE, "cancel_application", Cancellation, Application, allow=_GUARDIAN, command=True)
