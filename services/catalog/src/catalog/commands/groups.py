"""Groups are published, changed and announced.

What is announced of a group comes from five rows: region, provider, programme, module and the group itself. Whoever
changes one of them announces the groups below it again; an announcement that says nothing new is not made. Rows are
locked from the top down (provider, programme, module, group), so that two changes never wait for each other.
"""

from dataclasses import dataclass, replace
from datetime import UTC, time
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from catalog.commands.rows import save
from catalog.domain.groups import Group, check_group, lessons_of, terms_differ
from catalog.domain.programmes import Programme
from catalog.domain.timetable import WeeklyLesson
from catalog.models import GroupRow, GroupTeacherRow, ModuleRow, ProgrammeRow, ProviderRow, RegionRow, TeacherRow
from chassis.errors import Conflict, NotFound, RuleViolated
from chassis.outbox import record
from chassis.values import Amount
from contracts import catalog as contract


@dataclass(frozen=True)
class _Offering:
    """The rows above a group, locked against change."""

    region: RegionRow
    provider: ProviderRow
    programme: ProgrammeRow
    module: ModuleRow


def publish_group(session: Session, group: Group) -> bool:
    """Keep the group and announce it; False when there is nothing new to announce.

    `NotFound` for an unknown module, `Conflict` for a group of another module, `RuleViolated` by the rules of
    `domain.groups` and for a teacher of another provider.
    """
    offering = _offering(session, group.region_code, group.module_id)
    check_group(group, _programme(offering.programme), offering.region.time_zone)
    _check_teachers(session, group, offering.provider.provider_id)
    key = {"region_code": group.region_code, "group_id": group.group_id}
    known = session.get(GroupRow, tuple(key.values()))
    if known is not None and known.module_id != group.module_id:
        raise Conflict("group_of_another_module", "A group stays in its module.")
    save(session, GroupRow, key, _fields(group))
    row = session.get_one(GroupRow, tuple(key.values()), with_for_update=True)
    _save_teachers(session, group)
    return _announce(session, row, offering)


def change_group(session: Session, region_code: str, group_id: str, **changes: Any) -> bool:
    """Change fields of `domain.groups.Group`; False when there is nothing new to announce. `NotFound` if unknown."""
    module_id = session.scalar(
        select(GroupRow.module_id).where(GroupRow.region_code == region_code, GroupRow.group_id == group_id)
    )
    if module_id is None:
        raise NotFound("group_not_found", "There is no such group.")
    _offering(session, region_code, module_id)
    row = session.get_one(GroupRow, (region_code, group_id), with_for_update=True)
    return publish_group(session, replace(_group(session, row), **changes))


def announce_groups(session: Session, *below: ColumnElement[bool]) -> int:
    """Announce anew the groups whose module and programme fit `below`; how many had something new to say."""
    session.flush()
    rows = session.execute(
        select(GroupRow.region_code, GroupRow.group_id, GroupRow.module_id)
        .join(ModuleRow, (ModuleRow.region_code == GroupRow.region_code) & (ModuleRow.module_id == GroupRow.module_id))
        .join(
            ProgrammeRow,
            (ProgrammeRow.region_code == ModuleRow.region_code) & (ProgrammeRow.programme_id == ModuleRow.programme_id),
        )
        .where(*below)
        .order_by(GroupRow.module_id, GroupRow.group_id)
    ).all()
    announced = 0
    for region_code, group_id, module_id in rows:
        offering = _offering(session, region_code, module_id)
        row = session.get_one(GroupRow, (region_code, group_id), with_for_update=True, populate_existing=True)
        announced += _announce(session, row, offering)
    return announced


def _offering(session: Session, region_code: str, module_id: str) -> _Offering:
    found = session.execute(
        select(ModuleRow.programme_id, ProgrammeRow.provider_id)
        .join(
            ProgrammeRow,
            (ProgrammeRow.region_code == ModuleRow.region_code) & (ProgrammeRow.programme_id == ModuleRow.programme_id),
        )
        .where(ModuleRow.region_code == region_code, ModuleRow.module_id == module_id)
    ).one_or_none()
    if found is None:
        raise NotFound("module_not_found", "There is no such module.")

    def locked(model: Any, identifier: str) -> Any:
        return session.get_one(model, (region_code, identifier), with_for_update={"read": True}, populate_existing=True)

    return _Offering(
        region=session.get_one(RegionRow, region_code),
        provider=locked(ProviderRow, found.provider_id),
        programme=locked(ProgrammeRow, found.programme_id),
        module=locked(ModuleRow, module_id),
    )


