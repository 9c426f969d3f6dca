"""Writes what was invented with COPY, some programmes in one transaction, and announces it in the same transaction.

The rows are what the service's commands would write one by one.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from time import monotonic
from typing import Any

import structlog
from psycopg2.extensions import set_wait_callback
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from catalog.commands.announcements import Offering, facts
from catalog.commands.group_rows import fields_of
from catalog.commands.words import searchable
from catalog.domain.calendar import school_year
from catalog.domain.groups import Group
from catalog.domain.places import Region
from catalog.domain.programmes import Module, Programme, Provider
from catalog.domain.search import normalise
from catalog.generated.plan import PROGRAMMES_OF_PROVIDER, InventedProgramme, InventedProvider, Inventor
from catalog.models import ModuleRow, ProgrammeRow, ProviderRow, RegionRow
from chassis import clock
from chassis.copying import copy
from chassis.database import Transactions
from chassis.outbox import Announcement, copy_all
from contracts import catalog as contract

log = structlog.get_logger(__name__)
BATCH = 5 * PROGRAMMES_OF_PROVIDER
PROGRESS_SECONDS = 5
Rows = defaultdict[str, list[dict[str, Any]]]
Said = list[tuple[dict[str, Any], Announcement]]
"""Groups' rows with what is said of them."""
_SUMMED = (
    """
    INSERT INTO opening (region_code, programme_id, rub_from_minor, hour_from_minor, weekdays, places_free)
    SELECT m.region_code, m.programme_id, min(m.price_minor) FILTER (WHERE m.unit = 'RUB'),
           min(m.price_minor) FILTER (WHERE m.unit = 'HOUR'), bit_or(g.weekdays), sum(g.capacity)
    FROM module AS m JOIN study_group AS g USING (region_code, module_id)
    WHERE m.region_code = ANY(:region_codes) AND m.programme_id = ANY(CAST(:programme_ids AS uuid[]))
    GROUP BY m.region_code, m.programme_id
    """,
    """
    INSERT INTO search_word (region_code, word)
    SELECT DISTINCT region_code, word
    FROM programme, unnest(tsvector_to_array(search_lexemes) || string_to_array(search_text, ' ')) AS word
    WHERE region_code = ANY(:region_codes) AND programme_id = ANY(CAST(:programme_ids AS uuid[]))
    ORDER BY region_code, word
    ON CONFLICT DO NOTHING
    """,
)
_TABLES = ("provider", "teacher", "programme", "module", "study_group", "group_teacher")
_GROWN = "provider, teacher, programme, opening, module, study_group, group_teacher, search_word"


def load(transactions: Transactions, regions: Iterable[Region], seed: int, count: int, *, announce: bool) -> int:
    """Write `count` programmes and all that they need; those that are there already stay. How many were new.

    Groups that are not announced can be found, but nobody sees their page or applies for them: for measurements only.
    """
    set_wait_callback(None)  # green threads cannot COPY, and nothing else runs in this process
    regions = tuple(regions)
    inventor = Inventor(seed, school_year(clock.today(regions[0].time_zone)), regions)
    began = said = monotonic()
    written, analysed_at = 0, 0
    for first in range(0, count, BATCH):
        done = min(first + BATCH, count)
        with transactions.writing() as session:
            new = _write(session, inventor, range(first, done), announce)
        written += new
        if new and done >= 2 * analysed_at:
            analysed_at = done
            _keep(transactions, "ANALYZE")
        if monotonic() - said > PROGRESS_SECONDS:
            said = monotonic()
            log.info("sample_progress", programmes=done, of=count, seconds=round(said - began, 1))
    if written:
        _keep(transactions, "VACUUM ANALYZE")
    return written


def _keep(transactions: Transactions, work: str) -> None:
    """Tell the planner, each time that there is twice as much: plans made for empty tables read all of a full one.

    At the end the indexes of words are put in order too: a search would go through what they have not sorted in yet.
    """
    with transactions.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(f"{work} {_GROWN}"))
        connection.execute(text("RESET statement_timeout"))


