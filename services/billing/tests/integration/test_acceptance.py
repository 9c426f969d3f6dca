"""Contracts that wait for a guardian: a new offer, an acceptance, a refusal, or the end of the time for them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from billing.models import Acceptance, ContractRefusal, Offer
from chassis.errors import NotFound, Refusal, RuleViolated
from contracts import accounts
from contracts.billing import CONTRACT_AWAITING_ACCEPTANCE, CONTRACT_REFUSED, GET_CONTRACT

from .changes import accept, deadlines, ended, refuse, view
from .world import Child, Group, World, new_id, rub

Clock = Callable[[datetime], None]
MONDAY = date(2026, 10, 5)
WEEK = timedelta(days=7)


@pytest.fixture
def waiting(world: World) -> tuple[Child, Group, str]:
    """A child whose group became dearer between the offer and the enrolment: 9,000.00 instead of 8,000.00."""
    world.open_programme()
    child, group = Child(), Group()
    world.hear(world.registered(child))
    offer = world.offer(child, group, price=rub(800000))
    enrolled = world.enrolled(child, group, offer["offer_id"], terms_version=2)
    world.hear(enrolled, world.issued(child), world.marked(group, MONDAY, {enrolled.subject: "present"}))
    return child, group, enrolled.subject


def refusal_of(work: Callable[..., Any], *args: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        work(*args)
    return refused.value


def test_nothing_is_held_or_debited_until_a_guardian_accepts_the_new_price(
    world: World, waiting: tuple[Child, Group, str]
) -> None:
    child, group, enrollment_id = waiting
    shown = view(world, child, enrollment_id)
    assert (shown["state"], shown["reason"]) == ("awaiting_acceptance", "terms_changed")
    assert shown["accept_by"] == datetime(2026, 10, 12, 2, tzinfo=UTC)
    assert (shown["lessons_not_covered"], shown["effective_from"]) == (1, None)
    assert GET_CONTRACT.reply is not None
    assert not GET_CONTRACT.reply().validate(GET_CONTRACT.reply().dump(shown))
    (announced,) = world.events(CONTRACT_AWAITING_ACCEPTANCE)
    assert announced.data["accept_by"] == "2026-10-12T02:00:00+00:00"
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit"]

    offer = world.offer(child, group)
    assert (offer["terms_version"], offer["parent_share"], offer["max_parent_share"]) == (2, rub(89513), rub(89513))
    accepted = accept(world, child, enrollment_id, offer["offer_id"])
    assert (accepted["state"], accepted["reason"], accepted["effective_from"]) == ("active", None, MONDAY)
    assert accepted["charged"]["value"] == "204.60"
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "debit"]


def test_who_accepted_which_words_and_when_is_kept(world: World, waiting: tuple[Child, Group, str]) -> None:
    child, group, enrollment_id = waiting
    offer = world.offer(child, group)
    accept(world, child, enrollment_id, offer["offer_id"])
    with world.transactions.reading() as session:
        kept = session.scalars(select(Acceptance).filter_by(enrollment_id=enrollment_id)).one()
        assert (kept.accepted_by, kept.offer_id) == (child.guardian_id, offer["offer_id"])
        assert kept.accepted_at == datetime(2026, 10, 5, 2, tzinfo=UTC)
        words = session.get_one(Offer, (world.region_code, kept.offer_id))
        assert (words.terms, words.enrollment_id) == (offer["terms"], enrollment_id)


def test_a_new_offer_prices_the_contract_from_its_own_first_day(
    world: World, waiting: tuple[Child, Group, str], clock_at: Clock
) -> None:
    child, group, enrollment_id = waiting
    clock_at(datetime(2026, 10, 9, 2, tzinfo=UTC))
    offer = world.offer(child, group, price=rub(1200000), terms_version=3)
    assert (offer["lesson_count"], offer["price"], offer["terms_version"]) == (35, rub(805618), 2)
    assert accept(world, child, enrollment_id, offer["offer_id"])["state"] == "active"


def test_an_acceptance_that_meanwhile_costs_more_leaves_the_contract_waiting(
    world: World, waiting: tuple[Child, Group, str]
) -> None:
    child, group, enrollment_id = waiting
    offer = world.offer(child, group)
    world.enrol(Group(price=500000, normative=500000), child)
    shown = accept(world, child, enrollment_id, offer["offer_id"])
    assert (shown["state"], shown["reason"]) == ("awaiting_acceptance", "parent_share_grew")
    assert shown["accept_by"] == datetime(2026, 10, 12, 2, tzinfo=UTC)
    again = world.offer(child, group)
    assert accept(world, child, enrollment_id, again["offer_id"])["state"] == "active"
    assert world.pocket(child)[0] == 0


def test_an_offer_that_was_accepted_serves_no_other_enrolment(world: World, waiting: tuple[Child, Group, str]) -> None:
    child, group, enrollment_id = waiting
    offer_id = world.offer(child, group)["offer_id"]
    accept(world, child, enrollment_id, offer_id)
    second = world.enrolled(child, group, offer_id, terms_version=2)
    world.hear(second)
    assert world.contract(second.subject).reason == "offer_already_used"


def test_a_stranger_learns_nothing_of_the_contract(world: World, waiting: tuple[Child, Group, str]) -> None:
    child, group, enrollment_id = waiting
    offer_id = world.offer(child, group)["offer_id"]
    stranger = Child(child.child_id, new_id())
    for work, *args in (
        (view, world, stranger, enrollment_id),
        (accept, world, stranger, enrollment_id, offer_id),
        (refuse, world, stranger, enrollment_id),
        (view, world, child, new_id()),
    ):
        refused = refusal_of(work, *args)
        assert isinstance(refused, NotFound)
        assert refused.code == "contract_not_found"
    assert view(world, child, enrollment_id)["state"] == "awaiting_acceptance"


def test_only_a_fresh_offer_to_this_guardian_for_this_child_and_group_is_accepted(
    world: World, waiting: tuple[Child, Group, str], clock_at: Clock
) -> None:
    child, group, enrollment_id = waiting
    other_group = world.offer(child, Group(price=100000, normative=100000))["offer_id"]
    for offer_id in (other_group, new_id()):
        assert refusal_of(accept, world, child, enrollment_id, offer_id).code == "offer_not_found"
    mine = world.offer(child, group)["offer_id"]
    with world.transactions.writing() as session:
        session.get_one(Offer, (world.region_code, mine)).terms_version = 1
    refused = refusal_of(accept, world, child, enrollment_id, mine)
    assert (refused.code, type(refused)) == ("terms_changed", RuleViolated)
    late = world.offer(child, group)["offer_id"]
    clock_at(datetime(2026, 10, 6, 2, tzinfo=UTC))
    refused = refusal_of(accept, world, child, enrollment_id, late)
    assert (refused.code, refused.details["expires_at"]) == ("offer_expired", "2026-10-06T02:00:00+00:00")


def test_a_used_offer_is_refused(world: World, waiting: tuple[Child, Group, str]) -> None:
    child, _, enrollment_id = waiting
    with world.transactions.reading() as session:
        used = session.scalars(select(Offer.offer_id).filter_by(enrollment_id=enrollment_id)).one()
    refused = refusal_of(accept, world, child, enrollment_id, used)
    assert (refused.code, type(refused)) == ("offer_already_used", RuleViolated)


def test_a_contract_that_does_not_wait_takes_no_answer(world: World) -> None:
    world.open_programme()
    child, _, enrollment_id = world.enrol()
    for work, *more in ((refuse,), (accept, new_id())):
        refused = refusal_of(work, world, child, enrollment_id, *more)
        assert (refused.code, refused.details) == ("contract_not_waiting", {"state": "active"})


def test_a_guardian_may_refuse_and_nothing_moves_ever_after(world: World, waiting: tuple[Child, Group, str]) -> None:
    child, group, enrollment_id = waiting
    shown = refuse(world, child, enrollment_id)
    assert (shown["state"], shown["reason"], shown["accept_by"]) == ("refused", "refused_by_family", None)
    (announced,) = world.events(CONTRACT_REFUSED)
    assert (announced.data["reason"], announced.version) == ("refused_by_family", 2)
    with world.transactions.reading() as session:
        kept = session.scalars(select(ContractRefusal).filter_by(enrollment_id=enrollment_id)).one()
        assert kept.refused_by == child.guardian_id
    world.hear(world.marked(group, MONDAY, {enrollment_id: "absent"}, 2))
    world.hear(ended(world, child, group, enrollment_id))
    assert view(world, child, enrollment_id)["state"] == "refused"
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit"]


def test_a_contract_that_nobody_accepts_in_seven_days_is_refused(
    world: World, waiting: tuple[Child, Group, str], clock_at: Clock
) -> None:
    child, _, enrollment_id = waiting
    clock_at(datetime(2026, 10, 12, 1, 59, 59, tzinfo=UTC))
    deadlines(world)
    assert view(world, child, enrollment_id)["state"] == "awaiting_acceptance"
    clock_at(datetime(2026, 10, 12, 2, tzinfo=UTC))
    deadlines(world)
    deadlines(world)
    shown = view(world, child, enrollment_id)
    assert (shown["state"], shown["reason"]) == ("refused", "not_accepted_in_time")
    assert len(world.events(CONTRACT_REFUSED)) == 1


def test_a_second_guardian_s_offer_is_its_own(world: World, waiting: tuple[Child, Group, str]) -> None:
    child, group, enrollment_id = waiting
    father = new_id()
    both = world.registered(child)
    both.data["guardian_ids"].append(father)
    world.hear(world.event(accounts.CHILD_CHANGED, child.child_id, both.data, 2))
    offer = world.offer(Child(child.child_id, father), group)
    assert refusal_of(accept, world, child, enrollment_id, offer["offer_id"]).code == "offer_not_found"
    assert accept(world, Child(child.child_id, father), enrollment_id, offer["offer_id"])["state"] == "active"


def test_an_offer_for_a_group_that_opens_later_stands_a_day_past_the_opening(world: World) -> None:
    world.open_programme()
    child = Child()
    world.hear(world.registered(child))
    opens_at = datetime(2026, 10, 20, 1, tzinfo=UTC)
    assert world.offer(child, Group(), opens_at=opens_at)["expires_at"] == opens_at + timedelta(days=1)
    soon = datetime(2026, 10, 5, 3, tzinfo=UTC)
    assert world.offer(child, Group(), opens_at=soon)["expires_at"] == soon + timedelta(days=1)
    past = datetime(2026, 10, 5, 1, tzinfo=UTC)
    assert world.offer(child, Group(), opens_at=past)["expires_at"] == datetime(2026, 10, 6, 2, tzinfo=UTC)
    assert world.offer(child, Group())["expires_at"] == datetime(2026, 10, 6, 2, tzinfo=UTC)


def test_a_draft_that_is_sent_at_the_opening_is_covered_by_the_offer_that_it_was_saved_with(
    world: World, clock_at: Clock
) -> None:
    world.open_programme()
    child, group = Child(), Group()
    world.hear(world.registered(child), world.issued(child))
    opens_at = datetime(2026, 10, 20, 1, tzinfo=UTC)
    offer = world.offer(child, group, opens_at=opens_at)
    clock_at(opens_at)
    enrolled = world.enrolled(child, group, offer["offer_id"])
    world.hear(enrolled)
    assert world.contract(enrolled.subject).state == "active"


def test_several_clubs_share_one_balance(world: World) -> None:
    world.open_programme()
    child = Child()
    world.hear(world.registered(child), world.issued(child))
    states = []
    for _ in range(4):
        group = Group(price=400000, normative=400000)
        offer = world.offer(child, group)
        enrolled = world.enrolled(child, group, offer["offer_id"])
        world.hear(enrolled)
        made = world.contract(enrolled.subject)
        states.append((made.state, made.certificate_share_minor, made.parent_share_minor))
    assert states == [
        ("active", 358053, 0),
        ("active", 358053, 0),
        ("active", 1000000 - 2 * 358053, 358053 - (1000000 - 2 * 358053)),
        ("active", 0, 358053),
    ]
