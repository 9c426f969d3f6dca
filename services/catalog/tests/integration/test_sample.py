from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from time import process_time
from typing import Any

import pytest

from catalog import sample
from chassis.clock import local_date
from chassis.context import Actor
from chassis.errors import NotFound
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
    began = process_time()
    first = load(catalogue, date(2026, 11, 22))
    took = process_time() - began
    before = catalogue.announced()

    counted = Counter(event.type for event in before)
    assert first == len(before) == 2 + 93 + 1 + counted[contract.GROUP_PUBLISHED.type]
    assert counted[contract.PROVIDER_SUSPENDED.type] == 1
    assert load(catalogue, date(2027, 5, 31)) == 0
    assert catalogue.announced() == before
    assert took < 10
    ids = [event.subject for event in before]
    assert len(set(ids)) == len(ids)


def test_the_special_groups_are_what_their_fixed_identifiers_promise(catalogue: Any) -> None:
    load(catalogue, date(2026, 11, 22))
    groups = {number: demo_id("38", number) for number in range(11, 18)}
    said = {event.subject: event.data for event in catalogue.announced(contract.GROUP_PUBLISHED.type)}

    assert groups[11] not in said
    for method in (contract.GET_GROUP, contract.GET_GROUP_TERMS):
        with pytest.raises(NotFound):
            catalogue.ask(method, group_id=groups[11])
    assert said[groups[12]]["state"] == "closed"
    assert said[groups[13]]["opens_at"] == "2027-08-31T16:00:00+00:00"
    assert said[groups[14]]["state"] == "published"
    assert said[groups[14]]["provider_id"] == demo_id("38", 20)
    (suspended,) = catalogue.announced(contract.PROVIDER_SUSPENDED.type)
    assert (suspended.subject, suspended.data["reason"]) == (demo_id("38", 20), "licence_lapsed")
    assert said[groups[15]]["admission"] == "review"
    assert said[groups[16]]["price"] == said[groups[16]]["normative_price"] == {"value": "0.00", "unit": "RUB"}
    assert said[groups[17]]["price"] == {"value": "365.00", "unit": "HOUR"}
    for number in (15, 16, 17):
        assert "2026-11-22" in {lesson["on"] for lesson in said[groups[number]]["lessons"]}


def test_what_people_decided_since_stays_when_the_sample_is_loaded_again(catalogue: Any) -> None:
    load(catalogue, date(2026, 11, 22))
    provider = Actor(demo_id("38", 6), "provider", "38", scope={"provider_id": demo_id("38", 1)})
    region = Actor(demo_id("38", 5), "region", "38")
    catalogue.ask_as(provider, contract.CHANGE_GROUP, group_id=demo_id("38", 11), state="published")
    decision = {"provider_id": demo_id("38", 20), "state": "active", "reason": "cleared"}
    catalogue.ask_as(region, contract.DECIDE_PROVIDER, **decision)
    before = catalogue.announced()

    assert load(catalogue, date(2026, 12, 1)) == 0
    assert catalogue.announced() == before
    assert catalogue.ask(contract.GET_GROUP, group_id=demo_id("38", 11))["state"] == "published"


def test_a_regions_own_holiday_and_an_extra_rehearsal_are_exceptions_of_timetables(sampled: Any) -> None:
    said = [event.data for event in sampled.announced(contract.GROUP_PUBLISHED.type)]
    skipping = [group for group in said if group["time_zone"] == "Europe/Moscow" and len(group["lessons"]) < 365]
    (choir,) = [group for group in said if group["title"] == "Хор «Ангара»"]

    assert skipping
    for group in skipping:
        assert "2026-09-15" not in {lesson["on"] for lesson in group["lessons"]}
    assert "2026-12-25" in {lesson["on"] for lesson in choir["lessons"]}
    assert date(2026, 12, 25).isoweekday() not in (2, 6)


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
    assert {event.data["ends_on"] for event in moved} == {"2028-05-31", "2028-08-31", "2029-05-31"}


def test_lessons_last_until_the_last_local_day(sampled: Any) -> None:
    for region in sample.regions():
        events = {event.subject: event for event in sampled.announced(contract.GROUP_PUBLISHED.type)}
        lessons = events[demo_id(region.region_code, 10)].data["lessons"]
        loaded = contract.GroupPublished().load({**events[demo_id(region.region_code, 10)].data})["lessons"]
        assert len(lessons) == 365
        assert all(local_date(lesson["starts_at"], region.time_zone) == lesson["on"] for lesson in loaded)
        gaps = {later["on"] - earlier["on"] for earlier, later in pairwise(loaded)}
        assert gaps == {timedelta(days=1)}
