import base64
import json
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from sqlalchemy import text

from catalog.commands.groups import publish_group
from catalog.commands.places import publish_municipality
from catalog.commands.programmes import save_module, save_programme
from catalog.domain.timetable import WeeklyLesson
from chassis.errors import InvalidInput, NotFound
from chassis.values import Amount
from contracts import catalog as contract

SEARCH = contract.SEARCH_PROGRAMMES


def titles(catalogue: Any, **fields: Any) -> list[str]:
    return [item["title"] for item in catalogue.ask(SEARCH, limit=100, **fields)["items"]]


def pages(catalogue: Any, method: Any, limit: int, **fields: Any) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = catalogue.ask(method, limit=limit, cursor=cursor, **fields)
        assert len(page["items"]) == limit or page["next_cursor"] is None
        assert page["items"]
        found += page["items"]
        assert len(found) <= 100
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def offer(catalogue: Any, values: Any, number: int, title: str) -> None:
    """One more programme with a group."""
    twin = f"38000000-0000-4000-8000-00000000f{{}}0{number}"
    programme = replace(values["programme"], programme_id=twin.format(1), title=title)
    module = replace(values["module"], programme_id=programme.programme_id, module_id=twin.format(2))
    catalogue.do(save_programme, programme)
    catalogue.do(save_module, module)
    catalogue.do(publish_group, replace(values["group"], module_id=module.module_id, group_id=twin.format(3)))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("керамика", "Керамика и лепка"),
        ("КЕРАМИКЕ", "Керамика и лепка"),
        ("занятия керамикой", None),
        ("лепку из глины", "Керамика и лепка"),
        ("работа с глиной", "Керамика и лепка"),
        ("танцев народных", "Народные танцы Дагестана"),
        ("юных журналистов", "Школа юного журналиста"),
        ("походы", "Пешеходный туризм"),
        ("робот", "Робототехника каждый день"),
        ("python", "Программирование на Python"),
        ("звёзды? нет: «Хор» «Ангара»", None),
        ("хор ангара", "Хор «Ангара»"),
    ],
)
def test_a_family_finds_a_programme_by_any_form_of_its_words(sampled: Any, query: str, title: str | None) -> None:
    found = titles(sampled, q=query)

    assert title in found if title else found == []


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("робатотехника", "Робототехника каждый день"),
        ("робототехнека каждый", "Робототехника каждый день"),
        ("кирамика", "Керамика и лепка"),
        ("волейбоол", "Волейбол"),
        ("прогрмирование", "Программирование на Python"),
        ("шахмоты", "Шахматы"),
        ("шкала", "Хоккей для начинающих"),
        ("хокккей", "Хоккей для начинающих"),
        ("хокей", "Хоккей для начинающих"),
        ("англйиский", "Английский язык в играх"),
        ("прогромирование на python", "Программирование на Python"),
        ("вольная барьба", "Вольная борьба: начальная подготовка"),
        ("робототехника превые шаги", "Робототехника: первые шаги"),
        ("робототехника первые шги", "Робототехника: первые шаги"),
        ("нюый журналист", "Школа юного журналиста"),
        ("театральная мсатерская", "Театральная мастерская"),
        ("двроовые игры", "Дворовые игры"),
        ("дворовые игыр", "Дворовые игры"),
    ],
)
def test_a_typo_does_not_hide_a_programme(sampled: Any, query: str, title: str) -> None:
    assert title in titles(sampled, q=query)


@pytest.mark.parametrize("query", ["щщщыыы", "плавание", "футбол", "робототехника плавание", "и", "гимнастика"])
def test_what_is_not_taught_finds_nothing(sampled: Any, query: str) -> None:
    assert titles(sampled, q=query) == []


def test_a_word_of_the_title_comes_before_the_same_word_in_a_summary(sampled: Any) -> None:
    found = titles(sampled, q="туризм")

    assert found[0] == "Пешеходный туризм"


def test_the_word_itself_in_a_title_comes_before_titles_that_only_begin_with_it(published: Any, values: Any) -> None:
    for number, title in enumerate(("Авиамодель", "Ансамбль «Авиамодель»", "Авиамоделька")):
        offer(published, values, number, title)

    found = titles(published, q="авиамодель")

    assert found[:2] == ["Авиамодель", "Ансамбль «Авиамодель»"]
    assert set(found[2:]) <= {"Авиамоделирование", "Авиамоделька"}


