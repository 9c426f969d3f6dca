from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time
from threading import Barrier
from typing import Any

import pytest

from catalog.commands.groups import change_group, publish_group
from catalog.commands.places import publish_municipality, publish_region
from catalog.commands.programmes import save_module, save_programme
from catalog.commands.providers import save_provider, save_teacher
from catalog.domain.programmes import Teacher
from catalog.domain.timetable import WeeklyLesson
from chassis.errors import Conflict, NotFound, Refusal, RuleViolated
from chassis.values import Amount
from contracts import catalog as contract

PUBLISHED, CHANGED = contract.GROUP_PUBLISHED.type, contract.GROUP_CHANGED.type
NOBODY = "38000000-0000-4000-8000-0000000000ff"


def test_a_group_is_announced_once_with_its_whole_plan(published: Any, values: Any) -> None:
    (event,) = published.announced(PUBLISHED)

    assert (event.region_code, event.subject, event.version) == ("38", values["group"].group_id, 1)
    assert event.data["terms_version"] == 1
    assert event.data["state"] == "published"
    assert event.data["teacher_ids"] == [values["teacher"].teacher_id]
    assert event.data["price"] == {"value": "9000.00", "unit": "RUB"}
    assert event.data["normative_price"] == {"value": "8000.00", "unit": "RUB"}
    assert event.data["lessons"][0]["on"] == "2026-09-02"
    assert event.data["lessons"][0]["starts_at"] == "2026-09-02T08:00:00+00:00"
    assert [lesson["number"] for lesson in event.data["lessons"]] == list(range(1, len(event.data["lessons"]) + 1))
    assert "2026-11-04" not in {lesson["on"] for lesson in event.data["lessons"]}
    contract.GroupPublished().load(event.data)


def test_publishing_everything_again_announces_nothing(published: Any, values: Any) -> None:
    before = published.announced()
    again = [
        published.do(publish_region, values["region"]),
        published.do(publish_municipality, values["municipality"]),
        published.do(save_provider, values["provider"]),
        published.do(save_teacher, values["teacher"]),
        published.do(save_programme, values["programme"]),
        published.do(save_module, values["module"]),
        published.do(publish_group, values["group"]),
        published.do(change_group, "38", values["group"].group_id, capacity=values["group"].capacity),
    ]

    assert not any(again)
    assert published.announced() == before
    assert [event.type for event in before] == [
        contract.REGION_PUBLISHED.type,
        contract.MUNICIPALITY_PUBLISHED.type,
        PUBLISHED,
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_on": date(2027, 5, 20)},
        {"starts_on": date(2026, 9, 7)},
        {"timetable": (WeeklyLesson(3, time(17), time(18)),)},
        {"meets_on_holidays": True},
    ],
)
def test_a_change_of_dates_or_lessons_is_a_new_version_of_the_terms(published: Any, changes: dict[str, Any]) -> None:
    (before,) = published.announced(PUBLISHED)
    if "ends_on" in changes:
        changes["closes_at"] = datetime(2027, 5, 1, tzinfo=UTC)

    assert published.do(change_group, "38", before.subject, **changes)

    (event,) = published.announced(CHANGED)
    assert (event.version, event.data["terms_version"]) == (2, 2)


@pytest.mark.parametrize(
    ("field", "value"), [("capacity", 15), ("age_max", 10), ("admission", "review"), ("state", "closed")]
)
def test_a_change_of_anything_else_leaves_the_terms_as_they_are(published: Any, field: str, value: Any) -> None:
    (before,) = published.announced(PUBLISHED)

    assert published.do(change_group, "38", before.subject, **{field: value})

    (event,) = published.announced(CHANGED)
    assert event.version == 2
    assert event.data == before.data | {field: value}


def test_a_new_address_is_shown_but_not_announced(published: Any, values: Any) -> None:
    group_id = values["group"].group_id

    assert not published.do(change_group, "38", group_id, address="ул. Другая, 2")

    assert published.announced(CHANGED) == []
    assert published.ask(contract.GET_GROUP, group_id=group_id)["address"] == "ул. Другая, 2"


def test_a_new_price_is_a_new_version_of_the_terms_of_every_group_of_the_module(published: Any, values: Any) -> None:
    second = replace(values["group"], group_id="38000000-0000-4000-8000-0000000000a6", age_max=12)
    published.do(publish_group, second)

    assert published.do(save_module, replace(values["module"], price=Amount(950_000, "RUB")))

    changed = published.announced(CHANGED)
    assert {event.subject for event in changed} == {values["group"].group_id, second.group_id}
    for event in changed:
        assert (event.version, event.data["terms_version"]) == (2, 2)
        assert event.data["price"] == {"value": "9500.00", "unit": "RUB"}
        terms = published.ask(contract.GET_GROUP_TERMS, group_id=event.subject)
        assert (terms["price"], terms["terms_version"]) == (event.data["price"], 2)
        assert terms["direction"] == event.data["direction"]


def test_a_renamed_provider_is_announced_and_found_by_its_new_name(published: Any, values: Any) -> None:
    published.do(save_provider, replace(values["provider"], name="Студия «Полёт»"))

    assert published.announced(CHANGED)[-1].data["provider_name"] == "Студия «Полёт»"
    assert len(published.ask(contract.SEARCH_PROGRAMMES, q="полет")["items"]) == 1
    assert published.ask(contract.SEARCH_PROGRAMMES, q="маяк")["items"] == []


