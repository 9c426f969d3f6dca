"""Certificates: the named document of a child; its number, validity and state."""

from marshmallow import fields

from contracts.accounts import GUARDIAN, ChildId
from contracts.base import Event, Method, Strict
from contracts.fields import Code, Id, Instant, Municipality, Written

SERVICE = "certificates"
STATES = ("valid", "frozen", "revoked", "expired")
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


CERTIFICATE_ISSUED = Event(SERVICE, "certificates.certificate.issued.v1", CertificateIssued)
EVENTS = (CERTIFICATE_ISSUED,)


class Certificate(Strict):
    """The document."""

    certificate_id = Id(required=True)
    child_id = Id(required=True)
    number = fields.String(required=True, validate=NUMBER)
    state = Code(required=True, one_of=STATES)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)
    issued_at = Instant(required=True)


GET_CERTIFICATE = Method(SERVICE, "get_certificate", ChildId, Certificate, allow=frozenset({GUARDIAN}))
METHODS = (GET_CERTIFICATE,)