def test_signs_of_query_languages_are_only_signs(sampled: Any) -> None:
    everything = titles(sampled)
    for query in ("керамика & !лепка | (", "керамика:*", "керамика'--", "керамика\\", "керамика\x00"):
        assert titles(sampled, q=query)[:1] == ["Керамика и лепка"]
    assert titles(sampled, q="!!! ***") == everything


def test_filters_narrow_each_other(sampled: Any) -> None:
    everything = sampled.ask(SEARCH, limit=100)["items"]
    assert {item["direction"] for item in everything} == set(contract.DIRECTIONS)

    for direction in contract.DIRECTIONS:
        expected = [item for item in everything if item["direction"] == direction]
        assert sampled.ask(SEARCH, limit=100, direction=direction)["items"] == expected
    for age in (4, 5, 9, 17, 18):
        for item in sampled.ask(SEARCH, limit=100, age=age)["items"]:
            groups = sampled.ask(contract.GET_PROGRAMME, programme_id=item["programme_id"])["groups"]
            assert any(group["age_min"] <= age <= group["age_max"] for group in groups)
    for region_code in ("05", "38"):
        expected = [item for item in everything if item["region_code"] == region_code]
        assert sampled.ask(SEARCH, limit=100, region_code=region_code)["items"] == expected
    expected = [
        item
        for item in everything
        if item["municipality_code"] == "82654000" and item["direction"] == "sport" and item["age_min"] <= 9
    ]
    assert sampled.ask(SEARCH, municipality_code="82654000", direction="sport", age=9)["items"] == expected
    assert expected
    assert titles(sampled, q="борьба", municipality_code="25701000") == []


FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({"weekday": 6}, lambda group: any(entry["weekday"] == 6 for entry in group["timetable"])),
    ({"price_max": {"value": "4320.00", "unit": "RUB"}}, lambda group: costs_at_most(group, "RUB", 4320)),
    ({"price_max": {"value": "365.00", "unit": "HOUR"}}, lambda group: costs_at_most(group, "HOUR", 365)),
    ({"price_max": {"value": "0.00", "unit": "RUB"}}, lambda group: costs_at_most(group, "RUB", 0)),
    ({"with_places": True}, lambda group: group["places_free"] > 0),
    ({"age": 9}, lambda group: group["age_min"] <= 9 <= group["age_max"]),
]


def costs_at_most(group: dict[str, Any], unit: str, most: int) -> bool:
    return group["price"]["unit"] == unit and float(group["price"]["value"]) <= most


@pytest.mark.parametrize("second", range(len(FILTERS)))
@pytest.mark.parametrize("first", range(len(FILTERS)))
def test_all_filters_about_groups_are_true_of_one_and_the_same_group(sampled: Any, first: int, second: int) -> None:
    everything = sampled.ask(SEARCH, limit=100)["items"]
    fields = FILTERS[first][0] | FILTERS[second][0]
    chosen = [FILTERS[first][1], FILTERS[second][1]]
    if FILTERS[first][0].keys() == FILTERS[second][0].keys():
        chosen = chosen[1:]

    def fits(item: dict[str, Any]) -> bool:
        groups = sampled.ask(contract.GET_PROGRAMME, programme_id=item["programme_id"])["groups"]
        return any(all(is_true(group) for is_true in chosen) for group in groups)

    assert sampled.ask(SEARCH, limit=100, **fields)["items"] == [item for item in everything if fits(item)]
    assert len(everything) < 100


def test_a_programme_whose_groups_fit_only_in_turn_is_not_found(published: Any, values: Any) -> None:
    full_on_wednesday = values["group"]
    free_on_friday = replace(
        full_on_wednesday,
        group_id="38000000-0000-4000-8000-0000000000c7",
        timetable=(WeeklyLesson(5, time(16), time(17)),),
        price=Amount(1_000_000, "RUB"),
    )
    published.do(publish_group, replace(full_on_wednesday, capacity=0))
    published.do(publish_group, free_on_friday)

    assert titles(published, weekday=3) == titles(published, with_places=True) == ["Авиамоделирование"]
    assert titles(published, weekday=3, with_places=True) == []
    assert titles(published, weekday=5, with_places=True) == ["Авиамоделирование"]
    assert titles(published, weekday=5, price_max={"value": "9000.00", "unit": "RUB"}) == []
    assert titles(published, weekday=5, price_max={"value": "10000.00", "unit": "RUB"}) == ["Авиамоделирование"]
    assert titles(published, price_max={"value": "10000.00", "unit": "HOUR"}) == []


