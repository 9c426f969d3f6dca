"""Writes what was invented with COPY, some programmes in one transaction, and announces it in the same transaction.

The rows are what the service's commands would write one by one.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from io import StringIO
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog
from psycopg2.extensions import set_wait_callback
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from catalog.commands.announcements import WITHOUT_TERMS_VERSION, Offering, facts
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
from chassis.database import Transactions
from contracts import catalog as contract

log = structlog.get_logger(__name__)
BATCH = 5 * PROGRAMMES_OF_PROVIDER
PROGRESS_SECONDS = 5
Rows = defaultdict[str, list[dict[str, Any]]]
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
_TABLES = ("provider", "teacher", "programme", "module", "study_group", "group_teacher", "outbox")
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
    for owner in owners.values():
        if owner.provider.provider_id not in known:
            _add_provider(rows, owner)
    for each, number in invented:
        if each.programme.programme_id not in known:
            owner = owners[number // PROGRAMMES_OF_PROVIDER]
            _add_programme(rows, each, owner.provider, _zone(inventor, owner), announce)
    for table in _TABLES:
        _copy(session, table, rows[table])
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


def _add_programme(rows: Rows, invented: InventedProgramme, provider: Provider, zone: str, announce: bool) -> None:
    programme = invented.programme
    found_by = {
        "search_title": normalise(programme.title),
        "search_text": searchable(programme.title, programme.summary, provider.name),
    }
    rows["programme"].append(asdict(programme) | found_by)
    rows["module"] += [_module_fields(each) for each in invented.modules]
    above = {each.module_id: _above(provider, programme, each, zone) for each in invented.modules if announce}
    for group in invented.groups:
        _add_group(rows, group, above.get(group.module_id))


def _add_group(rows: Rows, group: Group, above: Offering | None) -> None:
    key = {"region_code": group.region_code, "group_id": group.group_id}
    row = key | fields_of(group)
    if above is not None:
        said = WITHOUT_TERMS_VERSION.dump(facts(group, above))
        row |= {"announced": said, "version": 1, "terms_version": 1}
        rows["outbox"].append(
            {
                "occurred_at": clock.now(),
                "event_id": str(uuid4()),
                "region_code": group.region_code,
                "type": contract.GROUP_PUBLISHED.type,
                "subject": group.group_id,
                "version": 1,
                "data": said | {"terms_version": 1},
            }
        )
    rows["study_group"].append(row)
    rows["group_teacher"] += [
        key | {"teacher_id": teacher_id, "place": place} for place, teacher_id in enumerate(group.teacher_ids)
    ]


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


def _copy(session: Session, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = list(rows[0])
    lines = StringIO("".join("\t".join(_written(row[name]) for name in names) + "\n" for row in rows))
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(names)}) FROM STDIN", lines)


def _written(value: Any) -> str:
    """A value in the text format of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, date | datetime):
        return value.isoformat()
    words = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return words.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
