"""Registration of a guardian."""

from marshmallow import fields, validate

from contracts.accounts.roles import SERVICE
from contracts.base import PUBLIC, Event, Method, Strict
from contracts.fields import Code, Id, Region, Text


class GuardianRegistered(Strict):
    """A guardian has registered and waits for the confirmation of the e-mail address."""

    guardian_id = Id(required=True)


GUARDIAN_REGISTERED = Event(SERVICE, "accounts.guardian.registered.v1", GuardianRegistered)


class Registration(Strict):
    """A person who wants to become a guardian with an account in a region."""

    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"example": "anna@example.org"})
    password = Text(required=True, shortest=8, longest=128, load_only=False)
    full_name = Text(required=True, longest=200, metadata={"example": "Анна Ивановна Примерова"})
    region_code = Region(required=True)
    consent = fields.Boolean(
        required=True,
        validate=validate.Equal(True, error="Consent to the processing of personal data is needed."),
        metadata={"description": "Consent to the processing of personal data, in its current version."},
    )


class Accepted(Strict):
    """The request was taken; what happens next arrives by mail."""

    status = Code(required=True, one_of=("confirmation_sent",))


class EmailConfirmation(Strict):
    """The token from the confirmation mail."""

    token = Text(required=True, longest=200)


class Confirmed(Strict):
    """The address is confirmed and the account may sign in."""

    status = Code(required=True, one_of=("confirmed",))


REGISTER_GUARDIAN = Method(
    SERVICE,
    "register_guardian",
    Registration,
    Accepted,
    allow=frozenset({PUBLIC}),
    command=True,
    hashed=("email", "full_name", "region_code", "consent"),
)
"""The password is left out of the stored hash of the request: a fast hash would give it away."""
CONFIRM_EMAIL = Method(
    SERVICE, "confirm_email", EmailConfirmation, Confirmed, allow=frozenset({PUBLIC}), command=True, keyed=False
)
