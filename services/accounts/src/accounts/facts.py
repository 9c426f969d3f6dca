"""What accounts keeps of its neighbours' facts: which regions and municipalities there are."""

from contextvars import ContextVar
from typing import Any

from sqlalchemy.orm import Session

from chassis.context import Context, current
from chassis.errors import InvalidInput
from chassis.projections import Projection
from contracts import catalog

REGION = Projection("region", catalog.SERVICE, (catalog.REGION_PUBLISHED.type,))
MUNICIPALITY = Projection("municipality", catalog.SERVICE, (catalog.MUNICIPALITY_PUBLISHED.type,))

_asked_for: ContextVar[tuple[Context, str, str] | None] = ContextVar("asked_for", default=None)
"""The fact that this piece of work has made the chassis ask for."""


def region(session: Session, region_code: str) -> dict[str, Any]:
    """The region's fact; `InvalidInput` where the installation has no such region."""
    return _known(session, REGION, region_code, region_code, "region_code")


def municipality(session: Session, region_code: str, municipality_code: str) -> dict[str, Any]:
    """The municipality's fact; `InvalidInput` where the region has no such municipality."""
    return _known(session, MUNICIPALITY, region_code, municipality_code, "municipality_code")


def _known(session: Session, projection: Projection, region_code: str, fact_id: str, field: str) -> dict[str, Any]:
    """The fact, asked for once where it is missing; what is then still missing is a wrong field of the request."""
    found = projection.find(session, region_code, fact_id)
    if found is not None:
        return found
    work, asked = current(), _asked_for.get()
    if asked is not None and asked[0] is work and asked[1:] == (projection.kind, fact_id):
        code = f"unknown_{projection.kind}"
        raise InvalidInput(code, f"There is no such {projection.kind} here.", **{field: code})
    _asked_for.set((work, projection.kind, fact_id))
    return projection.need(session, region_code, fact_id)
