"""Which certificates an authority decides on."""

from sqlalchemy import Select, select

from certificates.models import Certificate
from chassis.context import Actor
from chassis.errors import NotFound
from contracts.accounts import REGION


def within_reach(authority: Actor) -> Select[Certificate]:
    """The certificates that an authority decides on: a region's own, or those that a municipality pays for."""
    query = select(Certificate).where(Certificate.region_code == authority.region_code)
    if authority.role == REGION:
        return query
    return query.where(Certificate.payer_municipality_code == authority.scope.get("municipality_code"))


def not_found() -> NotFound:
    """The one refusal for a certificate that is not there and one that is another authority's."""
    return NotFound("certificate_not_found", "There is no such certificate.")
