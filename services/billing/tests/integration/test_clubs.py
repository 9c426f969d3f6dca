"""How many clubs a certificate pays for at once: what is offered, what opens, and what waits until another ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from billing import commands, queries
from billing.domain.policy import Policy
from billing.domain.words import NO_BREAK
from billing.verification import verify
from chassis import clock
from chassis.errors import Refusal, RuleViolated
from contracts.billing import CONTRACT_ACTIVATED, CONTRACT_AWAITING_ACCEPTANCE, MONTH_DEBITED

from .changes import accept, certificate_is, deadlines, ended
from .test_periods import set_rules
from .world import POLICY, Child, Group, World, rub

Clock = Callable[[datetime], None]
MONDAY = date(2026, 10, 5)
DAY = timedelta(days=1)
FORBIDDEN = Policy(**{**POLICY.__dict__, "copayment_allowed": False})


def club(**changes: Any) -> Group:
    """A group that the nominal pays for twice over, and more."""
    return Group(**{"price": 300000, "normative": 300000, **changes})


@pytest.fixture
def child(world: World) -> Child:
    child = Child()
    world.hear(world.registered(child))
    return child


def plain(offer: dict[str, Any]) -> str:
    return str(offer["terms"]).replace(NO_BREAK, " ")


def shares(offer: dict[str, Any]) -> tuple[str, str]:
    return offer["certificate_share"]["value"], offer["parent_share"]["value"]


def two_at_once(world: World, child: Child, *groups: Group) -> list[str]:
    """Enrolments in the groups, a second after each other, all of whose offers were accepted before one opened."""
    offers = [world.offer(child, group)["offer_id"] for group in groups]
    enrolled = [
        world.enrolled(child, group, offer_id, enrolled_at=clock.now() + timedelta(seconds=number))
        for number, (group, offer_id) in enumerate(zip(groups, offers, strict=True))
    ]
    world.hear(world.issued(child), *enrolled)
    return [each.subject for each in enrolled]


def state(world: World, enrollment_id: str) -> tuple[str, str | None, int]:
    contract = world.contract(enrollment_id)
    return contract.state, contract.reason, contract.certificate_share_minor


def verified(world: World) -> bool:
    with world.transactions.reading() as session:
        return verify(session) == []


def test_beyond_the_limit_an_offer_says_that_the_family_pays_and_why(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=2)
    for _ in range(2):
        world.enrol(club(), child)
    third = world.offer(child, club())
    assert shares(third) == ("0.00", "2685.40")
    assert third["max_parent_share"] == third["parent_share"]
    assert (
        "Сертификат уже оплачивает 2 кружка одновременно, больше муниципалитет не оплачивает. "
        "Ребёнок может заниматься, платит за этот кружок семья." in plain(third)
    )
    assert "За посещённое занятие" not in plain(third)


def test_a_direction_that_is_not_paid_for_and_one_that_is_paid_once(world: World, child: Child) -> None:
    world.open_programme(direction_limits={"tourism": 0, "sport": 1})
    hiking = world.offer(child, club(direction="tourism"))
    assert shares(hiking)[0] == "0.00"
    assert "Кружки по направленности «туристско-краеведческая» муниципалитет не оплачивает" in plain(hiking)
    world.enrol(club(direction="sport"), child)
    second = world.offer(child, club(direction="sport"))
    assert shares(second)[0] == "0.00"
    assert "уже оплачивает 1 кружок по направленности «физкультурно-спортивная», больше" in plain(second)
    assert shares(world.offer(child, club(direction="arts"))) == ("2685.40", "0.00")


def test_an_offer_within_the_limits_says_what_they_are(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=3, direction_limits={"technical": 2, "sport": 1})
    told = plain(world.offer(child, club()))
    assert (
        "Одновременно муниципалитет оплачивает не больше 3 кружков, не больше 2 кружков по направленности «те" in told
    )
    assert "спортивная" not in told


def test_without_limits_an_offer_says_nothing_of_them(world: World, child: Child) -> None:
    world.open_programme()
    assert "Одновременно" not in world.offer(child, club())["terms"]


@pytest.mark.parametrize(
    ("rules", "code", "details"),
    [
        ({"clubs_at_once_max": 1}, "clubs_limit_reached", {"limit": "1"}),
        ({"direction_limits": {"technical": 1}}, "direction_limit_reached", {"limit": "1", "direction": "technical"}),
    ],
)
def test_where_families_may_not_pay_in_addition_there_is_no_offer_beyond_the_limit(
    world: World, child: Child, rules: dict[str, Any], code: str, details: dict[str, str]
) -> None:
    world.open_programme(policy=FORBIDDEN, **rules)
    world.enrol(club(), child)
    with pytest.raises(RuleViolated) as refused:
        world.offer(child, club())
    assert (refused.value.code, refused.value.details) == (code, details)
    assert shares(world.offer(child, club(price=0, normative=0))) == ("0.00", "0.00")


def test_contracts_that_wait_for_money_count_for_an_offer(world: World, child: Child) -> None:
    world.open_programme(budget=0, clubs_at_once_max=1)
    world.enrol(club(), child)
    second = world.offer(child, club())
    assert (shares(second)[0], second["queue_position"]) == ("0.00", 1)


def test_of_two_accepted_at_once_the_first_opens_and_the_second_waits_for_the_family(
    world: World, child: Child
) -> None:
    world.open_programme(clubs_at_once_max=1)
    first, second = two_at_once(world, child, club(), group := club())
    assert state(world, first) == ("active", None, 268540)
    assert state(world, second) == ("awaiting_acceptance", "clubs_limit_reached", 0)
    (announced,) = world.events(CONTRACT_AWAITING_ACCEPTANCE)
    assert announced.data["reason"] == "clubs_limit_reached"
    assert announced.data["parent_share"] == rub(268540)
    offer = world.offer(child, group)
    assert shares(offer) == ("0.00", "2685.40")
    assert "уже оплачивает 1 кружок одновременно" in plain(offer)
    assert accept(world, child, second, offer["offer_id"])["state"] == "active"
    assert world.pocket(child) == (1_000_000 - 268540, 268540)
    assert verified(world)


def test_two_that_are_heard_in_the_same_instant_pass_no_limit(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=1)
    world.hear(world.issued(child))
    groups = [club() for _ in range(4)]
    offers = [world.offer(child, group) for group in groups]
    events = [world.enrolled(child, group, offer["offer_id"]) for group, offer in zip(groups, offers, strict=True)]
    barrier = Barrier(len(events))

    def hear(number: int) -> None:
        barrier.wait()
        world.hear(events[number])

    with ThreadPoolExecutor(len(events)) as pool:
        list(pool.map(hear, range(len(events))))
    states = sorted(world.contract(each.subject).state for each in events)
    assert states == ["active", *["awaiting_acceptance"] * 3]


def test_the_money_that_two_waited_for_opens_the_one_that_was_first(world: World, child: Child) -> None:
    world.open_programme(budget=0, direction_limits={"technical": 1})
    first, second = two_at_once(world, child, club(), club())
    assert [state(world, each)[::2] for each in (first, second)] == [("awaiting_funds", 268540), ("awaiting_funds", 0)]
    world.allocate(1_000_000)
    assert state(world, first)[0] == "active"
    assert state(world, second)[:2] == ("awaiting_acceptance", "direction_limit_reached")


def test_where_families_may_not_pay_the_second_waits_until_it_is_refused(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme(policy=FORBIDDEN, clubs_at_once_max=1)
    _, second = two_at_once(world, child, club(), group := club())
    assert state(world, second)[:2] == ("awaiting_acceptance", "clubs_limit_reached")
    with pytest.raises(Refusal) as refused:
        world.offer(child, group)
    assert refused.value.code == "clubs_limit_reached"
    clock_at(datetime(2026, 10, 12, 2, tzinfo=UTC))
    deadlines(world)
    assert state(world, second)[0] == "refused"


def test_what_waits_opens_when_another_ends_from_that_day_on(world: World, child: Child, clock_at: Clock) -> None:
    world.open_programme(clubs_at_once_max=1)
    group = club()
    first, second = two_at_once(world, child, group, club())
    clock_at(datetime(2026, 10, 8, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, first))
    opened = world.contract(second)
    assert (opened.state, opened.effective_from, opened.lesson_count) == ("active", date(2026, 10, 8), 34)
    assert opened.certificate_share_minor == opened.price_minor == -(-300000 * 236 // 267)
    assert [each.subject for each in world.events(CONTRACT_ACTIVATED)][-1] == opened.contract_id
    assert verified(world)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_whatever_order_the_facts_are_heard_no_day_but_the_last_is_paid_for_twice(
    world: World, child: Child, clock_at: Clock, order: tuple[int, ...]
) -> None:
    world.open_programme(clubs_at_once_max=1)
    groups, last = [club(), club()], MONDAY + 3 * DAY
    offers = [world.offer(child, group)["offer_id"] for group in groups]
    first, second = (world.enrolled(child, group, each) for group, each in zip(groups, offers, strict=True))
    facts = [world.issued(child), first, second, ended(world, child, groups[0], first.subject, last)]
    world.hear(*(facts[number] for number in order))
    assert all(world.contract(each.subject).effective_from in (None, MONDAY) for each in (first, second))
    clock_at(datetime(2026, 10, 7, 16, tzinfo=UTC))
    deadlines(world)
    left, stays = world.contract(first.subject), world.contract(second.subject)
    assert (stays.state, left.effective_from is None or stays.effective_from == last) == ("active", True)
    assert left.effective_from is not None or (left.state, stays.effective_from) == ("closed", MONDAY)
    assert verified(world)


def test_an_end_ahead_makes_room_on_its_day_and_not_before(world: World, child: Child, clock_at: Clock) -> None:
    world.open_programme(clubs_at_once_max=1)
    leaving, staying = club(), club()
    first, second = two_at_once(world, child, leaving, staying)
    world.hear(ended(world, child, leaving, first, date(2026, 10, 9)))
    assert state(world, second) == ("awaiting_acceptance", "clubs_limit_reached", 0)
    assert shares(world.offer(child, staying))[0] == shares(world.offer(child, club()))[0] == "0.00"
    clock_at(datetime(2026, 10, 8, 15, 59, tzinfo=UTC))
    deadlines(world)
    assert state(world, second)[0] == "awaiting_acceptance"
    clock_at(datetime(2026, 10, 8, 16, tzinfo=UTC))
    deadlines(world)
    opened = world.contract(second)
    assert (opened.state, opened.effective_from) == ("active", date(2026, 10, 9))
    clock_at(datetime(2026, 10, 12, 12, tzinfo=UTC))
    for on in (MONDAY, date(2026, 10, 12)):
        world.hear(world.marked(leaving, on, {first: "present"}), world.marked(staying, on, {second: "present"}))
    debits = [each for each in world.operations(child)["items"] if each["kind"] == "debit"]
    assert len(debits) == 2
    assert verified(world)


def test_the_nearest_end_ahead_is_looked_at_even_when_its_contract_is_closed_already(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme(clubs_at_once_max=2)
    leaving, later = club(), club()
    first, other, waits = two_at_once(world, child, leaving, later, club())
    world.hear(ended(world, child, later, other, date(2026, 10, 10)))
    assert world.contract(waits).review_on == date(2026, 10, 10)
    world.hear(
        ended(world, child, leaving, first, date(2026, 10, 9)), world.marked(leaving, MONDAY, {first: "present"})
    )
    assert (state(world, first)[0], world.contract(waits).review_on) == ("closed", date(2026, 10, 9))
    clock_at(datetime(2026, 10, 9, 2, tzinfo=UTC))
    deadlines(world)
    assert (state(world, waits)[0], world.contract(waits).effective_from) == ("active", date(2026, 10, 9))


def test_an_end_beyond_the_time_for_an_acceptance_comes_too_late(world: World, child: Child, clock_at: Clock) -> None:
    world.open_programme(clubs_at_once_max=1)
    group = club()
    first, second = two_at_once(world, child, group, club())
    world.hear(ended(world, child, group, first, date(2027, 5, 1)))
    clock_at(datetime(2026, 10, 12, 2, tzinfo=UTC))
    deadlines(world)
    assert state(world, second)[:2] == ("refused", "not_accepted_in_time")


def test_an_end_that_releases_nothing_wakes_what_waits(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=1)
    short = club(starts_on=MONDAY, ends_on=MONDAY)
    first, second = two_at_once(world, child, short, group := club())
    world.hear(world.marked(short, MONDAY, {first: "present"}))
    assert state(world, second)[0] == "awaiting_acceptance"
    kinds = len(world.kinds(child))
    world.hear(ended(world, child, short, first, completed=True))
    assert [kind for kind, *_ in world.kinds(child)][kinds:] == ["hold"]
    assert state(world, first)[0] == "closed"
    assert (world.contract(second).state, world.contract(second).effective_from) == ("active", MONDAY)
    world.hear(world.marked(group, MONDAY, {second: "present"}))
    assert [kind for kind, *_ in world.kinds(child)][kinds:] == ["hold", "debit"]


def test_an_offer_made_on_another_club_s_last_day_pays_from_that_day(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=1)
    _, left, enrollment_id = world.enrol(club(), child)
    world.hear(ended(world, child, left, enrollment_id))
    offer = world.offer(child, group := club())
    assert (offer["lesson_count"], offer["certificate_share"]) == (35, offer["price"])
    assert "Сертификат оплачивает занятия с" not in plain(offer)
    enrolled = world.enrolled(child, group, offer["offer_id"])
    world.hear(enrolled)
    opened = world.contract(enrolled.subject)
    assert (opened.state, opened.effective_from) == ("active", MONDAY)
    assert rub(opened.certificate_share_minor) == offer["certificate_share"]


def test_a_contract_without_a_lesson_left_does_not_open(world: World, child: Child, clock_at: Clock) -> None:
    world.open_programme(clubs_at_once_max=1)
    group, brief = club(), club(starts_on=MONDAY, ends_on=MONDAY + 5 * DAY)
    first, second = two_at_once(world, child, group, brief)
    clock_at(datetime(2026, 10, 7, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, first))
    assert state(world, second) == ("awaiting_acceptance", "clubs_limit_reached", 0)
    offer = world.offer(child, brief)
    assert (shares(offer), offer["lesson_count"]) == (("0.00", "3000.00"), 1)


def test_an_offer_for_what_waits_says_from_which_day_on_it_is_paid(world: World, child: Child, clock_at: Clock) -> None:
    world.open_programme(clubs_at_once_max=1)
    group, other = club(), club()
    _, _, first = world.enrol(group, child)
    stale = world.offer(child, other)["offer_id"]
    set_rules(world, clubs_at_once_max=1, absent_percent=50)
    enrolled = world.enrolled(child, other, stale, terms_version=2)
    world.hear(enrolled)
    clock_at(datetime(2026, 10, 8, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, first))
    assert state(world, enrolled.subject)[:2] == ("awaiting_acceptance", "terms_changed")
    offer = world.offer(child, other)
    assert "за пропуск без уважительной причины — 100 %" in plain(offer)
    assert "Сертификат оплачивает занятия с 08.10.2026: до этого дня он оплачивал столько" in plain(offer)
    accept(world, child, enrolled.subject, offer["offer_id"])
    assert world.contract(enrolled.subject).effective_from == date(2026, 10, 8)


def test_the_rules_of_a_contract_are_those_whose_limits_it_met(world: World, child: Child, clock_at: Clock) -> None:
    world.open_programme(clubs_at_once_max=1)
    group = club()
    first, second = two_at_once(world, child, group, club())
    set_rules(world)
    clock_at(datetime(2026, 10, 8, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, first))
    opened = world.contract(second)
    assert (opened.effective_from, opened.rule_version) == (date(2026, 10, 8), 1)
    assert world.contract(world.enrol(club(price=1000, normative=1000), child)[2]).rule_version == 2


def test_clubs_whose_days_do_not_meet_do_not_count_together(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=1)
    autumn = club(ends_on=date(2026, 12, 28))
    spring = club(starts_on=date(2026, 12, 29), ends_on=date(2027, 5, 31))
    _, between = two_at_once(world, child, autumn, spring)
    assert state(world, between) == ("active", None, 300000)
    assert shares(world.offer(child, club()))[0] == "0.00"


def test_an_open_contract_is_not_touched_by_stricter_rules_and_counts_by_them(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme()
    opened = two_at_once(world, child, first := club(), club())
    set_rules(world, clubs_at_once_max=1, direction_limits={"technical": 0})
    clock_at(datetime(2026, 10, 6, 2, tzinfo=UTC))
    world.hear(certificate_is(world, child, "frozen"), certificate_is(world, child, "valid", version=3))
    deadlines(world)
    assert [state(world, each) for each in opened] == [("active", None, 268540)] * 2
    assert "Кружки по направленности «техническая» муниципалитет не оплачивает" in plain(world.offer(child, club()))
    world.hear(ended(world, child, first, opened[0]))
    other = world.offer(child, club(direction="arts"))
    assert (shares(other)[0], "1 кружок одновременно" in plain(other)) == ("0.00", True)


def test_a_contract_follows_the_limits_of_its_first_day(world: World, child: Child, clock_at: Clock) -> None:
    world.open_programme(clubs_at_once_max=1)
    _, second = two_at_once(world, child, club(), club())
    set_rules(world)
    clock_at(datetime(2026, 10, 6, 2, tzinfo=UTC))
    world.hear(certificate_is(world, child, "frozen"), certificate_is(world, child, "valid", version=3))
    assert state(world, second)[0] == "awaiting_acceptance"
    assert state(world, world.enrol(club(), child)[2]) == ("active", None, 267416)


def test_a_free_group_is_not_limited_and_does_not_count(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=1, direction_limits={"technical": 1})
    free = {"price": 0, "normative": 0}
    for _ in range(2):
        assert state(world, world.enrol(club(**free), child)[2])[0] == "active"
    paid = world.enrol(club(), child)[2]
    assert state(world, paid) == ("active", None, 268540)
    assert state(world, world.enrol(club(**free), child)[2])[0] == "active"
    for changes in (free, {"normative": 0}):
        told = world.offer(child, club(**changes))["terms"]
        assert "уже оплачивает" not in told
        assert "Одновременно" not in told


def test_a_free_group_s_offer_does_not_threaten_with_limits(world: World, child: Child) -> None:
    world.open_programme(clubs_at_once_max=2, direction_limits={"technical": 2})
    assert "Одновременно" in world.offer(child, club())["terms"]
    for free in ({"price": 0}, {"price": 0, "normative": 0}, {"normative": 0}):
        assert "Одновременно" not in world.offer(child, club(**free))["terms"]


def test_in_line_an_offer_for_what_is_not_paid_does_not_speak_of_money_to_come(world: World, child: Child) -> None:
    world.open_programme(budget=0, direction_limits={"sport": 0})
    assert "сертификат ждёт денег" in plain(world.offer(child, club()))
    told = plain(offer := world.offer(child, club(direction="sport")))
    assert (offer["queue_position"], shares(offer)[0]) == (1, "0.00")
    assert "ждёт денег" not in told
    assert "платит за этот кружок семья" in told
    enrolled = world.enrolled(child, club(direction="sport"), offer["offer_id"])
    world.hear(world.issued(child), enrolled)
    assert state(world, enrolled.subject)[0] == "awaiting_funds"


def test_a_contract_that_the_family_pays_alone_does_not_count(world: World, child: Child) -> None:
    world.open_programme(direction_limits={"arts": 0}, clubs_at_once_max=1)
    assert state(world, world.enrol(club(direction="arts"), child)[2]) == ("active", None, 0)
    assert state(world, world.enrol(club(), child)[2]) == ("active", None, 268540)


def test_an_enrolment_of_an_unknown_direction_counts_in_all_but_for_no_direction(world: World, child: Child) -> None:
    world.open_programme(budget=0, direction_limits={"technical": 1}, clubs_at_once_max=2)
    old, *_ = enrolled = two_at_once(world, child, club(), club(), club())
    with world.transactions.writing() as session:
        session.execute(
            text("UPDATE enrollment SET direction = NULL WHERE enrollment_id = CAST(:old AS uuid)"), {"old": old}
        )
    world.allocate(1_000_000)
    assert [state(world, each)[:2] for each in enrolled] == [
        ("active", None),
        ("active", None),
        ("awaiting_acceptance", "direction_limit_reached"),
    ]
    assert shares(world.offer(child, club(direction="arts")))[0] == "0.00"
    world.hear(ended(world, child, club(), enrolled[1], MONDAY))
    assert [state(world, each)[:2] for each in enrolled[1:]] == [("active", None), ("active", None)]


def test_terms_without_a_direction_meet_the_limit_of_all_alone(world: World, child: Child) -> None:
    world.open_programme(direction_limits={"technical": 0}, clubs_at_once_max=1)
    assert shares(world.offer(child, club(), direction=None))[0] == "2685.40"


def test_the_limits_are_listed_with_the_version_that_set_them(world: World) -> None:
    world.open_programme()
    answer = set_rules(world, clubs_at_once_max=2, direction_limits={"sport": 0})
    assert (answer["clubs_at_once_max"], answer["direction_limits"]) == (2, {"sport": 0})
    with world.transactions.reading() as session:
        items = queries.list_funding_programmes(session, world.officer())["items"]
    assert [(each["clubs_at_once_max"], each["direction_limits"]) for each in items] == [(None, {}), (2, {"sport": 0})]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE funding_rules SET clubs_at_once_max = 0",
        """UPDATE funding_rules SET direction_limits = '{"alchemy": 1}'""",
        """UPDATE funding_rules SET direction_limits = '{"sport": -1}'""",
        """UPDATE funding_rules SET direction_limits = '{"sport": 1.5}'""",
        """UPDATE funding_rules SET direction_limits = '{"sport": null}'""",
        """UPDATE funding_rules SET direction_limits = '{"sport": "1"}'""",
        """UPDATE funding_rules SET direction_limits = '{"sport": [1]}'""",
        """UPDATE funding_rules SET direction_limits = '{"sport": []}'""",
        """UPDATE funding_rules SET direction_limits = '{"sport": {"a": 1}}'""",
        "UPDATE funding_rules SET direction_limits = '[]'",
        "UPDATE enrollment SET direction = 'alchemy'",
    ],
)
def test_the_database_itself_refuses_what_is_no_limit(world: World, sql: str) -> None:
    world.open_programme()
    world.enrol()
    with pytest.raises(IntegrityError), world.transactions.writing() as session:
        session.execute(text(f"{sql} WHERE region_code = :region_code"), {"region_code": world.region_code})


def test_prepaid_contracts_are_limited_too_and_no_month_before_their_first_is_debited(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme(charge="monthly_share", clubs_at_once_max=1)
    group, other = club(), club()
    first, second = two_at_once(world, child, group, other)
    assert state(world, second)[:2] == ("awaiting_acceptance", "clubs_limit_reached")
    world.hear(ended(world, child, group, first, MONDAY + 2 * DAY))
    assert state(world, second)[:2] == ("awaiting_acceptance", "clubs_limit_reached")
    assert {enrollment_id for enrollment_id, _ in months_debited(world)} == {first}
    world.hear(ended(world, child, other, second, MONDAY + DAY))
    clock_at(datetime(2026, 10, 8, 2, tzinfo=UTC))
    deadlines(world)
    with world.transactions.writing() as session:
        commands.prepay_due(session, clock.now())
    assert state(world, second)[0] == "closed"
    assert {enrollment_id for enrollment_id, _ in months_debited(world)} == {first}
    assert verified(world)


def test_a_prepaid_contract_opens_on_the_day_of_the_end_and_pays_its_own_months(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme(charge="monthly_share", clubs_at_once_max=1)
    group = club()
    first, second = two_at_once(world, child, group, club())
    clock_at(datetime(2026, 10, 8, 2, tzinfo=UTC))
    world.hear(ended(world, child, group, first))
    assert (state(world, second)[0], world.contract(second).effective_from) == ("active", date(2026, 10, 8))
    assert [month for enrollment_id, month in months_debited(world) if enrollment_id == second] == ["2026-10-01"]
    assert verified(world)


def months_debited(world: World) -> list[tuple[str, str]]:
    return [(each.data["enrollment_id"], each.data["month_on"]) for each in world.events(MONTH_DEBITED)]
