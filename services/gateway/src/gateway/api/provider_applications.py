"""Applications as the provider decides them."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import enrollment
from contracts.accounts import PROVIDER
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("provider applications", "Applications as the provider decides them.")


@blp.get("/provider/groups/<uuid:group_id>/applications")
@allow(PROVIDER)
@blp.filters(schemas.GroupQueue)
@blp.answers(200, enrollment.ProviderApplications)
@blp.refuses(404, "group_not_found")
def list_group_applications(fields: dict[str, Any], group_id: UUID) -> Response:
    """Applications to one of the provider's groups in the order of their arrival, of one status or of all."""
    return answers.ok(ask(enrollment.LIST_GROUP_APPLICATIONS, {**fields, "group_id": str(group_id)}))


@blp.post("/provider/applications/<uuid:application_id>/confirmation")
@allow(PROVIDER)
@keyed
@blp.answers(200, enrollment.ProviderApplication)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "transition_not_allowed")
@blp.refuses(422, "place_deadline_passed", "provider_suspended")
def confirm_application(application_id: UUID) -> Response:
    """Confirm an application: the place is the child's, the order of enrolment follows."""
    return answers.ok(ask(enrollment.CONFIRM_APPLICATION, {"application_id": str(application_id)}))


@blp.post("/provider/applications/<uuid:application_id>/enrolment")
@allow(PROVIDER)
@keyed
@blp.takes(schemas.EnrollmentOrder, {"order_number": "17-у"})
@blp.answers(200, enrollment.ProviderApplication)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "transition_not_allowed")
@blp.refuses(422, "no_lessons_left", "provider_suspended")
def enrol_application(fields: dict[str, Any], application_id: UUID) -> Response:
    """Enrol a confirmed child by the provider's order; the certificate follows by itself."""
    return answers.ok(ask(enrollment.ENROL_APPLICATION, {**fields, "application_id": str(application_id)}))


@blp.post("/provider/applications/<uuid:application_id>/refusal")
@allow(PROVIDER)
@keyed
@blp.takes(schemas.ApplicationRefusal, {"reason": "no_documents"})
@blp.answers(200, enrollment.ProviderApplication)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "transition_not_allowed")
def refuse_application(fields: dict[str, Any], application_id: UUID) -> Response:
    """Refuse an application with a reason from the list; the place goes to the next in line."""
    return answers.ok(ask(enrollment.REFUSE_APPLICATION, {**fields, "application_id": str(application_id)}))


@blp.post("/provider/applications/<uuid:application_id>/withdrawal")
@allow(PROVIDER)
@keyed
@blp.takes(schemas.ProviderWithdrawal, {"reason": "no_attendance", "effective_on": "2026-11-30"})
@blp.answers(200, enrollment.ProviderApplication)
@blp.refuses(404, "application_not_found")
@blp.refuses(409, "transition_not_allowed")
@blp.refuses(422, "withdrawal_date_not_allowed")
def withdraw_pupil(fields: dict[str, Any], application_id: UUID) -> Response:
    """End an enrolment. Money held for later lessons returns to the certificate at once."""
    return answers.ok(ask(enrollment.WITHDRAW_ENROLLMENT, {**fields, "application_id": str(application_id)}))
