"""Providers as the regional operator sees them."""

from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from catalog.models import SORT_LETTERS, ProviderRow
from chassis.context import Actor
from chassis.errors import NotFound
from chassis.pages import decode_cursor, encode_cursor, identifier, letters, question_mark


def list_providers(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the providers of the caller's region, by name; all of them or those in one state."""
    question = question_mark("providers", caller.region_code, request["state"])
    order = (func.left(ProviderRow.name, SORT_LETTERS).collate("C"), ProviderRow.provider_id)
    statement = _providers(caller).order_by(*order)
    if request["state"] is not None:
        statement = statement.where(ProviderRow.state == request["state"])
    if request["cursor"] is not None:
        place = decode_cursor(question, request["cursor"], letters, identifier)
        statement = statement.where(tuple_(*order) > tuple_(*place))
    found = [dict(row) for row in session.execute(statement.limit(request["limit"] + 1)).mappings()]
    items, cursor = found[: request["limit"]], None
    if len(found) > len(items):
        cursor = encode_cursor(question, [items[-1]["name"][:SORT_LETTERS], items[-1]["provider_id"]])
    return {"items": items, "next_cursor": cursor}


def get_provider(session: Session, caller: Actor, provider_id: str) -> dict[str, Any]:
    """A provider of the caller's region. `NotFound` when there is none."""
    row = session.execute(_providers(caller).where(ProviderRow.provider_id == provider_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("provider_not_found", "There is no such provider.")
    return dict(row)


def _providers(caller: Actor) -> Select[Any]:
    names = ("provider_id", "name", "kind", "inn", "ogrn", "municipality_code", "state")
    columns = (getattr(ProviderRow, name) for name in names)
    return select(*columns).where(ProviderRow.region_code == caller.region_code)
