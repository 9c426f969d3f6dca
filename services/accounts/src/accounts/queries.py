"""Reads: what a person sees of themselves, a guardian of its children, a teacher of its pupils."""

import base64
import binascii
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.orm import Session

from accounts.models import Account, Child, Guardianship, Login, Pupil
from accounts.vault import Vault
from chassis.context import Actor
from chassis.errors import Forbidden, InvalidInput, NotFound


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
        query = query.where(tuple_(Child.registered_at, Child.child_id) > tuple_(*_place_after(page["cursor"])))
    rows = session.execute(query).all()
    shown = rows[: page["limit"]]
    return {
        "items": [_card(vault, row) for row in shown],
        "next_cursor": _cursor_at(shown[-1]) if len(rows) > len(shown) else None,
    }


def pupils(session: Session, staff: Actor, child_ids: list[str]) -> list[dict[str, Any]]:
    """Those of the children who are enrolled with the caller's provider, by name; the others are left out."""
    provider_id = staff.scope.get("provider_id")
    if provider_id is None:
        raise Forbidden("no_provider", "This account belongs to no provider.")
    enrolled = (
        select(Pupil.child_id)
        .where(
            Pupil.region_code == staff.region_code,
            Pupil.provider_id == provider_id,
            Pupil.child_id == Child.child_id,
        )
        .exists()
    )
    rows = session.execute(
        select(Child.child_id, Child.given_name, Child.family_name)
        .where(Child.region_code == staff.region_code, Child.child_id.in_(child_ids), enrolled)
        .order_by(Child.family_name, Child.given_name, Child.child_id)
    )
    return [dict(row._mapping) for row in rows]


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


def _cursor_at(row: Row[*tuple[Any, ...]]) -> str:
    place = f"{row.registered_at.isoformat()} {row.child_id}"
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place_after(cursor: str) -> tuple[datetime, str]:
    try:
        registered_at, child_id = base64.urlsafe_b64decode(cursor).decode().split(" ")
        place = datetime.fromisoformat(registered_at), str(uuid.UUID(child_id))
    except (ValueError, binascii.Error):
        raise InvalidInput("invalid_cursor", "Use next_cursor as it came.", cursor="invalid_cursor") from None
    if place[0].tzinfo is None:
        raise InvalidInput("invalid_cursor", "Use next_cursor as it came.", cursor="invalid_cursor")
    return place
