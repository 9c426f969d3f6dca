from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from billing import queries
from chassis.context import Actor
from chassis.errors import InvalidInput, NotFound
from contracts.billing import GET_CERTIFICATE_ACCOUNT, LIST_BUDGETS, LIST_OPERATIONS

from .world import Child, Group, World, new_id

Clock = Callable[[datetime], None]
MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)


@pytest.fixture
def attended(world: World) -> tuple[World, Child]:
    """A child that attended three lessons, one of them corrected to an illness."""
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    for week in range(3):
        world.hear(world.marked(group, MONDAY + week * WEEK, {enrollment_id: "present"}))
    world.hear(world.marked(group, MONDAY + WEEK, {enrollment_id: "ill"}, 2))
    return world, child


def test_every_kopeck_of_the_account_is_accounted_for(attended: tuple[World, Child]) -> None:
    world, child = attended
    account = world.account(child)
    assert GET_CERTIFICATE_ACCOUNT.reply is not None
    assert not GET_CERTIFICATE_ACCOUNT.reply().validate(GET_CERTIFICATE_ACCOUNT.reply().dump(account))
    minor = {name: int(each["value"].replace(".", "")) for name, each in account.items() if isinstance(each, dict)}
    assert minor["credited"] + minor["carried_in"] == sum(
        minor[name] for name in ("balance", "held", "spent", "returned", "carried_out")
    )
    assert minor["spent"] == 716105 // 35 + 716105 * 3 // 35 - 716105 * 2 // 35
    assert (minor["balance"], minor["held"]) == world.pocket(child)


def test_operations_come_newest_first_with_the_balance_after_each(attended: tuple[World, Child]) -> None:
    world, child = attended
    page = world.operations(child)
    assert LIST_OPERATIONS.reply is not None
    assert not LIST_OPERATIONS.reply().validate(LIST_OPERATIONS.reply().dump(page))
    assert [each["kind"] for each in page["items"]] == ["reversal", "debit", "debit", "debit", "hold", "credit"]
    assert [each["balance_after"]["value"] for each in page["items"]] == ["2838.95"] * 5 + ["10000.00"]
    assert page["items"][0]["explanation"] == (
        "Возвращено в резерв списание за занятие 12.10.2026 в группе «Робототехника»: отметку исправили, ребёнок болел."
    )
    assert page["next_cursor"] is None


@pytest.mark.parametrize("limit", [1, 2, 4, 6])
def test_pages_of_operations_join_without_gap_or_repeat(attended: tuple[World, Child], limit: int) -> None:
    world, child = attended
    whole = world.operations(child)["items"]
    joined, cursor = [], None
    while True:
        page = world.operations(child, limit, cursor)
        assert len(page["items"]) <= limit
        joined += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert joined == whole


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "9" * 19])
def test_a_made_up_cursor_is_refused(attended: tuple[World, Child], cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        attended[0].operations(attended[1], cursor=cursor)
    assert refused.value.code == "invalid_cursor"


def test_for_anybody_else_there_is_no_such_child(attended: tuple[World, Child]) -> None:
    world, child = attended
    for caller in (Actor(new_id(), "guardian", world.region_code),):
        with world.transactions.reading() as session:
            with pytest.raises(NotFound) as refused:
                queries.get_certificate_account(session, caller, child.child_id)
            assert refused.value.code == "child_not_found"
            request = {"child_id": child.child_id, "limit": 1, "cursor": None}
            with pytest.raises(NotFound) as refused:
                queries.list_operations(session, caller, request)
            assert refused.value.code == "child_not_found"


def test_before_the_certificate_there_is_no_account_and_no_operation(world: World) -> None:
    child = Child()
    world.hear(world.registered(child))
    with pytest.raises(NotFound) as refused:
        world.account(child)
    assert refused.value.code == "certificate_not_issued"
    assert world.operations(child) == {"items": [], "next_cursor": None}


def test_children_of_one_class_do_not_see_each_other_s_money(world: World) -> None:
    world.open_programme()
    group = Group()
    pupils = [world.enrol(group) for _ in range(2)]
    world.hear(world.marked(group, MONDAY, {pupils[0][2]: "present"}))
    assert [world.account(child)["spent"]["value"] for child, _, _ in pupils] == ["204.60", "0.00"]
    assert [len(world.operations(child)["items"]) for child, _, _ in pupils] == [3, 2]


def test_outside_every_period_the_account_is_empty(attended: tuple[World, Child], clock_at: Clock) -> None:
    world, child = attended
    clock_at(datetime(2027, 8, 31, 16, tzinfo=UTC))
    account = world.account(child)
    assert (account["state"], account["period_starts_on"], account["credited"]["value"]) == ("accounting", None, "0.00")
    assert len(world.operations(child)["items"]) == 6


def test_a_municipality_reads_its_budget(attended: tuple[World, Child]) -> None:
    world, _ = attended
    with world.transactions.reading() as session:
        answer = queries.list_budgets(session, world.officer())
    assert LIST_BUDGETS.reply is not None
    assert not LIST_BUDGETS.reply().validate(LIST_BUDGETS.reply().dump(answer))
    (budget,) = answer["items"]
    assert (budget["allocated"]["value"], budget["available"]["value"]) == ("1000000.00", "990000.00")
    assert budget["category"] == "дети 5–17"


@pytest.mark.parametrize("scope", [{}, {"municipality_code": ""}, {"municipality_code": "25703000"}])
def test_another_municipality_sees_none_of_it(attended: tuple[World, Child], scope: dict[str, str]) -> None:
    world, _ = attended
    officer = Actor(new_id(), "municipality", world.region_code, scope=scope)
    with world.transactions.reading() as session:
        assert queries.list_budgets(session, officer) == {"items": []}
