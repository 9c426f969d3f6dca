"""Second registrations of a child that is known already."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import accounts
from contracts.accounts import GUARDIAN, MUNICIPALITY
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("claims", "Second registrations of a child that is known already.")
EXAMPLE = {"decision": "approved", "basis": "Свидетельство о рождении предъявлено лично"}


@blp.get("/claims")
@allow(GUARDIAN)
@blp.filters(accounts.Page)
@blp.answers(200, accounts.MyClaims)
def list_my_claims(fields: dict[str, Any]) -> Response:
    """The caller's claims, newest first."""
    return answers.ok(ask(accounts.LIST_MY_CLAIMS, fields))


@blp.get("/municipality/claims")
@allow(MUNICIPALITY)
@blp.filters(accounts.ClaimFilter)
@blp.answers(200, accounts.ClaimsToDecide)
def list_claims(fields: dict[str, Any]) -> Response:
    """Claims on the children of the caller's municipality, oldest first: what was sent, beside what is known."""
    return answers.ok(ask(accounts.LIST_CLAIMS, fields))


@blp.post("/municipality/claims/<uuid:claim_id>/decision")
@allow(MUNICIPALITY)
@keyed
@blp.takes(schemas.ClaimDecision, EXAMPLE)
@blp.answers(200, accounts.ClaimToDecide)
@blp.refuses(404, "claim_not_found")
@blp.refuses(409, "claim_decided")
@blp.refuses(422, "claim_matched_by_snils")
def decide_claim(fields: dict[str, Any], claim_id: UUID) -> Response:
    """Decide a claim; `approved` makes its author a guardian of the child beside the others."""
    return answers.ok(ask(accounts.DECIDE_CLAIM, {**fields, "claim_id": str(claim_id)}))