def test_a_renamed_region_is_announced_with_a_higher_version(published: Any, values: Any) -> None:
    assert published.do(publish_region, replace(values["region"], contacts="другая почта"))

    events = published.announced(contract.REGION_PUBLISHED.type)
    assert [(event.subject, event.version) for event in events] == [("38", 1), ("38", 2)]


def test_a_lesson_keeps_its_identifier_when_the_plan_is_published_again(published: Any, values: Any) -> None:
    published.do(change_group, "38", values["group"].group_id, starts_on=date(2026, 10, 1))

    before = {lesson["lesson_id"]: lesson["on"] for lesson in published.announced(PUBLISHED)[0].data["lessons"]}
    after = {lesson["lesson_id"]: lesson["on"] for lesson in published.announced(CHANGED)[0].data["lessons"]}
    assert after == {lesson_id: on for lesson_id, on in before.items() if on >= "2026-10-01"}


def test_the_same_group_published_by_eight_at_once_is_announced_once(published: Any, values: Any) -> None:
    group = replace(values["group"], group_id="38000000-0000-4000-8000-0000000000b1")
    barrier = Barrier(8)

    def publish(_number: int) -> bool:
        barrier.wait()
        return bool(published.do(publish_group, group))

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(publish, range(8)))

    assert sorted(outcomes) == [False] * 7 + [True]
    assert len([event for event in published.announced() if event.subject == group.group_id]) == 1


def test_price_and_group_changed_at_once_are_both_announced_in_the_end(published: Any, values: Any) -> None:
    group_id, barrier = values["group"].group_id, Barrier(2)

    def change_price() -> None:
        barrier.wait()
        published.do(save_module, replace(values["module"], price=Amount(700_000, "RUB")))

    def change_capacity() -> None:
        barrier.wait()
        published.do(change_group, "38", group_id, capacity=33)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(change_price), pool.submit(change_capacity)]:
            done.result(timeout=10)

    events = published.announced(CHANGED)
    assert [event.version for event in events] == [2, 3]
    assert events[-1].data["price"]["value"] == "7000.00"
    assert events[-1].data["capacity"] == 33


def test_what_is_missing_or_elsewhere_is_refused(published: Any, values: Any) -> None:
    stranger = Teacher("38", NOBODY, NOBODY, "Никто")
    other_module = replace(values["module"], module_id=NOBODY)
    published.do(save_module, other_module)
    cases: list[tuple[type[Refusal], str, Any, Any]] = [
        (NotFound, "region_not_found", publish_municipality, replace(values["municipality"], region_code="05")),
        (Conflict, "region_time_zone_fixed", publish_region, replace(values["region"], time_zone="Asia/Chita")),
        (
            Conflict,
            "payer_code_taken",
            publish_municipality,
            replace(values["municipality"], municipality_code="25703000"),
        ),
        (NotFound, "municipality_not_found", save_provider, replace(values["provider"], municipality_code="25714000")),
        (NotFound, "provider_not_found", save_teacher, stranger),
        (NotFound, "provider_not_found", save_programme, replace(values["programme"], provider_id=NOBODY)),
        (NotFound, "programme_not_found", save_module, replace(values["module"], programme_id=NOBODY)),
        (NotFound, "module_not_found", publish_group, replace(values["group"], module_id=values["group"].group_id)),
        (Conflict, "group_of_another_module", publish_group, replace(values["group"], module_id=NOBODY)),
        (RuleViolated, "teacher_of_another_provider", publish_group, replace(values["group"], teacher_ids=(NOBODY,))),
    ]
    before = published.announced()
    for kind, code, command, value in cases:
        with pytest.raises(kind) as refusal:
            published.do(command, value)
        assert refusal.value.code == code
    with pytest.raises(NotFound) as refusal:
        published.do(change_group, "38", NOBODY, capacity=1)
    assert refusal.value.code == "group_not_found"
    assert published.announced() == before


def test_teachers_are_shown_in_the_order_given(published: Any, values: Any) -> None:
    second = Teacher("38", "38000000-0000-4000-8000-0000000000a0", values["provider"].provider_id, "Яков Пробный")
    published.do(save_teacher, second)
    group_id = values["group"].group_id

    for teachers in ([values["teacher"], second], [second, values["teacher"]], []):
        published.do(change_group, "38", group_id, teacher_ids=tuple(each.teacher_id for each in teachers))
        shown = published.ask(contract.GET_GROUP, group_id=group_id)["teacher_names"]
        assert shown == [each.display_name for each in teachers]
        assert published.announced(CHANGED)[-1].data["teacher_ids"] == [each.teacher_id for each in teachers]


def test_a_published_module_keeps_its_unit(published: Any, values: Any) -> None:
    hours = Amount(7200, "HOUR")
    with pytest.raises(Conflict) as refusal:
        published.do(save_module, replace(values["module"], price=hours, normative_price=hours))
    assert refusal.value.code == "module_unit_fixed"
    assert published.announced(CHANGED) == []
