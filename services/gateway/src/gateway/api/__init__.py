"""Every resource of API v1; one module each."""

from gateway.api import (
    applications,
    certificates,
    children,
    me,
    messages,
    municipality,
    offers,
    operations,
    programmes,
    provider,
    reference,
    registrations,
    sessions,
)

BLUEPRINTS = (
    registrations.blp,
    sessions.blp,
    me.blp,
    children.blp,
    reference.blp,
    programmes.blp,
    offers.blp,
    applications.blp,
    certificates.blp,
    provider.blp,
    municipality.blp,
    messages.blp,
    operations.blp,
)
