"""One programme, one group, and a group's terms."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from catalog.models import (
    GroupRow,
    GroupTeacherRow,
    ModuleRow,
    ProgrammeRow,
    ProviderRow,
    SeatsRow,
    TeacherRow,
)
from catalog.queries.parts import (
    MODULE_OF_GROUP,
    PROGRAMME_OF_MODULE,
    PROVIDER_OF_PROGRAMME,
    SEATS_OF_GROUP,
    open_groups,
    places_free,
    programme_summary,
    programmes,
)
from chassis.errors import NotFound
from chassis.values import Amount


def get_programme(session: Session, programme_id: str) -> dict[str, Any]:
    """A published programme with its published groups, soonest first. `NotFound` when it has none."""
    statement = programmes(open_groups()).where(ProgrammeRow.programme_id == programme_id)
    row = session.execute(statement).mappings().one_or_none()
    if row is None:
        raise NotFound("programme_not_found", "There is no such programme.")
    groups = _groups(session, ModuleRow.programme_id == programme_id, GroupRow.state == "published")
    return programme_summary(row) | {"groups": groups}


def get_group(session: Session, group_id: str) -> dict[str, Any]:
    """A group, also a closed one. `NotFound` when there is none."""
    groups = _groups(session, GroupRow.group_id == group_id)
    if not groups:
        raise NotFound("group_not_found", "There is no such group.")
    return groups[0]


def get_group_terms(session: Session, group_id: str) -> dict[str, Any]:
    """The terms that were announced last, with their version. `NotFound` when there is no such group."""
    statement = select(GroupRow.region_code, GroupRow.announced, GroupRow.terms_version)
    row = session.execute(statement.where(GroupRow.group_id == group_id)).one_or_none()
    if row is None:
        raise NotFound("group_not_found", "There is no such group.")
    announced = row.announced
    same = ("group_id", "provider_id", "title", "time_zone", "price", "normative_price")
    return {name: announced[name] for name in same} | {
        "region_code": row.region_code,
        "starts_on": date.fromisoformat(announced["starts_on"]),
        "ends_on": date.fromisoformat(announced["ends_on"]),
        "terms_version": row.terms_version,
        "lessons_on": [date.fromisoformat(lesson["on"]) for lesson in announced["lessons"]],
    }


def _groups(session: Session, *conditions: ColumnElement[bool]) -> list[dict[str, Any]]:
    statement = _group_columns().where(*conditions).order_by(GroupRow.starts_on, GroupRow.group_id)
    return [_group(dict(row)) for row in session.execute(statement).mappings()]


def _group_columns() -> Select[Any]:
    names = ("group_id", "module_id", "region_code", "address", "age_min", "age_max", "admission", "capacity")
    more = ("opens_at", "closes_at", "starts_on", "ends_on", "timetable", "terms_version")
    return (
        select(
            *(getattr(GroupRow, name) for name in (*names, *more)),
            GroupRow.announced["state"].astext.label("state"),
            func.jsonb_array_length(GroupRow.announced["lessons"]).label("lesson_count"),
            ModuleRow.price_minor,
            ModuleRow.unit,
            ProgrammeRow.programme_id,
            ProgrammeRow.title,
            ProgrammeRow.municipality_code,
            ProviderRow.provider_id,
            ProviderRow.name.label("provider_name"),
            places_free.label("places_free"),
            _teacher_names().label("teacher_names"),
        )
        .select_from(GroupRow)
        .join(ModuleRow, MODULE_OF_GROUP)
        .join(ProgrammeRow, PROGRAMME_OF_MODULE)
        .join(ProviderRow, PROVIDER_OF_PROGRAMME)
        .outerjoin(SeatsRow, SEATS_OF_GROUP)
    )


def _teacher_names() -> Any:
    names = func.array_agg(TeacherRow.display_name).aggregate_order_by(GroupTeacherRow.place)
    return (
        select(names)
        .select_from(TeacherRow)
        .join(
            GroupTeacherRow,
            (GroupTeacherRow.region_code == TeacherRow.region_code)
            & (GroupTeacherRow.teacher_id == TeacherRow.teacher_id),
        )
        .where(GroupTeacherRow.region_code == GroupRow.region_code, GroupTeacherRow.group_id == GroupRow.group_id)
        .correlate(GroupRow)
        .scalar_subquery()
    )


def _group(row: dict[str, Any]) -> dict[str, Any]:
    price = Amount(row.pop("price_minor"), row.pop("unit"))
    return row | {"price": price.to_wire(), "teacher_names": row["teacher_names"] or []}
