"""Regions, municipalities and directions."""

from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from catalog.domain.directions import DIRECTIONS
from catalog.models import SORT_LETTERS, MunicipalityRow, RegionRow
from chassis.pages import decode_cursor, encode_cursor, letters, question_mark


def list_regions(session: Session) -> dict[str, Any]:
    """All regions, by code."""
    names = ("region_code", "name", "time_zone", "financing_term", "certificate_term", "hosts", "contacts")
    rows = session.execute(select(*(getattr(RegionRow, name) for name in names)).order_by(RegionRow.region_code))
    return {"items": [dict(row) for row in rows.mappings()]}


def list_municipalities(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """A page of municipalities by name, of one region or of all."""
    row, question = MunicipalityRow, question_mark("municipalities", request["region_code"])
    order = (func.left(row.name, SORT_LETTERS), row.region_code, row.municipality_code)
    statement = select(row.municipality_code, row.region_code, row.name).order_by(*order)
    if request["region_code"] is not None:
        statement = statement.where(row.region_code == request["region_code"])
    if request["cursor"] is not None:
        place = decode_cursor(question, request["cursor"], letters, letters, letters)
        statement = statement.where(tuple_(*order) > tuple_(*place))
    found = [dict(mapping) for mapping in session.execute(statement.limit(request["limit"] + 1)).mappings()]
    items = found[: request["limit"]]
    cursor = None
    if len(found) > len(items):
        last = items[-1]
        cursor = encode_cursor(question, [last["name"][:SORT_LETTERS], last["region_code"], last["municipality_code"]])
    return {"items": items, "next_cursor": cursor}


def list_directions() -> dict[str, Any]:
    """The six directions with their names."""
    return {"items": [{"direction": direction, "name": name} for direction, name in DIRECTIONS.items()]}
