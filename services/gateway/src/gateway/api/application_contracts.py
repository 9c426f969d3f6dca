"""The contract of an enrolment: what it costs whom, and the guardian's own word on it."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import billing
from contracts.accounts import GUARDIAN
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("contracts", "The contract of an enrolment: what it costs whom, and the guardian's own word on it.")
EXAMPLE = {"offer_id": "0c1f2b64-8f0b-4f6b-8f0a-2d1f3c5e7a90"}


@blp.get("/applications/<uuid:application_id>/contract")
@allow(GUARDIAN)
@blp.answers(200, billing.ContractStatus)
@blp.refuses(404, "contract_not_found")
def get_contract(application_id: UUID) -> Response:
    """The contract's state, its shares, what was charged and what could not be."""
    return answers.ok(ask(billing.GET_CONTRACT, {"enrollment_id": str(application_id)}))


@blp.post("/applications/<uuid:application_id>/contract/acceptance")
@allow(GUARDIAN)
@keyed
@blp.takes(schemas.ContractAcceptance, EXAMPLE)
@blp.answers(200, billing.ContractStatus)
@blp.refuses(404, "contract_not_found", "offer_not_found")
@blp.refuses(409, "contract_not_waiting")
@blp.refuses(422, "offer_already_used", "offer_expired", "terms_changed")
def accept_contract(fields: dict[str, Any], application_id: UUID) -> Response:
    """Accept a new offer for an enrolment whose contract awaits acceptance, before `accept_by`."""
    return answers.ok(ask(billing.ACCEPT_CONTRACT, {**fields, "enrollment_id": str(application_id)}))


@blp.post("/applications/<uuid:application_id>/contract/refusal")
@allow(GUARDIAN)
@keyed
@blp.answers(200, billing.ContractStatus)
@blp.refuses(404, "contract_not_found")
@blp.refuses(409, "contract_not_waiting")
def refuse_contract(application_id: UUID) -> Response:
    """Refuse the new split. Nothing is charged, and the child leaves the group."""
    return answers.ok(ask(billing.REFUSE_CONTRACT, {"enrollment_id": str(application_id)}))
