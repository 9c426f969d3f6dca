"""Families that apply at the same moment are decided together, each as if it had come alone."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import event

from chassis.batches import Alone
from chassis.errors import Conflict, NotFound, RuleViolated

CROWD = 50


@pytest.fixture
def statements(region):
    """How many statements the database was asked in the block that follows a `clear()`."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(region.transactions.engine, "before_cursor_execute", note)
    yield asked
    event.remove(region.transactions.engine, "before_cursor_execute", note)


def call(region, family, group, key=None, **changes):
    """What one family sends."""
    body = {"child_id": family.child_id, "group_id": group["group_id"], "offer_id": region.offer(family, group)}
    return family.guardian, body | changes, key


def told(outcome):
    """The status, or the code of the refusal."""
    return outcome.code if isinstance(outcome, Exception) else outcome["status"]


def test_of_fifty_for_the_last_place_the_first_holds_it_and_the_others_wait_in_the_order_in_which_they_came(region):
    group = region.group(capacity=1)
    calls = [call(region, region.family(), group) for _ in range(CROWD)]
    outcomes = region.ask_together(*calls)
    assert [told(outcome) for outcome in outcomes] == ["enrolled"] + ["waitlisted"] * (CROWD - 1)
    assert [outcome["position"] for outcome in outcomes] == [None, *range(1, CROWD)]
    assert region.seats(group) == (1, 1, CROWD - 1)
    rows = region.sql(
        "SELECT CAST(application_id AS text) FROM application WHERE group_id = :group ORDER BY arrival",
        group=group["group_id"],
    )
    assert [row[0] for row in rows] == [outcome["application_id"] for outcome in outcomes]
    waiting = region.events("application.waitlisted.v1")
    assert [each.data["position"] for each in waiting] == list(range(1, CROWD))
    assert [each.subject for each in waiting] == [outcome["application_id"] for outcome in outcomes[1:]]


def test_a_group_is_told_of_once_with_what_it_is_after_all_of_them(region):
    group = region.group(capacity=3)
    region.ask_together(*(call(region, region.family(), group) for _ in range(5)))
    told_of = [each.data for each in region.events("seats.changed.v1") if each.subject == group["group_id"]]
    assert [(each["taken"], each["waiting"]) for each in told_of] == [(3, 2)]
    assert region.events()[-1].type.split(".")[-2] == "changed"


def test_each_sees_of_its_application_what_it_would_read_afterwards(region):
    groups = [region.group(capacity=1), region.group(admission="review"), region.group(capacity=0)]
    families = [region.family() for _ in groups]
    outcomes = region.ask_together(*(call(region, *each) for each in zip(families, groups, strict=True)))
    assert [told(outcome) for outcome in outcomes] == ["enrolled", "submitted", "waitlisted"]
    for family, outcome in zip(families, outcomes, strict=True):
        body = {"application_id": outcome["application_id"]}
        assert region.ask(family.guardian, "get_application", body) == outcome


def test_one_child_gets_both_groups_of_two_modules_and_one_of_two_groups_of_the_same_module(region):
    family, first, other = region.family(), region.group(), region.group()
    same = region.group(module_id=first["module_id"])
    outcomes = region.ask_together(*(call(region, family, group) for group in (first, same, other)))
    assert [told(outcome) for outcome in outcomes] == ["enrolled", "already_enrolled", "enrolled"]
    assert isinstance(outcomes[1], Conflict)
    assert (region.seats(first), region.seats(same), region.seats(other)) == ((10, 1, 0), (10, 0, 0), (10, 1, 0))
    assert [clash["group_id"] for clash in outcomes[2]["clashes"]] == [first["group_id"]]


def test_one_offer_is_accepted_once_in_a_batch(region):
    family, group, other = region.family(), region.group(), region.group()
    offer_id = region.offer(family, group)
    twice = [call(region, family, group, offer_id=offer_id) for _ in range(2)]
    outcomes = region.ask_together(*twice, call(region, family, other, offer_id=offer_id))
    assert [told(outcome) for outcome in outcomes] == ["enrolled", "already_enrolled", "offer_of_another_group"]
    assert region.seats(group) == (10, 1, 0)


