"""Who comes at the same moment is served as if they had come one after the other: no kopeck twice.

Every process is doubled. A prober looks at the money every 200 ms during all of it; after each race all sums are
compared, and no request may have taken longer than ten seconds.
"""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from families import Door, Family, Person
from races import (
    CROWD,
    DAILY,
    account,
    admits,
    at_once,
    await_contracts,
    count,
    each_round,
    emitted,
    enrolled,
    kopecks,
    made,
    municipality,
    new_child,
    offer,
    one_was_served,
    own_groups,
    repeated,
    resize,
    seats,
    send,
    side_by_side,
    told,
)
from storm import today
from town import Town

from chassis.testing import wait_for

pytestmark = pytest.mark.usefixtures("adding_up")
BRATSK = "25714000"
WIDE, GENERATED = 1000, 120


@repeated(3, 20)
def test_a_child_in_two_groups_at_once_has_one_certificate_and_is_credited_once(
    town: Town, family: Family, provider: Person, rounds: int
) -> None:
    others = [each["group_id"] for each in own_groups(provider) if kopecks(each["price"]) and each["group_id"] != DAILY]
    resize(town, provider, others[0], WIDE)
    paid = (DAILY, others[0])
    for _ in each_round(town, rounds):
        child_id = new_child(family)
        offers = [offer(family, child_id, group_id) for group_id in paid]
        answers = at_once([partial(made, family, "POST", "/applications", each) for each in offers])
        assert [answer["status"] for answer in answers] == ["enrolled", "enrolled"]
        states = await_contracts(town, [each["application_id"] for each in answers], "active", "awaiting_acceptance")
        assert "active" in states
        assert count(town, "certificates", "certificate", child_id) == 1
        page = account(family, child_id)
        assert page["credited"] == page["nominal"]
        assert count(town, "billing", "credit JOIN certificate USING (region_code, certificate_id)", child_id) == 1


@repeated(1, 5)
def test_twenty_enrolments_at_once_never_take_more_than_the_certificate_has(
    town: Town, family: Family, rounds: int
) -> None:
    groups = twenty_groups(town, family)
    for _ in each_round(town, rounds):
        child_id = new_child(family)
        offers = side_by_side([partial(offer, family, child_id, group_id) for group_id in groups])
        answers = at_once([partial(made, family, "POST", "/applications", each) for each in offers])
        assert Counter(answer["status"] for answer in answers) == {"enrolled": len(groups)}
        ids = [answer["application_id"] for answer in answers]
        states = await_contracts(town, ids, "active", "awaiting_acceptance", "refused")
        assert "active" in states
        page = account(family, child_id)
        balance, held, credited = (kopecks(page[name]) for name in ("balance", "held", "credited"))
        assert balance >= 0
        assert (balance + held, credited) == (credited, kopecks(page["nominal"]))
        assert count(town, "certificates", "certificate", child_id) == 1


def twenty_groups(town: Town, family: Family) -> list[str]:
    """Groups of twenty programmes that admit a child of ten at once, for roubles."""
    town.suite.run("catalog", "sample", "--programmes", str(GENERATED))
    found: dict[str, str] = {}
    wanted, cursor = {"region_code": "38", "age": 10, "with_places": True, "limit": 100}, None
    while len(found) < 20:
        page = family.ask("GET", "/programmes", params={**wanted, **({"cursor": cursor} if cursor else {})})
        for programme in page["items"]:
            groups = family.ask("GET", f"/programmes/{programme['programme_id']}")["groups"]
            found |= {each["module_id"]: each["group_id"] for each in groups if costs(each) and admits(each)}
        cursor = page["next_cursor"]
        assert cursor or len(found) >= 20, f"the sample has {len(found)} such groups only"
    return list(found.values())[:20]


@repeated(2, 10)
def test_of_two_at_once_one_gets_the_last_of_the_budget_and_the_other_is_first_in_the_queue(
    town: Town, crowd: list[Family], rounds: int
) -> None:
    bratsk = municipality(town, BRATSK)
    for number in each_round(town, rounds):
        pair = crowd[2 * number % CROWD : 2 * number % CROWD + 2]
        one_slot_left(bratsk)
        offers = [offer(each, new_child(each, BRATSK), DAILY) for each in pair]
        answers = at_once(
            [partial(made, each, "POST", "/applications", body) for each, body in zip(pair, offers, strict=True)]
        )
        ids = [answer["application_id"] for answer in answers]
        states = await_contracts(town, ids, "active", "awaiting_funds")
        assert sorted(states) == ["active", "awaiting_funds"]
        pages = [account(each, answer["child_id"]) for each, answer in zip(pair, answers, strict=True)]
        assert sorted((page["state"], page["queue_position"]) for page in pages) == [("funded", None), ("queued", 1)]
        allocate(bratsk, budget(bratsk)["nominal"])
        assert await_contracts(town, ids, "active") == ["active", "active"]


