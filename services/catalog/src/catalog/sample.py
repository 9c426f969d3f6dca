"""Sample data of the demonstration: `python -m catalog sample [--programmes N …]`.

Both regions with all their municipalities (facts), and invented providers, programmes and groups of the school year
that holds today. The same identifiers come out every time, so that a second run changes and announces nothing; a run
in another school year moves the groups there. What people decided since (a provider admitted, a group published or
closed) stays. With `--programmes`, many more invented ones come on top: see `catalog.generated`.
"""

import argparse
import csv
import tomllib
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import structlog
from sqlalchemy.orm import Session

import chassis.settings
from catalog.commands.groups import publish_group
from catalog.commands.places import publish_municipality, publish_region
from catalog.commands.programmes import save_module, save_programme
from catalog.commands.providers import decide_provider, save_provider, save_teacher
from catalog.domain.calendar import SchoolYear, school_year
from catalog.domain.groups import Group
from catalog.domain.places import Municipality, Region
from catalog.domain.programmes import SUSPENDED, Module, Programme, Provider, Teacher
from catalog.domain.timetable import DatedLesson, WeeklyLesson
from catalog.generated.load import load
from catalog.models import GroupRow, ProviderRow
from chassis import clock
from chassis.database import Transactions, create
from chassis.values import Amount

log = structlog.get_logger(__name__)
_NAMESPACE = uuid5(NAMESPACE_DNS, "sample.kruzhok.example")
_FIRST_LESSONS = timedelta(days=14)
_OPENS_BEFORE = timedelta(days=31)


def main(settings: chassis.settings.Settings, *options: str) -> None:
    """Load the sample, each region in one transaction; then what the options ask for."""
    arguments = parser().parse_args(options)
    transactions = Transactions(create(settings.database_url, "catalog.sample", pool_size=1))
    for region in regions():
        with transactions.writing() as session:
            announced = load_region(session, region, clock.today(region.time_zone))
        log.info("sample_loaded", region_code=region.region_code, announced=announced)
    if arguments.programmes:
        wanted = arguments.seed, arguments.programmes
        written = load(transactions, regions(), *wanted, announce=arguments.announce == "yes")
        log.info("sample_generated", seed=arguments.seed, programmes=written)


def parser() -> argparse.ArgumentParser:
    """The options of `python -m catalog sample`."""
    options = argparse.ArgumentParser(prog="sample", description="Load the demonstration's data.")
    options.add_argument("--programmes", type=int, default=0, help="so many generated ones on top (1200)")
    options.add_argument("--seed", type=int, default=1, help="another seed makes other programmes")
    options.add_argument("--announce", choices=("yes", "no"), default="yes", help="no: found, but not applied for")
    return options


def load_region(session: Session, region: Region, today: date) -> int:
    """Load one region's sample for the school year that holds `today`; how many announcements were made."""
    announced = int(publish_region(session, region))
    announced += sum(publish_municipality(session, each) for each in municipalities(region.region_code))
    year = school_year(today)
    for provider in _read("sample.toml")["providers"]:
        if provider["region_code"] == region.region_code:
            announced += _load_provider(session, region, provider, year)
    return announced


def regions() -> list[Region]:
    """The installation's regions."""
    return [Region(**each | {"hosts": tuple(each["hosts"])}) for each in _read("regions.toml")["regions"]]


def municipalities(region_code: str) -> list[Municipality]:
    """All municipalities of a region."""
    text = files("catalog").joinpath("data/municipalities.csv").read_text(encoding="utf-8")
    return [Municipality(**row) for row in csv.DictReader(text.splitlines()) if row["region_code"] == region_code]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("catalog").joinpath(f"data/{name}").read_text(encoding="utf-8"))


def _made_id(*names: object) -> str:
    return str(uuid5(_NAMESPACE, "/".join(map(str, names))))


