"""Groups are published and changed, by whoever keeps the catalogue and by their own providers."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.commands.announcements import announce, lock_offering
from catalog.commands.group_rows import dated_lesson, fields_of, group_of, save_teachers
from catalog.commands.openings import count_openings
from catalog.commands.rows import save
from catalog.domain.groups import DRAFT, Group, check_group, check_price
from catalog.domain.programmes import Module, Programme
from catalog.models import GroupRow, ModuleRow, ProgrammeRow, TeacherRow
from chassis.context import Actor
from chassis.errors import Conflict, NotFound, RuleViolated
from chassis.values import Amount


def publish_group(session: Session, group: Group) -> bool:
    """Keep the group and announce it; False when there is nothing new to announce, as of a draft.

    `NotFound` for an unknown module, `Conflict` for a group of another module and for a draft of what was announced,
    `RuleViolated` by the rules of `domain.groups` and for a teacher of another provider.
    """
    offering = lock_offering(session, group.region_code, group.module_id)
    check_group(group, _programme(offering.programme), offering.region.time_zone)
    if group.price is not None:
        check_price(group.price, _module(offering.module))
    _check_teachers(session, group, offering.provider.provider_id)
    key = {"region_code": group.region_code, "group_id": group.group_id}
    _check_known(session.get(GroupRow, tuple(key.values())), group)
    save(session, GroupRow, key, fields_of(group))
    row = session.get_one(GroupRow, tuple(key.values()), with_for_update=True)
    save_teachers(session, group)
    announced = announce(session, row, offering)
    count_openings(session, group.region_code, [offering.programme.programme_id])
    return announced


def change_group(session: Session, region_code: str, group_id: str, **changes: Any) -> bool:
    """Change fields of `domain.groups.Group`; False when there is nothing new to announce. `NotFound` if unknown."""
    module_id = session.scalar(
        select(GroupRow.module_id).where(GroupRow.region_code == region_code, GroupRow.group_id == group_id)
    )
    if module_id is None:
        raise NotFound("group_not_found", "There is no such group.")
    offering = lock_offering(session, region_code, module_id)
    row = session.get_one(GroupRow, (region_code, group_id), with_for_update=True, populate_existing=True)
    return publish_group(session, replace(group_of(session, row, offering.module.unit), **changes))


def change_own_group(session: Session, caller: Actor, request: dict[str, Any]) -> bool:
    """Change what `contracts.catalog.GroupChange` names of a group of the caller's provider.

    A price becomes the group's own, whatever its module costs. Exceptions replace those before; what was held or
    marked on such a day stays in the journal. `NotFound` for a group of another provider.
    """
    changes: dict[str, Any] = {name: request[name] for name in ("capacity", "state", "closes_at") if name in request}
    if "price" in request:
        changes["price"] = Amount.from_wire(request["price"])
    if "skipped_on" in request:
        changes["skipped_on"] = tuple(sorted(set(request["skipped_on"])))
    if "extra_lessons" in request:
        changes["extra_lessons"] = tuple(sorted(map(dated_lesson, request["extra_lessons"])))
    if not _owns(session, caller, request["group_id"]):
        raise NotFound("group_not_found", "There is no such group.")
    return change_group(session, caller.region_code, request["group_id"], **changes)


def _owns(session: Session, caller: Actor, group_id: str) -> bool:
    provider_id = select(ProgrammeRow.provider_id).select_from(GroupRow)
    provider_id = provider_id.join(
        ModuleRow, (ModuleRow.region_code == GroupRow.region_code) & (ModuleRow.module_id == GroupRow.module_id)
    ).join(
        ProgrammeRow,
        (ProgrammeRow.region_code == ModuleRow.region_code) & (ProgrammeRow.programme_id == ModuleRow.programme_id),
    )
    ours = GroupRow.region_code == caller.region_code, GroupRow.group_id == group_id
    return session.scalar(provider_id.where(*ours)) == caller.scope.get("provider_id", "")


def _check_known(known: GroupRow | None, group: Group) -> None:
    if known is not None and known.module_id != group.module_id:
        raise Conflict("group_of_another_module", "A group stays in its module.")
    if known is not None and known.version > 0 and group.state == DRAFT:
        raise Conflict("group_announced", "A group that was announced cannot become a draft again.")


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


def _programme(row: ProgrammeRow) -> Programme:
    names = ("region_code", "programme_id", "provider_id", "municipality_code", "title", "summary", "direction")
    return Programme(**{name: getattr(row, name) for name in (*names, "age_min", "age_max", "state")})


def _module(row: ModuleRow) -> Module:
    price, normative = (Amount(minor, row.unit) for minor in (row.price_minor, row.normative_price_minor))
    return Module(row.region_code, row.module_id, row.programme_id, row.title, price, normative)