def _announce(session: Session, row: GroupRow, offering: _Offering) -> bool:
    facts = _facts(session, row, offering)
    wire: dict[str, Any] = contract.GroupPublished(exclude=("terms_version",)).dump(facts)
    if wire == row.announced:
        return False
    row.terms_version += terms_differ(row.announced, wire)
    row.version += 1
    row.announced = wire
    session.flush()
    record(
        session,
        contract.GROUP_PUBLISHED if row.version == 1 else contract.GROUP_CHANGED,
        region_code=row.region_code,
        subject=row.group_id,
        version=row.version,
        data=facts | {"terms_version": row.terms_version},
    )
    return True


def _facts(session: Session, row: GroupRow, offering: _Offering) -> dict[str, Any]:
    group, module = _group(session, row), offering.module
    is_open = (row.state, offering.programme.state, offering.provider.state) == ("published", "published", "active")
    return {
        "group_id": group.group_id,
        "module_id": group.module_id,
        "programme_id": offering.programme.programme_id,
        "provider_id": offering.provider.provider_id,
        "provider_name": offering.provider.name,
        "teacher_ids": list(group.teacher_ids),
        "title": offering.programme.title,
        "direction": offering.programme.direction,
        "municipality_code": offering.programme.municipality_code,
        "time_zone": offering.region.time_zone,
        "state": "published" if is_open else "closed",
        "admission": group.admission,
        "capacity": group.capacity,
        "age_min": group.age_min,
        "age_max": group.age_max,
        "opens_at": group.opens_at.astimezone(UTC),
        "closes_at": group.closes_at.astimezone(UTC),
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "price": Amount(module.price_minor, module.unit).to_wire(),
        "normative_price": Amount(module.normative_price_minor, module.unit).to_wire(),
        "lessons": list(lessons_of(group, offering.region.time_zone)),
    }


def _check_teachers(session: Session, group: Group, provider_id: str) -> None:
    known = session.scalars(
        select(TeacherRow.teacher_id).where(
            TeacherRow.region_code == group.region_code,
            TeacherRow.provider_id == provider_id,
            TeacherRow.teacher_id.in_(group.teacher_ids),
        )
    ).all()
    if set(known) != set(group.teacher_ids):
        raise RuleViolated("teacher_of_another_provider", "A group's teachers work for its provider.")


def _save_teachers(session: Session, group: Group) -> None:
    if _teacher_ids(session, group.region_code, group.group_id) == group.teacher_ids:
        return
    key = {"region_code": group.region_code, "group_id": group.group_id}
    session.execute(delete(GroupTeacherRow).filter_by(**key))
    session.add_all(
        GroupTeacherRow(**key, teacher_id=teacher_id, place=place) for place, teacher_id in enumerate(group.teacher_ids)
    )
    session.flush()


def _teacher_ids(session: Session, region_code: str, group_id: str) -> tuple[str, ...]:
    of_group = select(GroupTeacherRow.teacher_id).filter_by(region_code=region_code, group_id=group_id)
    return tuple(session.scalars(of_group.order_by(GroupTeacherRow.place)))


_COLUMNS = (
    "module_id",
    "address",
    "age_min",
    "age_max",
    "capacity",
    "admission",
    "opens_at",
    "closes_at",
    "starts_on",
    "ends_on",
    "meets_on_holidays",
    "state",
)


def _fields(group: Group) -> dict[str, Any]:
    timetable = [
        {"weekday": weekly.weekday, "starts_at": f"{weekly.starts:%H:%M}", "ends_at": f"{weekly.ends:%H:%M}"}
        for weekly in sorted(group.timetable)
    ]
    return {name: getattr(group, name) for name in _COLUMNS} | {"timetable": timetable}


def _group(session: Session, row: GroupRow) -> Group:
    return Group(
        region_code=row.region_code,
        group_id=row.group_id,
        teacher_ids=_teacher_ids(session, row.region_code, row.group_id),
        timetable=tuple(
            WeeklyLesson(
                weekly["weekday"], time.fromisoformat(weekly["starts_at"]), time.fromisoformat(weekly["ends_at"])
            )
            for weekly in row.timetable
        ),
        **{name: getattr(row, name) for name in _COLUMNS},
    )


def _programme(row: ProgrammeRow) -> Programme:
    names = ("region_code", "programme_id", "provider_id", "municipality_code", "title", "summary", "direction")
    return Programme(**{name: getattr(row, name) for name in (*names, "age_min", "age_max", "state")})
