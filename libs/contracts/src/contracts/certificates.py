"""Certificates: the named document of a child; its number, validity and state."""

from marshmallow import fields

from contracts.accounts import GUARDIAN, MUNICIPALITY, REGION, ChildId
from contracts.base import Event, Method, Strict
from contracts.fields import Code, Id, Instant, Municipality, Text, Written

SERVICE = "certificates"
STATES = ("valid", "frozen", "revoked", "expired")
REASONS = ("data_check", "court_decision", "request_of_family", "error_found", "moved_away", "cleared", "age_reached")
NUMBER = Written(r"^\d{10}$", error="Ten digits.")


class CertificateIssued(Strict):
    """A child has its one certificate."""

    certificate_id = Id(required=True)
    number = fields.String(required=True, validate=NUMBER)
    child_id = Id(required=True)
    payer_municipality_code = Municipality(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True, metadata={"description": "Last local day: the 18th birthday."})
    issued_at = Instant(required=True)


class CertificateStateChanged(Strict):
    """The document is in another state since `changed_at`: the event's type says which."""

    certificate_id = Id(required=True)
    child_id = Id(required=True)
    changed_at = Instant(required=True)
    changed_on = fields.Date(required=True, metadata={"description": "Local date of changed_at."})
    reason = Code(required=True, one_of=REASONS)


CERTIFICATE_ISSUED = Event(SERVICE, "certificates.certificate.issued.v1", CertificateIssued)
CERTIFICATE_FROZEN = Event(SERVICE, "certificates.certificate.frozen.v1", CertificateStateChanged)
CERTIFICATE_UNFROZEN = Event(SERVICE, "certificates.certificate.unfrozen.v1", CertificateStateChanged)
CERTIFICATE_REVOKED = Event(SERVICE, "certificates.certificate.revoked.v1", CertificateStateChanged)
CERTIFICATE_EXPIRED = Event(SERVICE, "certificates.certificate.expired.v1", CertificateStateChanged)
EVENTS = (CERTIFICATE_ISSUED, CERTIFICATE_FROZEN, CERTIFICATE_UNFROZEN, CERTIFICATE_REVOKED, CERTIFICATE_EXPIRED)


class Certificate(Strict):
    """The document."""

    certificate_id = Id(required=True)
    child_id = Id(required=True)
    number = fields.String(required=True, validate=NUMBER)
    state = Code(required=True, one_of=STATES)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)
    issued_at = Instant(required=True)


class CertificateNumber(Strict):
    """The number on the document."""

    number = fields.String(required=True, validate=NUMBER)


class CertificateDecision(Strict):
    """What an authority decides about a certificate, and why."""

    certificate_id = Id(required=True)
    reason = Code(required=True, one_of=REASONS[:-1])
    basis = Text(required=True, longest=300, metadata={"example": "Приказ № 8 от 02.10.2026"})


_AUTHORITY = frozenset({MUNICIPALITY, REGION})
"""A municipality decides for the children it pays for, a region for all of its own."""
GET_CERTIFICATE = Method(SERVICE, "get_certificate", ChildId, Certificate, allow=frozenset({GUARDIAN}))
FIND_CERTIFICATE = Method(SERVICE, "find_certificate", CertificateNumber, Certificate, allow=_AUTHORITY)
FREEZE_CERTIFICATE = Method(
    SERVICE, "freeze_certificate", CertificateDecision, Certificate, allow=_AUTHORITY, command=True
)
UNFREEZE_CERTIFICATE = Method(
    SERVICE, "unfreeze_certificate", CertificateDecision, Certificate, allow=_AUTHORITY, command=True
)
REVOKE_CERTIFICATE = Method(
    SERVICE, "revoke_certificate", CertificateDecision, Certificate, allow=_AUTHORITY, command=True
)
METHODS = (GET_CERTIFICATE, FIND_CERTIFICATE, FREEZE_CERTIFICATE, UNFREEZE_CERTIFICATE, REVOKE_CERTIFICATE)