def _write(session: Session, inventor: Inventor, numbers: range, announce: bool) -> int:
    owners = {number: inventor.provider(number) for number in {each // PROGRAMMES_OF_PROVIDER for each in numbers}}
    invented = [(inventor.programme(each, owners[each // PROGRAMMES_OF_PROVIDER]), each) for each in numbers]
    known = _known(session, ProgrammeRow.programme_id, [each.programme.programme_id for each, _ in invented])
    known |= _known(session, ProviderRow.provider_id, [each.provider.provider_id for each in owners.values()])
    rows: Rows = defaultdict(list)
    said: Said = []
    for owner in owners.values():
        if owner.provider.provider_id not in known:
            _add_provider(rows, owner)
    for each, number in invented:
        if each.programme.programme_id not in known:
            owner = owners[number // PROGRAMMES_OF_PROVIDER]
            above = _offerings(each, owner.provider, _zone(inventor, owner)) if announce else {}
            said += _add_programme(rows, each, owner.provider, above)
    _announce(session, said)
    for table in _TABLES:
        copy(session, table, rows[table])
    if rows["programme"]:
        which = {f"{name}s": list({row[name] for row in rows["programme"]}) for name in ("region_code", "programme_id")}
        for statement in _SUMMED:
            session.execute(text(statement), which)
    return len(rows["programme"])


def _known(session: Session, column: Any, identifiers: list[str]) -> set[str]:
    return set(session.scalars(select(column).where(column.in_(identifiers))))


def _zone(inventor: Inventor, owner: InventedProvider) -> str:
    code = owner.provider.region_code
    return next(region.time_zone for region in inventor.regions if region.region_code == code)


def _add_provider(rows: Rows, owner: InventedProvider) -> None:
    rows["provider"].append(asdict(owner.provider))
    rows["teacher"] += [asdict(teacher) for teacher in owner.teachers]


def _add_programme(rows: Rows, invented: InventedProgramme, provider: Provider, above: dict[str, Offering]) -> Said:
    programme = invented.programme
    found_by = {
        "search_title": normalise(programme.title),
        "search_text": searchable(programme.title, programme.summary, provider.name),
    }
    rows["programme"].append(asdict(programme) | found_by)
    rows["module"] += [_module_fields(each) for each in invented.modules]
    added = [(_add_group(rows, group), group) for group in invented.groups]
    return [(row, _announcement(group, above[group.module_id])) for row, group in added if group.module_id in above]


def _add_group(rows: Rows, group: Group) -> dict[str, Any]:
    key = {"region_code": group.region_code, "group_id": group.group_id}
    row = key | fields_of(group)
    rows["study_group"].append(row)
    rows["group_teacher"] += [
        key | {"teacher_id": teacher_id, "place": place} for place, teacher_id in enumerate(group.teacher_ids)
    ]
    return row


def _announcement(group: Group, above: Offering) -> Announcement:
    data = facts(group, above) | {"terms_version": 1}
    return Announcement(contract.GROUP_PUBLISHED, group.region_code, group.group_id, 1, data)


def _announce(session: Session, said: Said) -> None:
    written = copy_all(session, [announcement for _, announcement in said])
    for (row, _), data in zip(said, written, strict=True):
        row["announced"] = {name: value for name, value in data.items() if name != "terms_version"}
        row |= {"version": 1, "terms_version": 1}


def _offerings(invented: InventedProgramme, provider: Provider, zone: str) -> dict[str, Offering]:
    return {each.module_id: _above(provider, invented.programme, each, zone) for each in invented.modules}


def _above(provider: Provider, programme: Programme, module: Module, zone: str) -> Offering:
    return Offering(
        region=RegionRow(region_code=provider.region_code, time_zone=zone),
        provider=ProviderRow(**asdict(provider)),
        programme=ProgrammeRow(**asdict(programme)),
        module=ModuleRow(**_module_fields(module)),
    )


def _module_fields(module: Module) -> dict[str, Any]:
    return {
        "region_code": module.region_code,
        "module_id": module.module_id,
        "programme_id": module.programme_id,
        "title": module.title,
        "price_minor": module.price.minor,
        "normative_price_minor": module.normative_price.minor,
        "unit": module.price.unit,
    }