def budget(official: Person) -> dict[str, Any]:
    (only,) = official.ask("GET", "/municipality/budgets")["items"]
    return dict(only)


def allocate(official: Person, amount: dict[str, str]) -> None:
    body = {
        "funding_programme_id": budget(official)["funding_programme_id"],
        "amount": amount,
        "basis": "Вымышленное постановление",
    }
    made(official, "POST", "/municipality/budgets", body)


def one_slot_left(official: Person) -> None:
    """Nobody waits, and there is money for exactly one certificate."""
    now = budget(official)
    assert now["certificates_queued"] == 0, now
    if now["available"]["value"] == "0.00":
        allocate(official, now["nominal"])
    assert budget(official)["available"] == now["nominal"]


@repeated(3, 20)
def test_two_withdrawals_at_once_return_seat_and_money_once(
    town: Town, family: Family, provider: Person, rounds: int
) -> None:
    for _ in each_round(town, rounds):
        before = seats(town, DAILY).taken
        application = enrolled(town, family)
        application_id, child_id = application["application_id"], application["child_id"]
        paths = f"/applications/{application_id}/withdrawal", f"/provider/applications/{application_id}/withdrawal"
        answers = at_once(
            [
                partial(send, family, "POST", paths[0], {"reason": "moved_away"}),
                partial(send, provider, "POST", paths[1], {"reason": "no_attendance"}),
            ]
        )
        one_was_served(answers, "withdrawn")
        assert seats(town, DAILY).taken == before
        assert emitted(town, "withdrawn", application_id) == 1
        released = partial(released_once, town, family, child_id)
        wait_for(released, 30, "the hold's return, but for a lesson that may still be marked")


def released_once(town: Town, family: Family, child_id: str) -> bool:
    """Whether the money is back, except for the lessons up to the last day, and nothing came back twice."""
    page = account(family, child_id)
    balance, held, credited = (kopecks(page[name]) for name in ("balance", "held", "credited"))
    assert balance + held == credited
    return held < credited // 100


@repeated(2, 10)
def test_of_two_who_fill_the_same_page_at_once_one_is_told_that_it_is_stale_and_money_follows_the_other(
    town: Town, door: Door, family: Family, provider: Person, rounds: int
) -> None:
    teacher = town.staff(door, "teacher")
    application = enrolled(town, family)
    lessons = teacher.ask("GET", f"/provider/groups/{DAILY}/lessons", params={"on": today("38")})["items"]
    path = f"/provider/lessons/{lessons[0]['lesson_id']}"
    sheet = {mark: marks(application["application_id"], mark) for mark in ("present", "ill", "excused")}
    for _ in each_round(town, rounds):
        version = made(teacher, "PUT", f"{path}/attendance", sheet["excused"])["page_version"]
        fill = {"If-Match": f'"{version}"'}
        answers = at_once(
            [
                partial(send, teacher, "PUT", f"{path}/attendance", sheet["present"], **fill),
                partial(send, provider, "PUT", f"{path}/attendance", sheet["ill"], **fill),
            ]
        )
        assert sorted(told(answer) for answer in answers) == [(200, ""), (412, "stale_page")]
        mark = "present" if answers[0].ok else "ill"
        paid = partial(paid_as_marked, family, application["child_id"], mark)
        wait_for(paid, 30, f"money that follows the mark “{mark}”", every=0.3)
        assert teacher.ask("GET", path)["page_version"] == version + 1


def marks(enrollment_id: str, mark: str) -> dict[str, Any]:
    return {"marks": [{"enrollment_id": enrollment_id, "mark": mark}], "reason": "Исправление ошибки"}


def paid_as_marked(family: Family, child_id: str, mark: str) -> bool:
    return (kopecks(account(family, child_id)["spent"]) > 0) == (mark == "present")


def costs(group: dict[str, Any]) -> bool:
    """Whether there is something to pay, and a place left."""
    return kopecks(group["price"]) > 0 and group["places_free"] > 5
