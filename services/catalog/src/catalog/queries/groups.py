"""Groups as families and their own providers see them, and the terms that offers are priced by."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.orm import Session

from catalog.models import (
    SORT_LETTERS,
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
    places_free,
    price_minor,
)
from chassis.context import Actor
from chassis.errors import NotFound
from chassis.pages import decode_cursor, encode_cursor, identifier, letters, question_mark
from chassis.values import Amount

ANNOUNCED = GroupRow.version > 0
"""Whoever is not its provider sees nothing of a group before that."""
_FAMILY_STATE = case((ProviderRow.state == "active", GroupRow.announced["state"].astext), else_="closed")
_EXCEPTIONS = (GroupRow.skipped_on, GroupRow.extra_lessons)
_OWN_STATE = case((ANNOUNCED, GroupRow.announced["state"].astext), else_="draft")


def get_group(session: Session, group_id: str) -> dict[str, Any]:
    """A group, also a closed one. `NotFound` when there is none, or a draft."""
    return _one(groups(session, GroupRow.group_id == group_id))


def get_own_group(session: Session, caller: Actor, group_id: str) -> dict[str, Any]:
    """A group of the caller's provider, also a draft. `NotFound` when it is another's."""
    rows = session.execute(
        _columns(_OWN_STATE, *_EXCEPTIONS).where(_own(caller), GroupRow.group_id == group_id)
    ).mappings()
    return _one([_own_group(dict(row)) for row in rows])


def list_own_groups(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """A page of the groups of the caller's provider, drafts too, by title."""
    question = question_mark("own groups", caller.region_code, caller.scope.get("provider_id", ""))
    order = (func.left(ProgrammeRow.search_title, SORT_LETTERS), GroupRow.group_id)
    statement = _columns(_OWN_STATE, *_EXCEPTIONS, order[0].label("place")).where(_own(caller)).order_by(*order)
    if request["cursor"] is not None:
        place = decode_cursor(question, request["cursor"], letters, identifier)
        statement = statement.where(tuple_(*order) > tuple_(*place))
    rows = session.execute(statement.limit(request["limit"] + 1)).mappings().all()
    shown, cursor = rows[: request["limit"]], None
    if len(rows) > len(shown):
        cursor = encode_cursor(question, [shown[-1]["place"], shown[-1]["group_id"]])
    return {"items": [_own_group({**row}) for row in shown], "next_cursor": cursor}


def get_group_terms(session: Session, group_id: str) -> dict[str, Any]:
    """The terms that were announced last, with their version. `NotFound` when there is no such group, or a draft."""
    statement = select(GroupRow.region_code, GroupRow.announced, GroupRow.terms_version)
    row = session.execute(statement.where(GroupRow.group_id == group_id, ANNOUNCED)).one_or_none()
    if row is None:
        raise NotFound("group_not_found", "There is no such group.")
    announced = row.announced
    same = ("group_id", "provider_id", "title", "direction", "time_zone", "price", "normative_price")
    return {name: announced[name] for name in same} | {
        "region_code": row.region_code,
        "starts_on": date.fromisoformat(announced["starts_on"]),
        "ends_on": date.fromisoformat(announced["ends_on"]),
        "opens_at": datetime.fromisoformat(announced["opens_at"]).astimezone(UTC),
        "terms_version": row.terms_version,
        "lessons_on": [date.fromisoformat(lesson["on"]) for lesson in announced["lessons"]],
    }


def groups(session: Session, *conditions: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The announced groups that fit, as families see them, soonest first."""
    statement = _columns(_FAMILY_STATE).where(ANNOUNCED, *conditions).order_by(GroupRow.starts_on, GroupRow.group_id)
    return [_group(dict(row)) for row in session.execute(statement).mappings()]


def _one(found: list[dict[str, Any]]) -> dict[str, Any]:
    if not found:
        raise NotFound("group_not_found", "There is no such group.")
    return found[0]


def _own(caller: Actor) -> ColumnElement[bool]:
    of_provider = ProviderRow.provider_id == caller.scope.get("provider_id")
    return (ProviderRow.region_code == caller.region_code) & of_provider


def _columns(state: ColumnElement[Any], *more: Any) -> Select[Any]:
    names = ("group_id", "module_id", "region_code", "address", "age_min", "age_max", "admission", "capacity")
    others = ("opens_at", "closes_at", "starts_on", "ends_on", "timetable", "terms_version")
    return (
        select(
            *(getattr(GroupRow, name) for name in (*names, *others)),
            state.label("state"),
            func.coalesce(func.jsonb_array_length(GroupRow.announced["lessons"]), 0).label("lesson_count"),
            price_minor.label("price_minor"),
            ModuleRow.unit,
            ProgrammeRow.programme_id,
            ProgrammeRow.title,
            ProgrammeRow.municipality_code,
            ProviderRow.provider_id,
            ProviderRow.name.label("provider_name"),
            places_free.label("places_free"),
            _teacher_names().label("teacher_names"),
            *more,
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
    row.pop("place", None)
    return row | {"price": price.to_wire(), "teacher_names": row["teacher_names"] or []}


def _own_group(row: dict[str, Any]) -> dict[str, Any]:
    return _group(row) | {
        "skipped_on": [date.fromisoformat(on) for on in row["skipped_on"]],
        "extra_lessons": [{**lesson, "on": date.fromisoformat(lesson["on"])} for lesson in row["extra_lessons"]],
    }
