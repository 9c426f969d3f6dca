"""Pieces of SQL that several answers are made of."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from catalog.models import GroupRow, ModuleRow, OpeningRow, ProgrammeRow, ProviderRow, SeatsRow
from chassis.values import Amount

LOWEST_PRICE: dict[str, ColumnElement[int | None]] = {
    "RUB": OpeningRow.rub_from_minor.expression,
    "HOUR": OpeningRow.hour_from_minor.expression,
}
"""Of a programme's published groups, by unit."""
_PRICE_FROM = func.least(*LOWEST_PRICE.values())
VISIBLE = and_(ProgrammeRow.state == "published", ProviderRow.state == "active", _PRICE_FROM.is_not(None))
"""Only published programmes of active providers with a published group are found."""
places_free: ColumnElement[int] = func.greatest(GroupRow.capacity - func.coalesce(SeatsRow.taken, 0), 0)
price_minor: ColumnElement[int] = func.coalesce(GroupRow.price_minor, ModuleRow.price_minor)

PROVIDER_OF_PROGRAMME = and_(
    ProviderRow.region_code == ProgrammeRow.region_code, ProviderRow.provider_id == ProgrammeRow.provider_id
)
OPENING_OF_PROGRAMME = and_(
    OpeningRow.region_code == ProgrammeRow.region_code, OpeningRow.programme_id == ProgrammeRow.programme_id
)
PROGRAMME_OF_MODULE = and_(
    ProgrammeRow.region_code == ModuleRow.region_code, ProgrammeRow.programme_id == ModuleRow.programme_id
)
MODULE_OF_GROUP = and_(ModuleRow.region_code == GroupRow.region_code, ModuleRow.module_id == GroupRow.module_id)
SEATS_OF_GROUP = and_(SeatsRow.region_code == GroupRow.region_code, SeatsRow.group_id == GroupRow.group_id)

_OF_PROGRAMME = (
    "programme_id",
    "title",
    "summary",
    "direction",
    "region_code",
    "municipality_code",
    "provider_id",
    "age_min",
    "age_max",
)


def programmes(*more: ColumnElement[Any]) -> Select[Any]:
    """Visible programmes as lists show them."""
    return (
        select(
            *(getattr(ProgrammeRow, name) for name in _OF_PROGRAMME),
            ProviderRow.name.label("provider_name"),
            _PRICE_FROM.label("price_from_minor"),
            case((LOWEST_PRICE["HOUR"] == _PRICE_FROM, "HOUR"), else_="RUB").label("unit"),
            OpeningRow.places_free,
            *more,
        )
        .select_from(ProgrammeRow)
        .join(ProviderRow, PROVIDER_OF_PROGRAMME)
        .join(OpeningRow, OPENING_OF_PROGRAMME)
        .where(VISIBLE)
    )


def programme_summary(row: Any) -> dict[str, Any]:
    """A programme of a list, from a row of `programmes`."""
    summary = {name: row[name] for name in (*_OF_PROGRAMME, "provider_name", "places_free")}
    return summary | {"price_from": Amount(row["price_from_minor"], row["unit"]).to_wire()}
