from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest

from catalog import sample
from chassis.clock import local_date
from contracts import catalog as contract

DEMO = {
    "38": ("Робототехника каждый день", "technical", "25701000"),
    "05": ("Вольная борьба каждый день", "sport", "82654000"),
}


def load(catalogue: Any, today: date) -> int:
    return sum(catalogue.do(sample.load_region, region, today) for region in sample.regions())


def demo_id(region_code: str, number: int) -> str:
    return f"{region_code}000000-0000-4000-8000-{number:012d}"


def test_loading_again_announces_nothing_and_gives_the_same_identifiers(catalogue: Any) -> None:
    began = monotonic()
    first = load(catalogue, date(2026, 11, 22))
    took = monotonic() - began
    before = catalogue.announced()

    assert first == len(before) == 2 + 93 + Counter(event.type for event in before)[contract.GROUP_PUBLISHED.type]
    assert load(catalogue, date(2027, 5, 31)) == 0
    assert catalogue.announced() == before
    assert took < 10
    ids = [event.subject for event in before]
    assert len(set(ids)) == len(ids)


def test_there_is_enough_to_choose_from(sampled: Any) -> None:
    groups = [event.data for event in sampled.announced(contract.GROUP_PUBLISHED.type)]

    assert len(groups) >= 24
    assert {group["direction"] for group in groups} == set(contract.DIRECTIONS)
    assert {group["admission"] for group in groups} == set(contract.ADMISSIONS)
    providers = {(group["provider_id"], group["time_zone"], group["municipality_code"]) for group in groups}
    irkutsk = [code for _, zone, code in providers if zone == "Asia/Irkutsk"]
    assert len(irkutsk) >= 4
    assert {"25701000", "25703000", "25714000"} <= set(irkutsk)
    assert [code for *_, code in providers].count("82654000") >= 3


@pytest.mark.parametrize("region_code", ["38", "05"])
def test_the_demonstrations_group_is_found_by_its_title_with_the_agreed_identifiers(
    sampled: Any, region_code: str
) -> None:
    (item,) = sampled.ask(contract.SEARCH_PROGRAMMES, q=DEMO[region_code][0])["items"]
    (group,) = sampled.ask(contract.GET_PROGRAMME, programme_id=item["programme_id"])["groups"]
    (event,) = [each for each in sampled.announced() if each.subject == group["group_id"]]

    assert (item["title"], item["direction"], item["municipality_code"]) == DEMO[region_code]
    assert group["group_id"] == demo_id(region_code, 10)
    assert group["provider_id"] == demo_id(region_code, 1)
    assert event.data["teacher_ids"] == [demo_id(region_code, 2)]
    assert (group["admission"], group["age_min"], group["age_max"]) == ("instant", 5, 17)
    assert group["places_free"] == group["capacity"] >= 1000


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2027, 1, 1), date(2027, 8, 31), date(2028, 2, 29)])
def test_whenever_it_is_loaded_the_demonstrations_groups_have_a_lesson_today_and_take_children(
    catalogue: Any, today: date
) -> None:
    load(catalogue, today)

    for region in sample.regions():
        group_id = demo_id(region.region_code, 10)
        terms = catalogue.ask(contract.GET_GROUP_TERMS, group_id=group_id)
        group = catalogue.ask(contract.GET_GROUP, group_id=group_id)
        assert terms["lessons_on"].count(today.isoformat()) == 1
        assert terms["lessons_on"][0] == terms["starts_on"] <= today.isoformat() <= terms["ends_on"]
        assert group["opens_at"][:10] < today.isoformat() <= group["closes_at"][:10]


def test_another_school_year_moves_the_groups_and_their_terms(catalogue: Any) -> None:
    load(catalogue, date(2026, 11, 22))
    count = len(catalogue.announced(contract.GROUP_PUBLISHED.type))

    assert load(catalogue, date(2027, 9, 1)) == count

    moved = catalogue.announced(contract.GROUP_CHANGED.type)
    assert {(event.version, event.data["terms_version"]) for event in moved} == {(2, 2)}
    assert {event.data["ends_on"] for event in moved} == {"2028-05-31", "2028-08-31"}


def test_lessons_last_until_the_last_local_day(sampled: Any) -> None:
    for region in sample.regions():
        events = {event.subject: event for event in sampled.announced(contract.GROUP_PUBLISHED.type)}
        lessons = events[demo_id(region.region_code, 10)].data["lessons"]
        loaded = contract.GroupPublished().load({**events[demo_id(region.region_code, 10)].data})["lessons"]
        assert len(lessons) == 365
        assert all(local_date(lesson["starts_at"], region.time_zone) == lesson["on"] for lesson in loaded)
        gaps = {later["on"] - earlier["on"] for earlier, later in pairwise(loaded)}
        assert gaps == {timedelta(days=1)}