def test_an_age_of_zero_is_a_wish_like_any_other(sampled: Any, published: Any) -> None:
    assert sampled.ask(SEARCH, limit=100, age=0)["items"] == []
    published.do(lambda session: session.execute(text("UPDATE programme SET age_min = 0")))
    assert titles(published, age=0) == []
    assert titles(published, age=0, weekday=3) == []
    published.do(lambda session: session.execute(text("UPDATE study_group SET age_min = 0")))
    assert titles(published, age=0, weekday=3) == ["Авиамоделирование"]


def test_pages_of_a_filtered_search_hold_everything_once(sampled: Any) -> None:
    for fields in ({"with_places": True, "weekday": 2}, {"q": "школа", "weekday": 6}, {"q": "бойкальская", "age": 9}):
        whole = sampled.ask(SEARCH, limit=100, **fields)["items"]
        assert len(whole) > 1
        assert pages(sampled, SEARCH, 1, **fields) == whole


def test_a_summary_names_the_lowest_price_and_all_free_places_of_published_groups(published: Any, values: Any) -> None:
    cheap = replace(values["module"], module_id="38000000-0000-4000-8000-0000000000c1", price=Amount(50_000, "RUB"))
    closed = replace(cheap, module_id="38000000-0000-4000-8000-0000000000c2", price=Amount(100, "RUB"))
    for number, module in enumerate((cheap, closed)):
        published.do(save_module, module)
        group = replace(
            values["group"],
            group_id=f"38000000-0000-4000-8000-0000000000d{number}",
            module_id=module.module_id,
            capacity=5,
            state="closed" if module is closed else "published",
        )
        published.do(publish_group, group)

    (item,) = published.ask(SEARCH)["items"]
    assert item["price_from"] == {"value": "500.00", "unit": "RUB"}
    assert item["places_free"] == 17
    view = published.ask(contract.GET_PROGRAMME, programme_id=item["programme_id"])
    assert {group["state"] for group in view["groups"]} == {"published"}
    assert len(view["groups"]) == 2


def test_a_programme_in_roubles_and_hours_is_found_by_the_price_in_either(published: Any, values: Any) -> None:
    in_hours = replace(
        values["module"],
        module_id="38000000-0000-4000-8000-0000000000c3",
        price=Amount(50_000, "HOUR"),
        normative_price=Amount(50_000, "HOUR"),
    )
    group_id = "38000000-0000-4000-8000-0000000000c4"
    published.do(save_module, in_hours)
    published.do(publish_group, replace(values["group"], group_id=group_id, module_id=in_hours.module_id))

    for value, unit, found in (
        ("500.00", "HOUR", 1), ("499.99", "HOUR", 0), ("9000.00", "RUB", 1), ("8999.99", "RUB", 0),
    ):  # fmt: skip
        assert len(titles(published, price_max={"value": value, "unit": unit})) == found
        assert len(titles(published, price_max={"value": value, "unit": unit}, weekday=3)) == found
    (item,) = published.ask(SEARCH)["items"]
    assert item["price_from"] == {"value": "500.00", "unit": "HOUR"}


def test_all_words_known_but_never_together_find_nothing_else(sampled: Any) -> None:
    assert titles(sampled, q="шахматы ковроткачество") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    "fields",
    [{}, {"q": "занятия в школе или кружке"}, {"q": "школа"}, {"q": "бойкальская"}, {"q": "с", "age": 9}, {"age": 9}],
)
def test_pages_hold_everything_once_in_one_order(sampled: Any, fields: dict[str, Any], limit: int) -> None:
    whole = sampled.ask(SEARCH, limit=100, **fields)["items"]

    if whole:
        assert pages(sampled, SEARCH, limit, **fields) == whole
        assert len({item["programme_id"] for item in whole}) == len(whole)


def test_pages_of_both_searches_were_really_tested(sampled: Any) -> None:
    assert len(titles(sampled)) > 20
    assert len(titles(sampled, q="школа")) > 3
    assert len(titles(sampled, q="бойкальская")) > 3


