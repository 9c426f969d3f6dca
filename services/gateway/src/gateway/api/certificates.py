"""A child's certificate: the document, its money, and every movement of it."""

from typing import Any
from uuid import UUID

from flask import Response

from chassis.errors import NotFound
from contracts import billing, certificates
from contracts.accounts import GUARDIAN, Page
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.domain.certificate_page import certificate_page
from gateway.openapi import Blueprint

blp = Blueprint("certificates", "A child's certificate: the document, its money, and every movement of it.")


@blp.get("/children/<uuid:child_id>/certificate")
@allow(GUARDIAN)
@blp.answers(200, schemas.CertificatePage)
@blp.refuses(404, "certificate_not_issued", "child_not_found")
def get_certificate(child_id: UUID) -> Response:
    """The child's certificate, issued by itself once the child is enrolled.

    Its state is the document's where that is frozen, revoked or expired; else the money's: `accounting` (no money
    yet), `queued` (with a position) or `funded`.
    """
    child = {"child_id": str(child_id)}
    return answers.ok(certificate_page(ask(certificates.GET_CERTIFICATE, child), _account(child)))


@blp.get("/children/<uuid:child_id>/certificate/operations")
@allow(GUARDIAN)
@blp.filters(Page)
@blp.answers(200, billing.Operations)
@blp.refuses(404, "child_not_found")
def list_certificate_operations(fields: dict[str, Any], child_id: UUID) -> Response:
    """Movements of the certificate's money, newest first, each with its cause in one sentence."""
    return answers.ok(ask(billing.LIST_OPERATIONS, {**fields, "child_id": str(child_id)}))


def _account(child: dict[str, str]) -> dict[str, Any] | None:
    try:
        return ask(billing.GET_CERTIFICATE_ACCOUNT, child)
    except NotFound:
        return None
