"""What is invented, as values of the domain: providers and programmes by their numbers."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from importlib.resources import files
from random import Random
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from stdnum.ru import inn, ogrn

from catalog.domain.calendar import SchoolYear
from catalog.domain.groups import Group
from catalog.domain.places import Region
from catalog.domain.programmes import ENTREPRENEUR, PROVIDER_KINDS, Module, Programme, Provider, Teacher
from catalog.domain.timetable import WeeklyLesson
from catalog.generated.names import CLUB_NAMES, HOUSES, SPORT_NAMES, STREETS, TITLES, person
from chassis import clock
from chassis.values import Amount

PROGRAMMES_OF_PROVIDER, TEACHERS_OF_PROVIDER = 20, 3
GROUPS_OF_PROGRAMME, EVERY_WITH_ONE_MORE = 4, 6
EVERY_IN_TWO_MODULES, EVERY_ELSEWHERE, EVERY_FREE, EVERY_IN_HOURS, EVERY_REVIEWED = 3, 3, 10, 25, 4
WEEKS = 34
OPENS_BEFORE, FIRST_LESSONS = timedelta(days=31), timedelta(days=14)
_NAMESPACE = uuid5(NAMESPACE_DNS, "generated.kruzhok.example")


@dataclass(frozen=True)
class Place:
    """A municipality and one of its settlements."""

    municipality_code: str
    settlement: str


@dataclass(frozen=True)
class InventedProvider:
    """A provider with its teachers, in a settlement."""

    provider: Provider
    teachers: tuple[Teacher, ...]
    settlement: str


@dataclass(frozen=True)
class InventedProgramme:
    """A programme with its modules and groups."""

    programme: Programme
    modules: tuple[Module, ...]
    groups: tuple[Group, ...]


class Inventor:
    """Invents for one seed and one school year. Numbers run from 0; the same number is always the same."""

    def __init__(self, seed: int, year: SchoolYear, regions: tuple[Region, ...]) -> None:
        self.seed, self.year, self.regions = seed, year, regions
        self.settlements = settlements()
        self.activities = activities()

    def provider(self, number: int) -> InventedProvider:
        """Regions take turns, and so do the kinds."""
        rng, region = self._chance("provider", number), self.regions[number % len(self.regions)]
        kind = PROVIDER_KINDS[number // len(self.regions) % len(PROVIDER_KINDS)]
        place = self._place(rng, region, None)
        provider_id = self._id("provider", number)
        numbers = register_numbers(rng, region.region_code, kind == ENTREPRENEUR)
        name = _provider_name(rng, kind, place.settlement)
        teachers = tuple(
            Teacher(region.region_code, self._id("teacher", number, each), provider_id, _full_name(rng))
            for each in range(TEACHERS_OF_PROVIDER)
        )
        provider = Provider(region.region_code, provider_id, kind, name, place.municipality_code, *numbers)
        return InventedProvider(provider, teachers, place.settlement)

    def programme(self, number: int, owner: InventedProvider) -> InventedProgramme:
        """A programme of the provider `number // 20`; every third is taught in another municipality of the region."""
        rng, provider = self._chance("programme", number), owner.provider
        region = next(each for each in self.regions if each.region_code == provider.region_code)
        place = Place(provider.municipality_code, owner.settlement)
        if number % EVERY_ELSEWHERE == 0:
            place = self._place(rng, region, number // EVERY_ELSEWHERE)
        direction, activity = self._activity(rng, provider.kind)
        age_min = rng.randint(5, 12)
        programme = Programme(
            region_code=region.region_code,
            programme_id=self._id("programme", number),
            provider_id=provider.provider_id,
            municipality_code=place.municipality_code,
            title=rng.choice(TITLES).format(activity),
            summary=self._summary(rng, direction, activity, place.settlement),
            direction=direction,
            age_min=age_min,
            age_max=min(17, age_min + rng.randint(2, 7)),
        )
        modules = self._modules(rng, number, programme)
        count = GROUPS_OF_PROGRAMME + (number % EVERY_WITH_ONE_MORE == 0)
        address = f"{place.settlement}, ул. {rng.choice(STREETS)}, {rng.randint(1, 90)}"
        groups = tuple(
            self._group(rng, region, programme, modules[each % len(modules)], owner, f"{number}/{each}", address)
            for each in range(count)
        )
        return InventedProgramme(programme, modules, groups)

    def _modules(self, rng: Random, number: int, programme: Programme) -> tuple[Module, ...]:
        unit = "HOUR" if number % EVERY_IN_HOURS == 1 else "RUB"
        minor = WEEKS * 100 if unit == "HOUR" else WEEKS * rng.randrange(80, 320, 10) * 100
        price = Amount(0 if number % EVERY_FREE == 3 else minor, unit)
        normative = Amount(price.minor * rng.choice((80, 90, 100, 100)) // 100, unit)
        titles = ("Первый год", "Второй год")[: 2 if number % EVERY_IN_TWO_MODULES == 0 else 1]
        of_programme = programme.region_code, programme.programme_id
        return tuple(
            Module(of_programme[0], self._id("module", number, each), of_programme[1], title, price, normative)
            for each, title in enumerate(titles)
        )

    def _group(
        self,
        rng: Random,
        region: Region,
        programme: Programme,
        module: Module,
        owner: InventedProvider,
        name: str,
        address: str,
    ) -> Group:
        middle = rng.randint(programme.age_min, programme.age_max)
        whole = (programme.age_min, programme.age_max)
        age_min, age_max = rng.choice((whole, whole, (programme.age_min, middle), (middle, programme.age_max)))
        return Group(
            region_code=region.region_code,
            group_id=self._id("group", name),
            module_id=module.module_id,
            teacher_ids=(rng.choice(owner.teachers).teacher_id,),
            address=address,
            age_min=age_min,
            age_max=age_max,
            capacity=rng.choice((8, 10, 12, 15, 15, 20)),
            admission="review" if rng.randrange(EVERY_REVIEWED) == 0 else "instant",
            opens_at=clock.start_of_day(self.year.starts_on - OPENS_BEFORE, region.time_zone),
            closes_at=clock.end_of_day(self.year.lessons_end_on, region.time_zone),
            starts_on=self.year.starts_on + FIRST_LESSONS,
            ends_on=self.year.lessons_end_on,
            timetable=_timetable(rng),
        )

    def _place(self, rng: Random, region: Region, turn: int | None) -> Place:
        """Somewhere in the region, in a city rather than not; or, by turns, in each municipality."""
        places = self.settlements[region.region_code]
        codes = list(places)
        cities = [code for code in codes if code[2] == "7"]
        code = rng.choice(codes + cities * 4) if turn is None else codes[turn % len(codes)]
        return Place(code, rng.choice(places[code]))

    def _activity(self, rng: Random, kind: str) -> tuple[str, str]:
        directions = ("sport", "tourism") if kind == "sport_school" else tuple(self.activities)
        direction = rng.choice(directions)
        return direction, rng.choice(self.activities[direction]["activities"])

    def _summary(self, rng: Random, direction: str, activity: str, settlement: str) -> str:
        sentences = rng.sample(self.activities[direction]["summaries"], 2)
        return f"{activity}: {settlement}. {' '.join(sentences)}"

    def _chance(self, kind: str, number: int) -> Random:
        return Random(f"{self.seed}/{self.year.starts_on}/{kind}/{number}")

    def _id(self, *names: object) -> str:
        return str(uuid5(_NAMESPACE, "/".join(map(str, (self.seed, self.year.starts_on, *names)))))


def settlements() -> Mapping[str, Mapping[str, list[str]]]:
    """Some settlements of every municipality: region → OKTMO code → names."""
    return _read("settlements.toml")


def activities() -> Mapping[str, Mapping[str, list[str]]]:
    """Activities and sentences about them by direction."""
    return _read("activities.toml")


def register_numbers(rng: Random, region_code: str, is_person: bool) -> tuple[str, str]:
    """An INN and an OGRN with right check digits that no tax office has given: there is no office 99."""
    if is_person:
        body = f"{region_code}99{rng.randrange(10**6):06d}"
        record = f"317{region_code}99{rng.randrange(10**7):07d}"
        while int(record) % 13 > 9:
            record = f"{int(record) + 1}"
        return body + inn.calc_personal_check_digits(body), record + ogrn.calc_check_digit(f"{record}0")
    body = f"{region_code}99{rng.randrange(10**5):05d}"
    record = f"115{region_code}99{rng.randrange(10**5):05d}"
    return body + inn.calc_company_check_digit(body), record + ogrn.calc_check_digit(f"{record}0")


def _provider_name(rng: Random, kind: str, settlement: str) -> str:
    if kind == ENTREPRENEUR:
        family, given, patronymic = person(rng)
        return f"ИП {family} {given[0]}. {patronymic[0]}., {settlement}"
    if kind == "school":
        return f"Школа № {rng.randint(1, 80)}, {settlement}"
    if kind == "sport_school":
        return f"Спортивная школа «{rng.choice(SPORT_NAMES)}», {settlement}"
    return f"{rng.choice(HOUSES)} «{rng.choice(CLUB_NAMES)}», {settlement}"


def _full_name(rng: Random) -> str:
    family, given, patronymic = person(rng)
    return f"{given} {patronymic} {family}"


def _timetable(rng: Random) -> tuple[WeeklyLesson, ...]:
    days = rng.sample(range(1, 8), rng.choice((1, 2, 2)))
    minutes = rng.choice((60, 60, 90))
    lessons = []
    for day in sorted(days):
        starts = rng.randrange(9 * 60, 18 * 60, 30)
        lessons.append(WeeklyLesson(day, _time(starts), _time(starts + minutes)))
    return tuple(lessons)


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("catalog").joinpath(f"data/{name}").read_text(encoding="utf-8"))
