"""Reads: what a person sees of themselves, a guardian of its children, a teacher of its pupils."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from accounts.models import Account, Applicant, Child, Departure, Guardianship, Login, Pupil
from accounts.vault import Vault
from chassis import clock
from chassis.context import Actor
from chassis.errors import Forbidden, NotFound
from chassis.pages import decode_cursor, encode_cursor, identifier, instant
from contracts.enrollment import JOURNAL_DAYS

LIST = "children"


def me(session: Session, caller: Actor) -> dict[str, Any]:
    """The caller's own account."""
    row = session.execute(
        select(
            Account.user_id,
            Login.email,
            Account.full_name,
            Account.role,
            Account.region_code,
            Account.provider_id,
            Account.municipality_code,
        )
        .join(Login, (Login.region_code == Account.region_code) & (Login.user_id == Account.user_id))
        .where(Account.region_code == caller.region_code, Account.user_id == caller.subject)
    ).one_or_none()
    if row is None:
        raise NotFound("person_not_found", "This account no longer exists.")
    return dict(row._mapping)


def child(session: Session, vault: Vault, guardian: Actor, child_id: str) -> dict[str, Any]:
    """A child of this guardian; `NotFound` for every other."""
    row = session.execute(_own_children(guardian).where(Child.child_id == child_id)).one_or_none()
    if row is None:
        raise NotFound("child_not_found", "No such child.")
    return _card(vault, row)


def children(session: Session, vault: Vault, guardian: Actor, page: dict[str, Any]) -> dict[str, Any]:
    """A page of this guardian's children, in the order of their registration."""
    query = _own_children(guardian).order_by(Child.registered_at, Child.child_id).limit(page["limit"] + 1)
    if page["cursor"]:
        query = query.where(
            tuple_(Child.registered_at, Child.child_id)
            > tuple_(*decode_cursor(LIST, page["cursor"], instant, identifier))
        )
    rows = session.execute(query).all()
    shown = rows[: page["limit"]]
    return {
        "items": [_card(vault, row) for row in shown],
        "next_cursor": encode_cursor(LIST, [shown[-1].registered_at.isoformat(), shown[-1].child_id])
        if len(rows) > len(shown)
        else None,
    }


def pupils(session: Session, staff: Actor, child_ids: list[str]) -> list[dict[str, Any]]:
    """Those of the children whom the caller's provider teaches or decides about, by name; no others."""
    provider_id = staff.scope.get("provider_id")
    if provider_id is None:
        raise Forbidden("no_provider", "This account belongs to no provider.")
    rows = session.execute(
        select(Child.child_id, Child.given_name, Child.family_name)
        .where(
            Child.region_code == staff.region_code,
            Child.child_id.in_(child_ids),
            or_(
                _known_to(Pupil, Pupil.enrollment_id, staff.region_code, provider_id),
                _known_to(Applicant, Applicant.application_id, staff.region_code, provider_id),
            ),
        )
        .order_by(Child.family_name, Child.given_name, Child.child_id)
    )
    return [dict(row._mapping) for row in rows]


def _known_to(
    tie: type[Pupil] | type[Applicant], tie_id: InstrumentedAttribute[str], region_code: str, provider_id: str
) -> ColumnElement[bool]:
    return (
        select(tie.child_id)
        .where(tie.region_code == region_code, tie.provider_id == provider_id, tie.child_id == Child.child_id)
        .where(~_over(region_code, tie_id))
        .exists()
    )


def _over(region_code: str, application_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether the provider has no page of the journal left to fill for what has ended."""
    journal_closed_on = clock.now().date() - timedelta(days=JOURNAL_DAYS)
    return (
        select(Departure.application_id)
        .where(Departure.region_code == region_code, Departure.application_id == application_id)
        .where(or_(Departure.last_on.is_(None), Departure.last_on < journal_closed_on))
        .exists()
    )


def _own_children(guardian: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Child.child_id,
            Child.family_name,
            Child.given_name,
            Child.patronymic,
            Child.born_on,
            Child.municipality_code,
            Child.snils_sealed,
            Child.registered_at,
        )
        .join(
            Guardianship,
            (Guardianship.region_code == Child.region_code) & (Guardianship.child_id == Child.child_id),
        )
        .where(Guardianship.region_code == guardian.region_code, Guardianship.guardian_id == guardian.subject)
    )


def _card(vault: Vault, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    card = dict(row._mapping)
    sealed = card.pop("snils_sealed")
    return card | {"snils_ending": vault.open(sealed, card["child_id"])[-2:] if sealed else None}
