"""What enrollment knows of its neighbours, and who may therefore see what."""

from datetime import date
from typing import Any

from marshmallow import EXCLUDE
from sqlalchemy import ColumnElement, Text, and_, cast, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.context import Actor
from chassis.errors import NotFound
from chassis.projections import Projection
from chassis.tables import fact
from contracts import accounts, billing, catalog
from enrollment.models import Application, ChildGuardian

CHILD = Projection("child", accounts.SERVICE, (accounts.CHILD_REGISTERED.type, accounts.CHILD_CHANGED.type))
GROUP = Projection("group", catalog.SERVICE, (catalog.GROUP_PUBLISHED.type, catalog.GROUP_CHANGED.type))
OFFER = Projection("offer", billing.SERVICE, (billing.OFFER_MADE.type,))
PROVIDER = Projection("provider", catalog.SERVICE, (catalog.PROVIDER_SUSPENDED.type, catalog.PROVIDER_ACTIVATED.type))
"""Whether a provider may take new children; one that nothing was said of may."""
ACTIVE, SUSPENDED = catalog.PROVIDER_STATES

TERMS = catalog.GroupPublished(exclude=("lessons",), unknown=EXCLUDE)
"""What is kept of a group as one fact; its lessons are rows of their own."""
OFFERED = billing.OfferMade(
    unknown=EXCLUDE, only=("child_id", "group_id", "guardian_id", "terms_version", "expires_at")
)


def own_child(session: Session, caller: Actor, child_id: str) -> dict[str, Any]:
    """The child, if the caller is one of its guardians. Raises `NotFound("child_not_found")` otherwise."""
    return child_of_guardian(session, caller.region_code, caller.subject, child_id)


def child_of_guardian(session: Session, region_code: str, guardian_id: str, child_id: str) -> dict[str, Any]:
    """The child, if this is one of its guardians. Raises `NotFound("child_not_found")` otherwise."""
    child = known_child(session, region_code, child_id)
    if guardian_id not in child["guardian_ids"]:
        raise NotFound("child_not_found", "There is no such child.")
    return child


def known_child(session: Session, region_code: str, child_id: str) -> dict[str, Any]:
    """The child as accounts last said. Raises `NotFound("child_not_found")`."""
    child = CHILD.need(session, region_code, child_id)
    return {**child, "born_on": date.fromisoformat(child["born_on"])}


def group_terms(session: Session, region_code: str, group_id: str) -> dict[str, Any]:
    """The group as catalog last published it. Raises `NotFound("group_not_found")`."""
    return dict(TERMS.load(GROUP.need(session, region_code, group_id)))


def offer_made(session: Session, region_code: str, offer_id: str) -> dict[str, Any]:
    """The offer as billing made it. Raises `NotFound("offer_not_found")`."""
    return dict(OFFERED.load(OFFER.need(session, region_code, offer_id)))


def provider_active(session: Session, region_code: str, provider_id: str) -> bool:
    """Whether the region lets the provider take new children."""
    said = PROVIDER.find(session, region_code, provider_id)
    return said is None or said["state"] == ACTIVE


def concerns(caller: Actor) -> ColumnElement[bool]:
    """SQL, on an application: it is of the caller's child, or was sent to the caller's provider."""
    if caller.role == accounts.GUARDIAN:
        return child_of(caller, Application.child_id)
    of_provider = cast(Application.provider_id, Text) == caller.scope.get("provider_id", "")
    return and_(Application.region_code == caller.region_code, of_provider, Application.sent)


def child_of(caller: Actor, child_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """SQL: the child is one of the caller's family."""
    return (
        select(true())
        .where(
            ChildGuardian.region_code == caller.region_code,
            ChildGuardian.guardian_id == caller.subject,
            ChildGuardian.child_id == child_id,
        )
        .exists()
    )


def group_fact(region_code: InstrumentedAttribute[str], group_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """SQL: the row of `fact` that holds this group."""
    return and_(fact.c.region_code == region_code, fact.c.kind == GROUP.kind, fact.c.fact_id == cast(group_id, Text))


def staffed_by(caller: Actor) -> ColumnElement[bool]:
    """SQL, on the `fact` of a group: the caller teaches it, or manages the provider that it belongs to."""
    of_provider = and_(
        fact.c.region_code == caller.region_code,
        fact.c.body["provider_id"].astext == caller.scope.get("provider_id", ""),
    )
    if caller.role == accounts.PROVIDER:
        return of_provider
    return and_(of_provider, fact.c.body["teacher_ids"].contains([caller.subject]))
