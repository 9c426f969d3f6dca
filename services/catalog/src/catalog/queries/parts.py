"""Pieces of SQL that several answers are made of."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, select, true

from catalog.models import GroupRow, ModuleRow, ProgrammeRow, ProviderRow, SeatsRow
from chassis.values import Amount

VISIBLE = and_(ProgrammeRow.state == "published", ProviderRow.state == "active")
places_free: ColumnElement[int] = func.greatest(GroupRow.capacity - func.coalesce(SeatsRow.taken, 0), 0)

PROVIDER_OF_PROGRAMME = and_(
    ProviderRow.region_code == ProgrammeRow.region_code, ProviderRow.provider_id == ProgrammeRow.provider_id
)
PROGRAMME_OF_MODULE = and_(
    ProgrammeRow.region_code == ModuleRow.region_code, ProgrammeRow.programme_id == ModuleRow.programme_id
)
MODULE_OF_GROUP = and_(ModuleRow.region_code == GroupRow.region_code, ModuleRow.module_id == GroupRow.module_id)
SEATS_OF_GROUP = and_(SeatsRow.region_code == GroupRow.region_code, SeatsRow.group_id == GroupRow.group_id)


def open_groups() -> FromClause:
    """The lowest price, its unit and all free places of a programme's published groups; no price without any."""
    cheapest = func.array_agg(ModuleRow.unit).aggregate_order_by(ModuleRow.price_minor, ModuleRow.unit)
    return (
        select(
            func.min(ModuleRow.price_minor).label("price_from_minor"),
            cheapest.label("units"),
            func.sum(places_free).label("places_free"),
        )
        .select_from(ModuleRow)
        .join(GroupRow, MODULE_OF_GROUP)
        .outerjoin(SeatsRow, SEATS_OF_GROUP)
        .where(PROGRAMME_OF_MODULE, GroupRow.state == "published")
        .lateral("open_groups")
    )


def programmes(groups: FromClause, *more: ColumnElement[Any]) -> Select[Any]:
    """Visible programmes with at least one published group, as lists show them."""
    named = ("programme_id", "title", "summary", "direction", "region_code", "municipality_code", "provider_id")
    columns: list[Any] = [getattr(ProgrammeRow, name) for name in (*named, "age_min", "age_max")]
    columns += [ProviderRow.name.label("provider_name"), *groups.c, *more]
    return (
        select(*columns)
        .select_from(ProgrammeRow)
        .join(ProviderRow, PROVIDER_OF_PROGRAMME)
        .join(groups, true())
        .where(VISIBLE, groups.c.price_from_minor.is_not(None))
    )


def programme_summary(row: Any) -> dict[str, Any]:
    """A programme of a list, from a row of `programmes`."""
    names = ("programme_id", "title", "summary", "direction", "region_code", "municipality_code", "provider_id")
    summary = {name: row[name] for name in (*names, "provider_name", "age_min", "age_max")}
    price_from = Amount(row["price_from_minor"], row["units"][0])
    return summary | {"price_from": price_from.to_wire(), "places_free": int(row["places_free"])}
