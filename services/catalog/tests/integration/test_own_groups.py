"""What a provider sees and changes of its groups."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest

from catalog.commands.groups import change_group, publish_group
from catalog.commands.programmes import save_module, save_programme
from chassis.context import Actor
from chassis.errors import Conflict, NotFound, Refusal, RuleViolated
from chassis.outbox import Received
from chassis.values import Amount
from contracts import catalog as contract

PUBLISHED, CHANGED = contract.GROUP_PUBLISHED.type, contract.GROUP_CHANGED.type
SECOND = "38000000-0000-4000-8000-0000000000a6"
NOBODY = "38000000-0000-4000-8000-0000000000ff"


def staff(provider_id: str, region_code: str = "38") -> Actor:
    return Actor("38000000-0000-4000-8000-0000000000d1", "provider", region_code, scope={"provider_id": provider_id})


@pytest.fixture
def owner(values: Any) -> Actor:
    return staff(values["provider"].provider_id)


@pytest.fixture
def draft(published: Any, values: Any) -> str:
    published.do(publish_group, replace(values["group"], group_id=SECOND, state="draft"))
    return SECOND


def change(catalogue: Any, caller: Actor, group_id: str, **fields: Any) -> dict[str, Any]:
    return dict(catalogue.ask_as(caller, contract.CHANGE_GROUP, group_id=group_id, **fields))


def test_a_draft_is_seen_by_its_provider_alone_until_it_is_published(
    published: Any, values: Any, owner: Actor, draft: str
) -> None:
    programme_id = values["programme"].programme_id
    assert [event.subject for event in published.announced(PUBLISHED)] == [values["group"].group_id]
    for method in (contract.GET_GROUP, contract.GET_GROUP_TERMS):
        with pytest.raises(NotFound) as refusal:
            published.ask(method, group_id=draft)
        assert refusal.value.code == "group_not_found"
    assert len(published.ask(contract.GET_PROGRAMME, programme_id=programme_id)["groups"]) == 1
    own = published.ask_as(owner, contract.LIST_OWN_GROUPS)["items"]
    assert {(group["group_id"], group["state"]) for group in own} == {
        (draft, "draft"),
        (values["group"].group_id, "published"),
    }

    assert change(published, owner, draft, capacity=5)["state"] == "draft"
    assert len(published.announced()) == 3
    assert change(published, owner, draft, state="published")["state"] == "published"

    event = published.announced(PUBLISHED)[-1]
    assert (event.subject, event.version, event.data["capacity"]) == (draft, 1, 5)
    assert published.ask(contract.GET_GROUP, group_id=draft)["state"] == "published"
    assert len(published.ask(contract.GET_PROGRAMME, programme_id=programme_id)["groups"]) == 2


def test_what_was_announced_cannot_become_a_draft_again(published: Any, values: Any) -> None:
    with pytest.raises(Conflict) as refusal:
        published.do(publish_group, replace(values["group"], state="draft"))
    assert refusal.value.code == "group_announced"


def test_groups_of_a_draft_programme_wait_for_it(published: Any, values: Any, owner: Actor) -> None:
    programme = replace(values["programme"], programme_id="38000000-0000-4000-8000-0000000000b3", state="draft")
    module = replace(values["module"], programme_id=programme.programme_id, module_id=NOBODY)
    published.do(save_programme, programme)
    published.do(save_module, module)

    assert not published.do(publish_group, replace(values["group"], group_id=SECOND, module_id=NOBODY))
    with pytest.raises(NotFound):
        published.ask(contract.GET_GROUP, group_id=SECOND)

    published.do(save_programme, replace(programme, state="published"))
    assert published.announced(PUBLISHED)[-1].subject == SECOND
    assert published.ask(contract.GET_GROUP, group_id=SECOND)["state"] == "published"


def test_the_terms_say_when_enrolment_opens(published: Any, values: Any) -> None:
    terms = published.ask(contract.GET_GROUP_TERMS, group_id=values["group"].group_id)

    assert terms["opens_at"] == values["group"].opens_at.isoformat()


def test_a_new_price_is_the_groups_own_and_makes_new_terms_of_it_alone(
    published: Any, values: Any, owner: Actor
) -> None:
    published.do(publish_group, replace(values["group"], group_id=SECOND))
    price = {"value": "0.00", "unit": "RUB"}

    answer = change(published, owner, SECOND, price=price)

    (event,) = published.announced(CHANGED)
    assert (event.subject, event.data["price"], event.data["terms_version"]) == (SECOND, price, 2)
    assert (answer["price"], answer["terms_version"]) == (price, 2)
    other = published.ask(contract.GET_GROUP_TERMS, group_id=values["group"].group_id)
    assert (other["price"]["value"], other["terms_version"]) == ("9000.00", 1)
    assert published.ask(contract.SEARCH_PROGRAMMES)["items"][0]["price_from"] == price
    published.do(save_module, replace(values["module"], price=Amount(100, "RUB")))
    assert published.ask(contract.GET_GROUP, group_id=SECOND)["price"] == price


def test_capacity_closing_and_state_are_changed_and_announced_once(published: Any, values: Any, owner: Actor) -> None:
    group_id = values["group"].group_id
    changes = {"capacity": 20, "closes_at": "2027-03-01T00:00:00+08:00", "state": "closed"}

    answer = change(published, owner, group_id, **changes)
    again = change(published, owner, group_id, **changes)

    (event,) = published.announced(CHANGED)
    assert (event.version, event.data["capacity"], event.data["state"]) == (2, 20, "closed")
    assert event.data["closes_at"] == "2027-02-28T16:00:00+00:00"
    assert event.data["terms_version"] == answer["terms_version"] == 1
    assert again == answer
    assert published.ask(contract.SEARCH_PROGRAMMES)["items"] == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"price": {"value": "-0.01", "unit": "RUB"}}, "price_negative"),
        ({"price": {"value": "1.00", "unit": "HOUR"}}, "price_units_differ"),
        ({"closes_at": "2026-08-01T00:00:00Z"}, "enrolment_dates_wrong"),
        ({"closes_at": "2027-06-01T00:00:00Z"}, "enrolment_dates_wrong"),
        ({"closes_at": "0001-01-01T00:00:00+14:00"}, "enrolment_dates_wrong"),
        ({"closes_at": "9999-12-31T23:59:59-12:00"}, "enrolment_dates_wrong"),
    ],
)
def test_a_change_against_the_rules_is_refused_and_changes_nothing(
    published: Any, values: Any, owner: Actor, fields: dict[str, Any], code: str
) -> None:
    before = published.announced()
    with pytest.raises(RuleViolated) as refusal:
        change(published, owner, values["group"].group_id, **fields)

    assert refusal.value.code == code
    assert published.announced() == before


def test_another_providers_group_does_not_exist_for_me(published: Any, values: Any, owner: Actor) -> None:
    strangers = (staff(NOBODY), staff(values["provider"].provider_id, "05"))
    cases = [(each, values["group"].group_id) for each in strangers] + [(owner, NOBODY)]
    for caller, group_id in cases:
        with pytest.raises(Refusal) as refusal:
            change(published, caller, group_id, capacity=1)
        assert (type(refusal.value), refusal.value.code) == (NotFound, "group_not_found")
    for caller in strangers:
        assert published.ask_as(caller, contract.LIST_OWN_GROUPS)["items"] == []
    assert published.ask(contract.GET_GROUP, group_id=values["group"].group_id)["capacity"] == 12


def test_own_groups_come_by_title_page_by_page_without_gaps(sampled: Any) -> None:
    caller = staff("38000000-0000-4000-8000-000000000001")
    whole = sampled.ask_as(caller, contract.LIST_OWN_GROUPS, limit=100)["items"]
    found, cursor = [], None
    while cursor is not None or not found:
        page = sampled.ask_as(caller, contract.LIST_OWN_GROUPS, limit=2, cursor=cursor)
        found += page["items"]
        cursor = page["next_cursor"]

    assert found == whole
    assert [group["title"] for group in whole] == sorted(group["title"] for group in whole)
    assert {group["provider_id"] for group in whole} == {"38000000-0000-4000-8000-000000000001"}
    assert {group["state"] for group in whole} == {"draft", "published", "closed"}


def test_two_groups_changed_at_once_are_both_counted_in_what_is_free(published: Any, values: Any) -> None:
    published.do(publish_group, replace(values["group"], group_id=SECOND))
    barrier = Barrier(2)

    def set_capacity(group_id: str) -> None:
        barrier.wait()
        published.do(change_group, "38", group_id, capacity=30)

    for _ in range(5):
        for group_id in (values["group"].group_id, SECOND):
            published.do(change_group, "38", group_id, capacity=1)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(set_capacity, (values["group"].group_id, SECOND)))
        assert published.ask(contract.SEARCH_PROGRAMMES)["items"][0]["places_free"] == 60


def test_a_closing_time_in_any_offset_is_kept_as_the_instant(published: Any, values: Any, owner: Actor) -> None:
    answer = change(published, owner, values["group"].group_id, closes_at="2027-05-31T23:59:59.999999+08:00")

    assert datetime.fromisoformat(answer["closes_at"]) == datetime(2027, 5, 31, 15, 59, 59, 999999, tzinfo=UTC)


WEDNESDAY, NEXT, SUNDAY = "2026-10-07", "2026-10-14", "2026-10-11"
EXTRA = {"on": SUNDAY, "starts_at": "11:00", "ends_at": "12:30"}


def planned_on(event: Received) -> list[str]:
    return [lesson["on"] for lesson in event.data["lessons"]]


def test_a_provider_skips_days_and_adds_lessons_and_takes_it_back(published: Any, values: Any, owner: Actor) -> None:
    (before,) = published.announced(PUBLISHED)
    group_id = before.subject

    shown = change(published, owner, group_id, skipped_on=[NEXT, WEDNESDAY, NEXT], extra_lessons=[EXTRA])
    assert (shown["skipped_on"], shown["extra_lessons"]) == ([WEDNESDAY, NEXT], [EXTRA])
    assert published.ask_as(owner, contract.LIST_OWN_GROUPS)["items"] == [shown]
    (event,) = published.announced(CHANGED)
    assert planned_on(event) == sorted({*planned_on(before), SUNDAY} - {WEDNESDAY, NEXT})
    (lesson,) = (each for each in event.data["lessons"] if each["on"] == SUNDAY)
    assert (lesson["starts_at"], lesson["ends_at"]) == ("2026-10-11T03:00:00+00:00", "2026-10-11T04:30:00+00:00")
    assert event.data["terms_version"] == shown["terms_version"] == 2

    assert change(published, owner, group_id, capacity=13)["skipped_on"] == [WEDNESDAY, NEXT]
    shown = change(published, owner, group_id, skipped_on=[], extra_lessons=[])
    assert (shown["skipped_on"], shown["extra_lessons"]) == ([], [])
    assert published.announced(CHANGED)[-1].data["lessons"] == before.data["lessons"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"skipped_on": ["2027-06-01"]}, "exception_outside_dates"),
        ({"extra_lessons": [{**EXTRA, "on": "2026-08-31"}]}, "exception_outside_dates"),
        ({"extra_lessons": [{**EXTRA, "ends_at": "11:00"}]}, "timetable_times_reversed"),
        ({"extra_lessons": [EXTRA, {**EXTRA, "starts_at": "12:29"}]}, "timetable_overlaps"),
        (
            {"extra_lessons": [{**EXTRA, "on": WEDNESDAY, "starts_at": "16:59", "ends_at": "18:00"}]},
            "timetable_overlaps",
        ),
    ],
)
def test_an_exception_that_does_not_fit_the_timetable_is_refused_whole(
    published: Any, values: Any, owner: Actor, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolated) as refusal:
        change(published, owner, values["group"].group_id, **changes, capacity=1)
    assert refusal.value.code == code
    assert published.announced(CHANGED) == []


def test_a_timetable_is_not_skipped_away(published: Any, values: Any, owner: Actor) -> None:
    (before,) = published.announced(PUBLISHED)
    with pytest.raises(RuleViolated) as refusal:
        change(published, owner, values["group"].group_id, skipped_on=planned_on(before))
    assert refusal.value.code == "group_without_lessons"


def test_another_provider_changes_no_exceptions(published: Any, values: Any) -> None:
    with pytest.raises(NotFound) as refusal:
        change(published, staff(NOBODY), values["group"].group_id, skipped_on=[WEDNESDAY])
    assert refusal.value.code == "group_not_found"
