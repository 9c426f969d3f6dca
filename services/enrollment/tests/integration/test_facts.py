"""What the neighbours say, in any order and more than once."""

from datetime import timedelta
from itertools import permutations

import pytest

from chassis.errors import NotFound
from contracts import billing, catalog

KEPT = {
    "group_seats": "SELECT capacity, taken, waiting FROM group_seats WHERE group_id = :group",
    "terms": "SELECT version, body->>'title' FROM fact WHERE kind = 'group' AND fact_id = CAST(:group AS text)",
    "lesson": "SELECT lesson_id::text, number, lesson_on FROM lesson WHERE group_id = :group ORDER BY number",
    "contract": "SELECT state, version, certificate_share_minor FROM contract WHERE contract_id = :contract",
    "family": "SELECT guardian_id::text FROM child_guardian WHERE child_id = :child ORDER BY 1",
}


def kept(region, **ids):
    return {name: [tuple(row) for row in region.sql(statement, **ids)] for name, statement in KEPT.items()}


def pages(region, group):
    rows = region.sql("SELECT lesson_id::text, lesson_on FROM lesson WHERE group_id = :group", group=group["group_id"])
    return dict(tuple(row) for row in rows)


def a_history(region):
    """Three versions of a group, two of a child, two of a contract; what must be kept of them."""
    family = region.family()
    published = region.group_event(capacity=5)
    group = published.data
    moved = [
        group["lessons"][0],
        *(region.lesson(x["number"], x["on"] + timedelta(days=1), x["lesson_id"]) for x in group["lessons"][1:5]),
    ]
    changed = region.group_event(version=2, **(group | {"capacity": 9, "title": "Вторая", "lessons": moved}))
    again = region.group_event(version=3, **(group | {"capacity": 7, "title": "Третья", "lessons": moved[:4]}))
    contract_id, enrollment_id = region.new_id(), region.new_id()
    waits = region.contract_event(billing.CONTRACT_AWAITING_FUNDS, enrollment_id, contract_id, 1, "0.00")
    active = region.contract_event(billing.CONTRACT_ACTIVATED, enrollment_id, contract_id, 2, "3510.50")
    second = region.new_id()
    joined = region.child_event(family.child_id, [family.guardian.subject, second], version=2)
    ids = {"group": group["group_id"], "contract": contract_id, "child": family.child_id}
    expected = {
        "group_seats": [(7, 0, 0)],
        "terms": [(3, "Третья")],
        "contract": [("active", 2, 351050)],
        "family": sorted([(family.guardian.subject,), (second,)]),
    }
    return [published, changed, again, waits, active, joined], ids, expected, moved[:4]


def test_facts_in_any_order_and_twice_end_in_the_same_place(region):
    for order in list(permutations(range(6)))[::17]:
        events, ids, expected, plan = a_history(region)
        for index in order:
            region.hear(events[index], events[index])
        expected["lesson"] = [(each["lesson_id"], each["number"], each["on"]) for each in plan]
        assert kept(region, **ids) == expected, order


def test_a_capacity_that_did_not_change_is_not_announced(region):
    group = region.group(capacity=4)
    region.change(group, title="Другое имя")
    assert region.events() == []
    region.change(group, version=3, capacity=6)
    assert [event.data["capacity"] for event in region.events("seats.changed.v1")] == [6]


def test_a_plan_published_again_moves_what_is_ahead_and_leaves_what_was_held_or_marked(region):
    today = region.local_today()
    past, now, ahead, gone = (
        region.lesson(number, today + timedelta(days=days)) for number, days in enumerate((-7, 0, 7, 14), 1)
    )
    group = region.group(lessons=[past, now, ahead, gone], opens_at=region.now() - timedelta(days=40))
    answer = region.apply(region.family(), group)
    body = {"lesson_id": now["lesson_id"], "marks": [{"enrollment_id": answer["application_id"], "mark": "present"}]}
    region.ask(region.teacher(group), "record_attendance", body)

    later = [region.lesson(x["number"], x["on"] + timedelta(days=2), x["lesson_id"]) for x in (past, now, ahead)]
    added = region.lesson(5, today + timedelta(days=30))
    region.change(group, lessons=[*later, added])

    assert pages(region, group) == {
        past["lesson_id"]: past["on"],
        now["lesson_id"]: now["on"],
        ahead["lesson_id"]: ahead["on"] + timedelta(days=2),
        added["lesson_id"]: added["on"],
    }


def test_a_marked_lesson_stays_when_it_left_the_plan(region):
    group = region.group()
    answer = region.apply(region.family(), group)
    lesson = group["lessons"][0]
    body = {"lesson_id": lesson["lesson_id"], "marks": [{"enrollment_id": answer["application_id"], "mark": "ill"}]}
    region.ask(region.teacher(group), "record_attendance", body)
    region.change(group, lessons=[])
    assert pages(region, group) == {lesson["lesson_id"]: lesson["on"]}


def test_a_guardian_who_is_no_longer_one_sees_nothing_any_more(region):
    family, group = region.family(), region.group()
    answer = region.apply(family, group)
    region.hear(region.child_event(family.child_id, [region.new_id()], version=2))
    with pytest.raises(NotFound, match="application_not_found"):
        region.ask(family.guardian, "get_application", {"application_id": answer["application_id"]})
    with pytest.raises(NotFound, match="child_not_found"):
        region.apply(family, region.group())


def test_a_group_of_another_region_is_not_found(region):
    family = region.family()
    elsewhere = region.group_event(event=catalog.GROUP_PUBLISHED)
    region.hear(type(elsewhere)(**{**vars(elsewhere), "region_code": "05"}))
    with pytest.raises(NotFound, match="group_not_found"):
        region.apply(family, elsewhere.data)