def test_without_words_programmes_come_by_title(sampled: Any) -> None:
    found = [title.casefold().replace("«", "").replace("3d-", "3d ") for title in titles(sampled)]

    assert found == sorted(found)


def test_a_cursor_belongs_to_its_question(sampled: Any) -> None:
    cursor = sampled.ask(SEARCH, limit=2)["next_cursor"]

    assert len(cursor) <= 200
    for fields in ({"age": 9}, {"q": "школа"}, {"direction": "arts"}):
        with pytest.raises(InvalidInput) as refusal:
            sampled.ask(SEARCH, cursor=cursor, **fields)
        assert refusal.value.code == "invalid_cursor"


def test_a_forged_cursor_is_refused_and_never_reaches_the_database(sampled: Any) -> None:
    good = sampled.ask(SEARCH, limit=2, q="школа")["next_cursor"]
    mark, way, stage, programme_id = json.loads(base64.urlsafe_b64decode(good + "=="))
    for parts in (
        [mark, "sideways", stage, programme_id],
        [mark, way, "x", programme_id],
        [mark, way, stage, "x"],
        [mark, way, stage],
        [mark, way, 10**30, programme_id],
    ):
        forged = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
        with pytest.raises(InvalidInput):
            sampled.ask(SEARCH, q="школа", cursor=forged)


@pytest.mark.parametrize("stage", [-1, 3, 99])
def test_a_cursor_of_a_stage_that_does_not_exist_finds_what_is_left_or_nothing(sampled: Any, stage: int) -> None:
    good = sampled.ask(SEARCH, limit=2, q="школа")["next_cursor"]
    mark, way, _, programme_id = json.loads(base64.urlsafe_b64decode(good + "=="))
    forged = base64.urlsafe_b64encode(json.dumps([mark, way, stage, programme_id]).encode()).decode()

    found = sampled.ask(SEARCH, q="школа", cursor=forged)

    assert bool(found["items"]) == (stage < 0)


def test_municipalities_come_by_name_region_by_region_without_gaps(sampled: Any) -> None:
    for region_code, count in (("38", 42), ("05", 51), (None, 93)):
        found = pages(sampled, contract.LIST_MUNICIPALITIES, 10, region_code=region_code)
        assert len({item["municipality_code"] for item in found}) == len(found) == count
        assert [item["name"] for item in found] == sorted(item["name"] for item in found)
    assert sampled.ask(contract.LIST_MUNICIPALITIES, region_code="77")["items"] == []


def test_regions_and_directions_are_listed(sampled: Any) -> None:
    regions = sampled.ask(contract.LIST_REGIONS)["items"]
    assert [region["region_code"] for region in regions] == ["05", "38"]
    assert "р05.навигатор.дети" in regions[0]["hosts"]
    directions = sampled.ask(contract.LIST_DIRECTIONS)["items"]
    assert tuple(item["direction"] for item in directions) == contract.DIRECTIONS


def test_what_does_not_exist_is_not_found(sampled: Any) -> None:
    nobody = "38000000-0000-4000-8000-0000000000ff"
    for method, name in (
        (contract.GET_PROGRAMME, "programme_id"),
        (contract.GET_GROUP, "group_id"),
        (contract.GET_GROUP_TERMS, "group_id"),
    ):
        with pytest.raises(NotFound):
            sampled.ask(method, **{name: nobody})


def test_pages_lose_nothing_among_equal_names_and_equal_ranks(published: Any, values: Any) -> None:
    for number in range(5):
        twin = f"38000000-0000-4000-8000-00000000e{{}}0{number}"
        programme = replace(values["programme"], programme_id=twin.format(1))
        module = replace(values["module"], programme_id=programme.programme_id, module_id=twin.format(2))
        published.do(save_programme, programme)
        published.do(save_module, module)
        published.do(publish_group, replace(values["group"], module_id=module.module_id, group_id=twin.format(3)))
        published.do(
            publish_municipality,
            replace(values["municipality"], municipality_code=f"2572{number}000", payer_code=f"5{number}"),
        )

    for fields in ({}, {"q": "авиамоделирование"}, {"q": "овиамоделирование"}):
        found = pages(published, SEARCH, 2, **fields)
        assert len({item["programme_id"] for item in found}) == len(found) == 6
    found = pages(published, contract.LIST_MUNICIPALITIES, 2)
    assert len({item["municipality_code"] for item in found}) == len(found) == 6
