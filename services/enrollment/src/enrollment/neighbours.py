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
from enrollment.models import ChildGuardian

CHILD = Projection("child", accounts.SERVICE, (accounts.CHILD_REGISTERED.type,))
GROUP = Projection("group", catalog.SERVICE, (catalog.GROUP_PUBLISHED.type, catalog.GROUP_CHANGED.type))
OFFER = Projection("offer", billing.SERVICE, (billing.OFFER_MADE.type,))

TERMS = catalog.GroupPublished(exclude=("lessons",), unknown=EXCLUDE)
"""What is kept of a group as one fact; its lessons are rows of their own."""
OFFERED = billing.OfferMade(
    unknown=EXCLUDE, only=("child_id", "group_id", "guardian_id", "terms_version", "expires_at")
)


def own_child(session: Session, caller: Actor, child_id: str) -> dict[str, Any]:
    """The child, if the caller is one of its guardians. Raises `NotFound("child_not_found")` otherwise."""
    child = CHILD.need(session, caller.region_code, child_id)
    if caller.subject not in child["guardian_ids"]:
        raise NotFound("child_not_found", "There is no such child.")
    return {**child, "born_on": date.fromisoformat(child["born_on"])}


def group_terms(session: Session, region_code: str, group_id: str) -> dict[str, Any]:
    """The group as catalog last published it. Raises `NotFound("group_not_found")`."""
    return dict(TERMS.load(GROUP.need(session, region_code, group_id)))


def offer_made(session: Session, region_code: str, offer_id: str) -> dict[str, Any]:
    """The offer as billing made it. Raises `NotFound("offer_not_found")`."""
    return dict(OFFERED.load(OFFER.need(session, region_code, offer_id)))


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