def _load_provider(session: Session, region: Region, data: dict[str, Any], year: SchoolYear) -> int:
    provider_id = data.get("provider_id") or _made_id(region.region_code, data["name"])
    kept = {name: data[name] for name in ("kind", "name", "municipality_code", "inn", "ogrn")}
    save_provider(session, Provider(region_code=region.region_code, provider_id=provider_id, **kept))
    teacher_ids = []
    for teacher in data["teachers"]:
        teacher_ids.append(teacher.get("teacher_id") or _made_id(provider_id, teacher["name"]))
        save_teacher(session, Teacher(region.region_code, teacher_ids[-1], provider_id, teacher["name"]))
    announced = 0
    if "suspended" in data and session.get_one(ProviderRow, (region.region_code, provider_id)).version == 0:
        announced += decide_provider(session, region.region_code, provider_id, SUSPENDED, data["suspended"])
    for programme in data["programmes"]:
        module_id = _load_programme(session, region, data["municipality_code"], provider_id, programme)
        for number, group in enumerate(programme["groups"], start=1):
            teacher_id = teacher_ids[group.get("teacher", 0)]
            planned = _group(region, programme, group, module_id, number, teacher_id, year)
            known = session.get(GroupRow, (region.region_code, planned.group_id))
            announced += publish_group(session, replace(planned, state=known.state) if known else planned)
    return announced


def _load_programme(
    session: Session, region: Region, municipality_code: str, provider_id: str, data: dict[str, Any]
) -> str:
    programme_id = _made_id(provider_id, data["title"])
    module_id = _made_id(programme_id, 1)
    save_programme(
        session,
        Programme(
            region_code=region.region_code,
            programme_id=programme_id,
            provider_id=provider_id,
            municipality_code=municipality_code,
            title=data["title"],
            summary=data["summary"],
            direction=data["direction"],
            age_min=data["ages"][0],
            age_max=data["ages"][1],
        ),
    )
    unit = data.get("unit", "RUB")
    price, normative = (Amount.from_wire({"value": data[name], "unit": unit}) for name in ("price", "normative_price"))
    save_module(session, Module(region.region_code, module_id, programme_id, "Первый год", price, normative))
    return module_id


def _group(
    region: Region,
    programme: dict[str, Any],
    data: dict[str, Any],
    module_id: str,
    number: int,
    teacher_id: str,
    year: SchoolYear,
) -> Group:
    every_day = data.get("every_day", False)
    if data.get("next_year", False):
        year = school_year(year.ends_on + timedelta(days=1))
    age_min, age_max = data.get("ages", programme["ages"])
    ends_on = year.ends_on if every_day else year.lessons_end_on
    return Group(
        region_code=region.region_code,
        group_id=data.get("group_id") or _made_id(module_id, number),
        module_id=module_id,
        teacher_ids=(teacher_id,),
        address=programme["address"],
        age_min=age_min,
        age_max=age_max,
        capacity=data["capacity"],
        admission=data.get("admission", "instant"),
        opens_at=_opens_at(region, year, late=data.get("next_year", False)),
        closes_at=clock.end_of_day(ends_on, region.time_zone),
        starts_on=year.starts_on if every_day else year.starts_on + _FIRST_LESSONS,
        ends_on=ends_on,
        timetable=tuple(_weekly(entry) for entry in data["timetable"]),
        meets_on_holidays=every_day,
        state=data.get("state", "published"),
        skipped_on=tuple(year.day(each) for each in data.get("skipped", [])),
        extra_lessons=tuple(_extra(year, entry) for entry in data.get("extra", [])),
    )


def _opens_at(region: Region, year: SchoolYear, *, late: bool) -> datetime:
    """A month before the school year, or (so that it is never past) at the beginning of the year to come."""
    return clock.start_of_day(year.starts_on if late else year.starts_on - _OPENS_BEFORE, region.time_zone)


def _weekly(entry: str) -> WeeklyLesson:
    weekday, times = entry.split(" ")
    return WeeklyLesson(int(weekday), *_times(times))


def _extra(year: SchoolYear, entry: str) -> DatedLesson:
    on, times = entry.split(" ")
    return DatedLesson(year.day(on), *_times(times))


def _times(text: str) -> tuple[time, time]:
    starts, ends = text.split("-")
    return time.fromisoformat(starts), time.fromisoformat(ends)
