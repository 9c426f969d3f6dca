"""What authorities decide about certificates: a municipality about those it pays for, a region about all of its own."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import certificates
from contracts.accounts import MUNICIPALITY, REGION
from contracts.base import Method
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("certificate decisions", "Finding, freezing, unfreezing and revoking certificates.")
EXAMPLE = {"reason": "data_check", "basis": "Приказ № 8 от 02.10.2026"}


def _decided(method: Method, fields: dict[str, Any], certificate_id: UUID) -> Response:
    return answers.ok(ask(method, {**fields, "certificate_id": str(certificate_id)}))


@blp.get("/municipality/certificates")
@allow(MUNICIPALITY)
@blp.filters(certificates.CertificateNumber)
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
def find_municipal_certificate(fields: dict[str, Any]) -> Response:
    """The certificate with this number, if the caller's municipality pays for it."""
    return answers.ok(ask(certificates.FIND_CERTIFICATE, fields))


@blp.post("/municipality/certificates/<uuid:certificate_id>/freezing")
@allow(MUNICIPALITY)
@keyed
@blp.takes(schemas.CertificateDecision, EXAMPLE)
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
@blp.refuses(409, "certificate_state")
def freeze_municipal_certificate(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Freeze: nothing is credited, held or charged until it is unfrozen; then all that was missed is settled."""
    return _decided(certificates.FREEZE_CERTIFICATE, fields, certificate_id)


@blp.post("/municipality/certificates/<uuid:certificate_id>/unfreezing")
@allow(MUNICIPALITY)
@keyed
@blp.takes(schemas.CertificateDecision, {**EXAMPLE, "reason": "cleared"})
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
@blp.refuses(409, "certificate_state")
def unfreeze_municipal_certificate(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Unfreeze: the certificate works again, and what was missed is settled."""
    return _decided(certificates.UNFREEZE_CERTIFICATE, fields, certificate_id)


@blp.post("/municipality/certificates/<uuid:certificate_id>/revocation")
@allow(MUNICIPALITY)
@keyed
@blp.takes(schemas.CertificateDecision, {**EXAMPLE, "reason": "error_found"})
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
@blp.refuses(409, "certificate_state")
def revoke_municipal_certificate(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Revoke, for good: its contracts close today, and what was not spent returns to the budget."""
    return _decided(certificates.REVOKE_CERTIFICATE, fields, certificate_id)


@blp.get("/region/certificates")
@allow(REGION)
@blp.filters(certificates.CertificateNumber)
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
def find_certificate(fields: dict[str, Any]) -> Response:
    """The certificate with this number, if it is of the caller's region."""
    return answers.ok(ask(certificates.FIND_CERTIFICATE, fields))


@blp.post("/region/certificates/<uuid:certificate_id>/freezing")
@allow(REGION)
@keyed
@blp.takes(schemas.CertificateDecision, EXAMPLE)
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
@blp.refuses(409, "certificate_state")
def freeze_certificate(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Freeze: nothing is credited, held or charged until it is unfrozen; then all that was missed is settled."""
    return _decided(certificates.FREEZE_CERTIFICATE, fields, certificate_id)


@blp.post("/region/certificates/<uuid:certificate_id>/unfreezing")
@allow(REGION)
@keyed
@blp.takes(schemas.CertificateDecision, {**EXAMPLE, "reason": "cleared"})
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
@blp.refuses(409, "certificate_state")
def unfreeze_certificate(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Unfreeze: the certificate works again, and what was missed is settled."""
    return _decided(certificates.UNFREEZE_CERTIFICATE, fields, certificate_id)


@blp.post("/region/certificates/<uuid:certificate_id>/revocation")
@allow(REGION)
@keyed
@blp.takes(schemas.CertificateDecision, {**EXAMPLE, "reason": "error_found"})
@blp.answers(200, certificates.Certificate)
@blp.refuses(404, "certificate_not_found")
@blp.refuses(409, "certificate_state")
def revoke_certificate(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Revoke, for good: its contracts close today, and what was not spent returns to the budget."""
    return _decided(certificates.REVOKE_CERTIFICATE, fields, certificate_id)
