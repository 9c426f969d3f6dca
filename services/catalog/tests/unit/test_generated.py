"""What is invented keeps the catalogue's rules; writing it is tested on the database."""

from datetime import date
from itertools import islice
from random import Random

import pytest
from stdnum.ru import inn, ogrn

from catalog.domain.calendar import school_year
from catalog.domain.directions import DIRECTIONS
from catalog.domain.groups import check_group
from catalog.domain.programmes import PROVIDER_KINDS, check_module, check_programme, check_provider
from catalog.generated.plan import Inventor, activities, register_numbers, settlements
from catalog.sample import municipalities, regions

YEAR = school_year(date(2026, 11, 22))
COUNT = 1200


@pytest.fixture(scope="module")
def inventor() -> Inventor:
    return Inventor(7, YEAR, tuple(regions()))


def test_every_municipality_has_at_least_three_settlements() -> None:
    known = settlements()

    for region_code in ("05", "38"):
        places = known[region_code]
        assert set(places) == {each.municipality_code for each in municipalities(region_code)}
        for names in places.values():
            assert len(set(names)) == len(names) >= 3
            assert all(name == name.strip() and name for name in names)


def test_there_are_about_130_different_activities_in_all_six_directions() -> None:
    known = activities()
    names = [name for each in known.values() for name in each["activities"]]

    assert set(known) == set(DIRECTIONS)
    assert 120 <= len(names) == len(set(names)) <= 150
    assert all(len(each["activities"]) >= 15 and len(each["summaries"]) >= 2 for each in known.values())


def test_1200_programmes_have_60_providers_of_all_kinds_and_5000_groups_in_every_municipality(
    inventor: Inventor,
) -> None:
    owners = [inventor.provider(number) for number in range(COUNT // 20)]
    programmes = [inventor.programme(number, owners[number // 20]) for number in range(COUNT)]

    assert len({each.provider.provider_id for each in owners}) == 60
    assert {each.provider.kind for each in owners} == set(PROVIDER_KINDS)
    assert len({group.group_id for each in programmes for group in each.groups}) == 5000
    assert len({module.module_id for each in programmes for module in each.modules}) == 1600
    codes = {each.programme.municipality_code for each in programmes}
    assert codes == {each.municipality_code for code in ("05", "38") for each in municipalities(code)}
    assert {each.programme.direction for each in programmes} == set(DIRECTIONS)
    modules = [module for each in programmes for module in each.modules]
    assert {module.price.unit for module in modules} == {"RUB", "HOUR"}
    assert {module.price.minor for module in modules} >= {0}
    assert {group.admission for each in programmes for group in each.groups} == {"instant", "review"}


def test_whatever_is_invented_keeps_the_rules(inventor: Inventor) -> None:
    zones = {region.region_code: region.time_zone for region in regions()}
    for number in range(0, COUNT, 7):
        owner = inventor.provider(number // 20)
        check_provider(owner.provider)
        invented = inventor.programme(number, owner)
        check_programme(invented.programme)
        assert invented.programme.region_code == owner.provider.region_code
        for module in invented.modules:
            check_module(module)
        for group in invented.groups:
            check_group(group, invented.programme, zones[group.region_code])
            assert set(group.teacher_ids) <= {teacher.teacher_id for teacher in owner.teachers}


def test_a_number_is_the_same_every_time_and_another_with_another_seed_or_year(inventor: Inventor) -> None:
    def invented(by: Inventor, number: int) -> object:
        return by.programme(number, by.provider(number // 20))

    assert invented(inventor, 1199) == invented(Inventor(7, YEAR, tuple(regions())), 1199)
    for other in (
        Inventor(8, YEAR, tuple(regions())),
        Inventor(7, school_year(date(2027, 9, 1)), tuple(regions())),
    ):
        assert other.provider(0).provider.provider_id != inventor.provider(0).provider.provider_id


@pytest.mark.parametrize("is_person", [True, False])
def test_invented_register_numbers_have_right_check_digits(is_person: bool) -> None:
    rng = Random(1)
    numbers = islice(iter(lambda: register_numbers(rng, "38", is_person), None), 200)

    for taxpayer, register in numbers:
        assert inn.is_valid(taxpayer) and ogrn.is_valid(register)
        assert len(taxpayer) == (12 if is_person else 10)
        assert len(register) == (15 if is_person else 13)
