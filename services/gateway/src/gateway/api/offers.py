"""What a group would cost a family, before it applies."""

from typing import Any

from flask import Response
from marshmallow import EXCLUDE

from contracts import billing, catalog
from contracts.accounts import GUARDIAN
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("offers", "What a group would cost a family, before it applies.")
RULES = (
    "certificate_expired",
    "certificate_frozen",
    "certificate_revoked",
    "child_over_age",
    "child_under_age",
    "clubs_limit_reached",
    "copayment_not_allowed",
    "direction_limit_reached",
    "no_funding_period",
    "no_lessons_left",
)
EXAMPLE = {
    "child_id": "5d0d9b43-6f5c-4a3f-9a53-1a4a8b8f6c10",
    "group_id": "38000000-0000-4000-8000-000000000101",
}


@blp.post("/offers")
@allow(GUARDIAN)
@keyed
@blp.takes(schemas.OfferRequest, EXAMPLE)
@blp.answers(201, billing.Offer)
@blp.refuses(400, "region_mismatch", "terms_invalid")
@blp.refuses(404, "child_not_found", "group_not_found")
@blp.refuses(422, *RULES)
def make_offer(fields: dict[str, Any]) -> Response:
    """Price a child and a group.

    What the certificate will pay, what the family, and the greatest share the family could be asked for. Nothing is
    held or promised to anybody until the guardian sends an application with this offer, before `expires_at`.
    """
    terms = ask(catalog.GET_GROUP_TERMS, {"group_id": fields["group_id"]})
    request = {"child_id": fields["child_id"], "terms": catalog.GroupTerms(unknown=EXCLUDE).load(terms)}
    return answers.created(ask(billing.MAKE_OFFER, request))
