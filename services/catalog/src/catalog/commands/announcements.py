"""What is said of groups, and when it is said again.

What is announced of a group comes from five rows: region, provider, programme, module and the group itself. Whoever
changes one of them announces the groups below it again; an announcement that says nothing new is not made. Rows are
locked from the top down (provider, programme, module, group, at last what the programme's open groups come to), so
that two changes never wait for each other.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from catalog.commands.group_rows import group_of
from catalog.commands.openings import count_openings
from catalog.domain.groups import CLOSED, DRAFT, PUBLISHED, Group, lessons_of, terms_differ
from catalog.models import GroupRow, ModuleRow, ProgrammeRow, ProviderRow, RegionRow
from catalog.rest_days import rest_days
from chassis.errors import NotFound
from chassis.outbox import record
from chassis.values import Amount
from contracts import catalog as contract

WITHOUT_TERMS_VERSION = contract.GroupPublished(exclude=("terms_version",))


@dataclass(frozen=True)
class Offering:
    """The rows above a group, locked against change."""

    region: RegionRow
    provider: ProviderRow
    programme: ProgrammeRow
    module: ModuleRow


def lock_offering(session: Session, region_code: str, module_id: str) -> Offering:
    """The rows above a module's groups. `NotFound` for an unknown module."""
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

    return Offering(
        region=session.get_one(RegionRow, region_code),
        provider=locked(ProviderRow, found.provider_id),
        programme=locked(ProgrammeRow, found.programme_id),
        module=locked(ModuleRow, module_id),
    )


def announce_groups(session: Session, *below: ColumnElement[bool]) -> int:
    """Announce anew the groups whose module and programme fit `below`; how many had something new to say."""
    session.flush()
    rows = session.execute(
        select(GroupRow.region_code, GroupRow.group_id, GroupRow.module_id, ModuleRow.programme_id)
        .join(ModuleRow, (ModuleRow.region_code == GroupRow.region_code) & (ModuleRow.module_id == GroupRow.module_id))
        .join(
            ProgrammeRow,
            (ProgrammeRow.region_code == ModuleRow.region_code) & (ProgrammeRow.programme_id == ModuleRow.programme_id),
        )
        .where(*below)
        .order_by(GroupRow.module_id, GroupRow.group_id)
    ).all()
    announced, touched = 0, defaultdict[str, set[str]](set)
    for region_code, group_id, module_id, programme_id in rows:
        offering = lock_offering(session, region_code, module_id)
        row = session.get_one(GroupRow, (region_code, group_id), with_for_update=True, populate_existing=True)
        announced += announce(session, row, offering)
        touched[region_code].add(programme_id)
    for region_code, programme_ids in touched.items():
        count_openings(session, region_code, programme_ids)
    return announced


def announce(session: Session, row: GroupRow, offering: Offering) -> bool:
    """Say what is new of the group, whose row is locked; False when that is nothing, or nobody may see it yet."""
    if row.version == 0 and DRAFT in (row.state, offering.programme.state):
        return False
    said = facts(group_of(session, row, offering.module.unit), offering)
    wire: dict[str, Any] = WITHOUT_TERMS_VERSION.dump(said)
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
        data=said | {"terms_version": row.terms_version},
    )
    return True


def facts(group: Group, offering: Offering) -> dict[str, Any]:
    """All that is said of a group but its terms' version. A suspended provider is an announcement of its own."""
    programme, module = offering.programme, offering.module
    price = group.price or Amount(module.price_minor, module.unit)
    return {
        "group_id": group.group_id,
        "module_id": group.module_id,
        "programme_id": programme.programme_id,
        "provider_id": offering.provider.provider_id,
        "provider_name": offering.provider.name,
        "teacher_ids": list(group.teacher_ids),
        "title": programme.title,
        "direction": programme.direction,
        "municipality_code": programme.municipality_code,
        "time_zone": offering.region.time_zone,
        "state": PUBLISHED if (group.state, programme.state) == (PUBLISHED, "published") else CLOSED,
        "admission": group.admission,
        "capacity": group.capacity,
        "age_min": group.age_min,
        "age_max": group.age_max,
        "opens_at": group.opens_at.astimezone(UTC),
        "closes_at": group.closes_at.astimezone(UTC),
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "price": price.to_wire(),
        "normative_price": Amount(module.normative_price_minor, module.unit).to_wire(),
        "lessons": list(lessons_of(group, offering.region.time_zone, rest_days(group.starts_on, group.ends_on))),
    }
