"""Applications for a place in a group, from the draft to the last day."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import enrollment
from contracts.accounts import GUARDIAN, Page
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("applications", "Applications for a place in a group.")
RULES = (
    "age_not_fit",
    "enrolment_closed",
    "enrolment_not_open",
    "group_closed",
    "no_lessons_left",
    "offer_already_used",
    "offer_expired",
    "offer_of_another_child",
    "offer_of_another_group",
    "provider_suspended",
    "terms_changed",
)
PLACE = ("no_lessons_left", "place_deadline_passed", "provider_suspended")
EXAMPLE = {
    "child_id": "5d0d9b43-6f5c-4a3f-9a53-1a4a8b8f6c10",
    "group_id": "38000000-0000-4000-8000-000000000101",
    "offer_id": "0c1f2b64-8f0b-4f6b-8f0a-2d1f3c5e7a90",
}


@blp.post("/applications")
@allow(GUARDIAN)
@keyed
@blp.takes(enrollment.NewApplication, EXAMPLE)
@blp.answers(201, enrollment.Application, located=True)
@blp.refuses(404, "child_not_found", "group_not_found", "offer_not_found")
@blp.refuses(409, "already_enrolled", "draft_exists")
@blp.refuses(422, *RULES)
@blp.refuses(503, "terms_not_known_yet")
def submit_application(fields: dict[str, Any]) -> Response:
    """Apply for a place and accept the offer.

    A group that admits at once answers `enrolled`; a full group answers `waitlisted` with a position, not an error.
    With `draft` the application is kept, holds no place, and is sent by itself when the group's enrolment opens.
    """
    application = ask(enrollment.SUBMIT_APPLICATION, fields)
    return answers.created(application, f"/applications/{application['application_id']}")


@blp.get("/applications")
@allow(GUARDIAN)
@blp.filters(Page)
@blp.answers(200, enrollment.Applications)
def list_applications(fields: dict[str, Any]) -> Response:
    """The caller's applications, newest first."""
    return answers.ok(ask(enrollment.LIST_APPLICATIONS, fields))


@blp.get("/applications/<uuid:application_id>")
@allow(GUARDIAN)
@blp.answers(200, enrollment.Application)
@blp.refuses(404, "application_not_found")
def get_application(application_id: UUID) -> Response:
    """An application, and the state of its contract once there is one."""
    return answers.ok(ask(enrollment.GET_APPLICATION, {"application_id": str(application_id)}))


@blp.post("/applications/<uuid:application_id>/submission")
@allow(GUARDIAN)
@keyed
@blp.answers(200, enrollment.Application)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "already_enrolled", "transition_not_allowed")
@blp.refuses(422, *RULES)
@blp.refuses(503, "terms_not_known_yet")
def send_draft(application_id: UUID) -> Response:
    """Send a draft now; before the group's enrolment opens it is refused with the exact local time."""
    return answers.ok(ask(enrollment.SEND_DRAFT, {"application_id": str(application_id)}))


@blp.post("/applications/<uuid:application_id>/acceptance")
@allow(GUARDIAN)
@keyed
@blp.answers(200, enrollment.Application)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "transition_not_allowed")
@blp.refuses(422, *PLACE, "age_not_fit", "group_closed")
def accept_place(application_id: UUID) -> Response:
    """Take the place that became free for a waiting child, before `decide_by`."""
    return answers.ok(ask(enrollment.ACCEPT_PLACE, {"application_id": str(application_id)}))


@blp.post("/applications/<uuid:application_id>/cancellation")
@allow(GUARDIAN)
@keyed
@blp.takes(schemas.Cancellation, {"reason": "found_another"})
@blp.answers(200, enrollment.Application)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "transition_not_allowed")
def cancel_application(fields: dict[str, Any], application_id: UUID) -> Response:
    """Give up an application that has not become an enrolment; the place, if one was held, goes to the next in line."""
    return answers.ok(ask(enrollment.CANCEL_APPLICATION, {**fields, "application_id": str(application_id)}))


@blp.post("/applications/<uuid:application_id>/withdrawal")
@allow(GUARDIAN)
@keyed
@blp.takes(schemas.FamilyWithdrawal, {"reason": "moved_away", "effective_on": "2026-11-30"})
@blp.answers(200, enrollment.ProviderApplication)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "transition_not_allowed")
@blp.refuses(422, "withdrawal_date_not_allowed")
def withdraw_from_group(fields: dict[str, Any], application_id: UUID) -> Response:
    """Leave the group. Money held for later lessons returns at once; what was charged for earlier ones stays."""
    return answers.ok(ask(enrollment.WITHDRAW_ENROLLMENT, {**fields, "application_id": str(application_id)}))
