"""Reads of claims: a guardian's own, and those that a municipality decides."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from accounts.models import Account, Child, Claim, Guardianship
from chassis.context import Actor
from chassis.pages import decode_cursor, encode_cursor, identifier, instant

MINE, DECIDED_HERE = "my_claims", "claims"


def my_claims(session: Session, guardian: Actor, page: dict[str, Any]) -> dict[str, Any]:
    """A page of the guardian's claims, newest first: what they sent and what became of it, nothing of what is known."""
    query = (
        _claims()
        .where(Claim.region_code == guardian.region_code, Claim.claimant_id == guardian.subject)
        .order_by(Claim.claimed_at.desc(), Claim.claim_id.desc())
    )
    if page["cursor"]:
        query = query.where(_place() < tuple_(*decode_cursor(MINE, page["cursor"], instant, identifier)))
    return _page(session, query, MINE, page["limit"])


def claims(session: Session, officer: Actor, page: dict[str, Any]) -> dict[str, Any]:
    """A page of the claims of a state on children of the officer's municipality, oldest first."""
    question = f"{DECIDED_HERE} {page['state']}"
    query = (
        within_reach(_with_what_is_known(), officer)
        .where(Claim.state == page["state"])
        .order_by(Claim.claimed_at, Claim.claim_id)
    )
    if page["cursor"]:
        query = query.where(_place() > tuple_(*decode_cursor(question, page["cursor"], instant, identifier)))
    return _page(session, query, question, page["limit"])


def to_decide(session: Session, officer: Actor, claim_id: str) -> dict[str, Any]:
    """One claim as the deciding officer sees it."""
    query = within_reach(_with_what_is_known(), officer).where(Claim.claim_id == claim_id)
    return dict(session.execute(query).one()._mapping)


def known_children(session: Session, officer: Actor, claim_ids: list[str]) -> list[str]:
    """The children that the claims are made on."""
    query = select(Claim.child_id).where(Claim.region_code == officer.region_code, Claim.claim_id.in_(claim_ids))
    return list(session.scalars(query.distinct()))


def within_reach(query: Select[*tuple[Any, ...]], officer: Actor) -> Select[*tuple[Any, ...]]:
    """The query of claims, narrowed to children who live in the officer's municipality."""
    return query.join(Child, and_(Child.region_code == Claim.region_code, Child.child_id == Claim.child_id)).where(
        Claim.region_code == officer.region_code,
        Child.municipality_code == officer.scope.get("municipality_code"),
    )


def _claims() -> Select[*tuple[Any, ...]]:
    return select(
        Claim.claim_id,
        Claim.state,
        Claim.born_on,
        Claim.municipality_code,
        Claim.claimed_at,
        Claim.decided_at,
        case((Claim.state == "approved", Claim.child_id), else_=Claim.separate_child_id).label("child_id"),
    ).select_from(Claim)


def _with_what_is_known() -> Select[*tuple[Any, ...]]:
    """Claims beside the known child and its guardians; `within_reach` joins the child."""
    claimant = select(Account.full_name).where(
        Account.region_code == Claim.region_code, Account.user_id == Claim.claimant_id
    )
    guardians = (
        select(func.array_agg(aggregate_order_by(Account.full_name, Guardianship.since_at, Guardianship.guardian_id)))
        .join(
            Guardianship,
            and_(Guardianship.region_code == Account.region_code, Guardianship.guardian_id == Account.user_id),
        )
        .where(Guardianship.region_code == Claim.region_code, Guardianship.child_id == Claim.child_id)
    )
    return _claims().add_columns(
        claimant.scalar_subquery().label("claimant_name"),
        _full_name(Claim).label("claimed_name"),
        _full_name(Child).label("known_name"),
        Child.born_on.label("known_born_on"),
        guardians.scalar_subquery().label("known_guardian_names"),
        Claim.matched_by,
    )


def _full_name(person: type[Child] | type[Claim]) -> ColumnElement[str]:
    return func.concat_ws(" ", person.family_name, person.given_name, person.patronymic)


def _place() -> Any:
    return tuple_(Claim.claimed_at, Claim.claim_id)


def _page(session: Session, query: Select[*tuple[Any, ...]], question: str, limit: int) -> dict[str, Any]:
    rows = session.execute(query.limit(limit + 1)).all()
    shown = rows[:limit]
    return {
        "items": [dict(row._mapping) for row in shown],
        "next_cursor": encode_cursor(question, _after(shown[-1])) if len(rows) > limit else None,
    }


def _after(row: Row[*tuple[Any, ...]]) -> list[Any]:
    return [row.claimed_at.isoformat(), row.claim_id]