def test_each_refusal_of_a_batch_is_its_own_and_leaves_the_others_and_the_count_alone(region):
    group, closed = region.group(capacity=2), region.group(state="closed")
    stranger, young = region.family(), region.family(born_on=region.local_today())
    good = [region.family() for _ in range(4)]
    outcomes = region.ask_together(
        call(region, good[0], group),
        call(region, replace(stranger, child_id=good[1].child_id), group),
        call(region, young, group),
        call(region, good[1], closed),
        call(region, good[3], group, group_id=region.new_id()),
        call(region, good[3], group, offer_id=region.new_id()),
        call(region, good[1], group),
        call(region, good[2], group),
    )
    assert [told(outcome) for outcome in outcomes] == [
        "enrolled",
        "child_not_found",
        "age_not_fit",
        "group_closed",
        "group_not_found",
        "offer_not_found",
        "enrolled",
        "waitlisted",
    ]
    assert isinstance(outcomes[1], NotFound)
    assert isinstance(outcomes[2], RuleViolated)
    assert outcomes[-1]["position"] == 1
    assert region.seats(group) == (2, 2, 1)


def test_families_of_two_regions_are_decided_in_one_batch_and_neither_reaches_into_the_other(region):
    there = replace(region, region_code="05", said=[])
    group, group_there = region.group(), there.group()
    family, family_there = region.family(), there.family()
    outcomes = region.ask_together(
        call(region, family, group),
        call(there, family_there, group_there),
        call(there, family_there, group_there, group_id=group["group_id"]),
        call(region, family, group, child_id=family_there.child_id),
    )
    assert [told(each) for each in outcomes] == ["enrolled", "enrolled", "group_not_found", "child_not_found"]
    assert [each.region_code for each in region.events("enrolled.v1")] == ["38", "05"]


def test_who_repeats_in_a_batch_gets_the_first_answer_and_equal_keys_have_one_effect(region):
    family, group, key = region.family(), region.group(), region.new_id()
    mine = call(region, family, group, key)
    first = region.ask_together(mine, mine, call(region, region.family(), group))
    assert [told(outcome) for outcome in first] == ["enrolled", "operation_in_flight", "enrolled"]
    again = region.ask_together(call(region, region.family(), group), mine)
    assert again[1] == first[0]
    assert region.seats(group) == (10, 3, 0)


def test_a_child_that_is_not_known_yet_is_asked_for_and_the_others_do_not_wait_in_vain(region):
    group, unheard = region.group(), region.unheard_family()
    outcomes = region.ask_together(
        call(region, unheard, group),
        call(region, region.family(), group),
    )
    assert [told(outcome) for outcome in outcomes] == ["enrolled", "enrolled"]


def test_drafts_go_first_and_a_batch_may_hold_new_drafts(region):
    soon = region.group(capacity=1, opens_at=region.later(seconds=60))
    region.later(seconds=-60)
    saved = region.ask_together(*(call(region, region.family(), soon, draft=True) for _ in range(2)))
    assert [(told(each), each["sends_at"]) for each in saved] == [("draft", soon["opens_at"].isoformat())] * 2
    region.later(seconds=61)
    late = region.ask_together(*(call(region, region.family(), soon) for _ in range(2)))
    assert [each["position"] for each in late] == [2, 3]
    assert region.seats(soon) == (1, 1, 3)


def test_drafts_of_one_group_and_unheard_children_hold_up_nobody_else_of_the_batch(region):
    soon, open_now = region.group(capacity=1, opens_at=region.later(seconds=60)), region.group()
    region.later(seconds=-60)
    region.ask_together(call(region, region.family(), soon, draft=True))
    region.later(seconds=61)
    outcomes = region.decide_together(
        call(region, region.family(), soon),
        call(region, region.family(), open_now),
        call(region, region.unheard_family(), open_now),
    )
    assert [type(each) for each in outcomes] == [Alone, dict, Alone]
    assert (region.seats(soon), region.seats(open_now)[1]) == ((1, 0, 0), 1)


def test_a_batch_asks_the_database_hardly_more_than_a_lone_family(region, statements):
    groups = [region.group(capacity=2) for _ in range(8)]

    def asked(count):
        calls = [call(region, region.family(), groups[number % len(groups)]) for number in range(count)]
        statements.clear()
        region.ask_together(*calls)
        return len(statements)

    assert asked(40) <= asked(1) + 2


def test_two_processes_decide_batches_for_the_same_groups_and_children_without_harm(region):
    groups = [region.group(capacity=4) for _ in range(6)]
    families = [region.family() for _ in range(20)]
    there = Barrier(2)

    def decide(turn):
        calls = [call(region, family, groups[(number + turn) % 6]) for number, family in enumerate(families)]
        calls += [call(region, family, groups[number % 6]) for number, family in enumerate(families)]
        there.wait()
        return region.ask_together(*(calls if turn else reversed(calls)))

    with ThreadPoolExecutor(2) as pool:
        outcomes = [outcome for batch in pool.map(decide, range(2)) for outcome in batch]
    found = Counter(map(told, outcomes))
    assert (found["already_enrolled"], found["enrolled"] + found["waitlisted"]) == (40, 40)
    assert [region.seats(group)[:2] for group in groups] == [(4, 4)] * 6
