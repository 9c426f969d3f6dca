"""What authorities decide about certificates: a municipality about those it pays for, a region about all of its own."""

from functools import wraps
from typing import Any
from uuid import UUID

from flask import Response

from contracts import certificates
from contracts.accounts import MUNICIPALITY, REGION
from contracts.base import Method
from gateway import answers, schemas
from gateway.access import View, allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint, Decorator

blp = Blueprint("certificate decisions", "Finding, freezing, unfreezing and revoking certificates.")


def find(fields: dict[str, Any]) -> Response:
    """The certificate with this number, if it is of the caller's region."""
    return answers.ok(ask(certificates.FIND_CERTIFICATE, fields))


def find_municipal(fields: dict[str, Any]) -> Response:
    """The certificate with this number, if the caller's municipality pays for it."""
    return answers.ok(ask(certificates.FIND_CERTIFICATE, fields))


def freeze(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Freeze: nothing is credited, held or charged until it is unfrozen; then all that was missed is settled."""
    return _decided(certificates.FREEZE_CERTIFICATE, fields, certificate_id)


def unfreeze(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Unfreeze: the certificate works again, and what was missed is settled."""
    return _decided(certificates.UNFREEZE_CERTIFICATE, fields, certificate_id)


def revoke(fields: dict[str, Any], certificate_id: UUID) -> Response:
    """Revoke, for good: its contracts close today, and what was not spent returns to the budget."""
    return _decided(certificates.REVOKE_CERTIFICATE, fields, certificate_id)


DECISIONS = (
    (freeze, "freezing", "data_check"),
    (unfreeze, "unfreezing", "cleared"),
    (revoke, "revocation", "error_found"),
)


def _open_to(role: str, path: str, noun: str, find_one: View) -> None:
    """Routes below `path` by which people of this role find and decide; `noun` ends the operations' names."""
    unknown = blp.refuses(404, "certificate_not_found")
    answer = blp.answers(200, certificates.Certificate)
    filters = blp.filters(certificates.CertificateNumber)
    _declare(find_one, f"find_{noun}", blp.get(f"{path}/certificates"), allow(role), filters, answer, unknown)
    for decide, decision, reason in DECISIONS:
        _declare(
            decide,
            f"{decide.__name__}_{noun}",
            blp.post(f"{path}/certificates/<uuid:certificate_id>/{decision}"),
            allow(role),
            keyed,
            blp.takes(schemas.CertificateDecision, {"reason": reason, "basis": "Приказ № 8 от 02.10.2026"}),
            answer,
            unknown,
            blp.refuses(409, "certificate_state"),
        )


def _declare(view: View, name: str, *declarations: Decorator) -> None:
    """Put a copy of the view, under a name of its own, below the declarations as if they were written above it."""

    @wraps(view)
    def named(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    named.__name__ = name
    declared: View = named
    for declare in reversed(declarations):
        declared = declare(declared)


def _decided(method: Method, fields: dict[str, Any], certificate_id: UUID) -> Response:
    return answers.ok(ask(method, {**fields, "certificate_id": str(certificate_id)}))


_open_to(MUNICIPALITY, "/municipality", "municipal_certificate", find_municipal)
_open_to(REGION, "/region", "certificate", find)
