"""What enrollment knows of its neighbours, and who may therefore see what."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from json import loads
from types import MappingProxyType
from typing import Any

from marshmallow import EXCLUDE
from sqlalchemy import ColumnElement, Text, and_, bindparam, cast, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.context import Actor
from chassis.errors import NotFound
from chassis.projections import FactMissing, Projection
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

Fact = tuple[Projection, str, str]
"""A fact by its kind, region and id."""
FACTS = select(fact.c.kind, fact.c.region_code, fact.c.fact_id, cast(fact.c.body, Text)).where(
    tuple_(fact.c.region_code, fact.c.kind, fact.c.fact_id).in_(bindparam("wanted", expanding=True))
)


class Facts:
    """Facts that were looked up together. What is missing raises `FactMissing` when it is needed."""

    def __init__(self, session: Session, wanted: Iterable[Fact]) -> None:
        keys = sorted({(region_code, projection.kind, fact_id) for projection, region_code, fact_id in wanted})
        rows = session.execute(FACTS, {"wanted": keys}) if keys else ()
        self._bodies: Mapping[tuple[str, str, str], str] = {tuple(row[:3]): row[3] for row in rows}

    def child(self, region_code: str, child_id: str) -> dict[str, Any]:
        """The child as accounts last said."""
        child = self._need(CHILD, region_code, child_id)
        return {**child, "born_on": date.fromisoformat(child["born_on"])}

    def offer(self, region_code: str, offer_id: str) -> dict[str, Any]:
        """The offer as billing made it."""
        offer = self._need(OFFER, region_code, offer_id)
        return {**offer, "expires_at": datetime.fromisoformat(offer["expires_at"])}

    def terms(self, region_code: str, group_id: str) -> Mapping[str, Any]:
        """The group as catalog last published it."""
        return _terms(self._text(GROUP, region_code, group_id))

    def provider_active(self, region_code: str, provider_id: str) -> bool:
        """Whether the region lets the provider take new children."""
        said = self._bodies.get((PROVIDER.kind, region_code, provider_id))
        return said is None or loads(said)["state"] == ACTIVE

    def _need(self, projection: Projection, region_code: str, fact_id: str) -> dict[str, Any]:
        return dict(loads(self._text(projection, region_code, fact_id)))

    def _text(self, projection: Projection, region_code: str, fact_id: str) -> str:
        try:
            return self._bodies[projection.kind, region_code, fact_id]
        except KeyError:
            raise FactMissing(projection, fact_id) from None


@lru_cache(maxsize=1024)
def _terms(body: str) -> Mapping[str, Any]:
    """Loading costs more than all else that is done with a group's terms, and many come for the same group."""
    return MappingProxyType(TERMS.load(loads(body)))


def own_child(facts: Facts, region_code: str, guardian_id: str, child_id: str) -> dict[str, Any]:
    """The child, if this is one of its guardians. Raises `NotFound("child_not_found")` otherwise."""
    child = facts.child(region_code, child_id)
    if guardian_id not in child["guardian_ids"]:
        raise NotFound("child_not_found", "There is no such child.")
    return child


def known_child(session: Session, region_code: str, child_id: str) -> dict[str, Any]:
    """The child as accounts last said. Raises `NotFound("child_not_found")`."""
    return Facts(session, [(CHILD, region_code, child_id)]).child(region_code, child_id)


def group_terms(session: Session, region_code: str, group_id: str) -> Mapping[str, Any]:
    """The group as catalog last published it. Raises `NotFound("group_not_found")`."""
    return Facts(session, [(GROUP, region_code, group_id)]).terms(region_code, group_id)


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
