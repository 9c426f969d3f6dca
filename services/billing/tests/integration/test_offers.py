from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from billing import commands
from billing.domain.policy import Policy
from billing.domain.words import money
from billing.models import Offer
from chassis import clock
from chassis.errors import InvalidInput, NotFound, Refusal, RuleViolated
from chassis.projections import FactMissing
from chassis.values import Amount
from contracts.billing import MAKE_OFFER, MONTH_DEBITED, OFFER_MADE

from .changes import accept
from .test_periods import RULES
from .world import POLICY, Child, Group, World, rub

Clock = Callable[[datetime], None]


@pytest.fixture
def child(world: World) -> Child:
    child = Child()
    world.hear(world.registered(child))
    return child


def test_the_offer_of_a_child_without_a_certificate_counts_on_its_nominal(world: World, child: Child) -> None:
    world.open_programme()
    offer = world.offer(child, Group())
    assert offer["price"] == rub(805618)
    assert offer["certificate_share"] == rub(716105)
    assert offer["parent_share"] == rub(89513)
    assert offer["max_parent_share"]["value"] >= offer["parent_share"]["value"]
    assert offer["per_lesson"] == rub(20461)
    assert (offer["lesson_count"], offer["queue_position"], offer["terms_version"]) == (35, None, 1)
    assert offer["expires_at"] == datetime(2026, 10, 6, 2, tzinfo=UTC)
    assert MAKE_OFFER.reply is not None
    assert not MAKE_OFFER.reply().validate(MAKE_OFFER.reply().dump(offer))
    assert offer["months"] is None
    (announced,) = world.events(OFFER_MADE)
    assert (announced.subject, announced.data["max_parent_share"]) == (offer["offer_id"], offer["max_parent_share"])


def test_the_text_that_the_guardian_saw_is_kept(world: World, child: Child) -> None:
    world.open_programme()
    offer = world.offer(child, Group())
    with world.transactions.reading() as session:
        kept = session.scalars(select(Offer).filter_by(region_code=world.region_code)).one()
        assert (kept.terms, kept.guardian_id) == (offer["terms"], child.guardian_id)
    assert "8\u00a0056,18\u00a0₽" in offer["terms"]


def test_what_the_offer_tells_for_each_month_equals_what_is_debited(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme(charge="monthly_share")
    group = Group()
    offer = world.offer(child, group)
    assert offer["per_lesson"] == rub(0)
    assert "За посещённое занятие" not in offer["terms"]
    assert MAKE_OFFER.reply is not None
    assert not MAKE_OFFER.reply().validate(MAKE_OFFER.reply().dump(offer))
    enrolled = world.enrolled(child, group, offer["offer_id"])
    world.hear(enrolled, world.issued(child))
    told = [each["amount"] for each in offer["months"]]
    assert [each.data["amount"] for each in world.events(MONTH_DEBITED)] == told[:1]
    clock_at(datetime(2027, 5, 1, 2, tzinfo=UTC))
    with world.transactions.writing() as session:
        assert commands.prepay_due(session, clock.now())
    debited = [(each.data["month_on"], each.data["amount"]) for each in world.events(MONTH_DEBITED)]
    assert debited == [(each["month_on"].isoformat(), each["amount"]) for each in offer["months"]]
    for amount in told[:2]:
        assert money(Amount.from_wire(amount)) in offer["terms"]


def test_a_new_offer_for_a_contract_that_waits_tells_the_months_of_the_rules_of_its_first_day(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme(charge="monthly_share")
    group = Group()
    enrolled = world.enrolled(child, group, world.offer(child, group)["offer_id"], terms_version=2)
    world.hear(enrolled, world.issued(child))
    assert world.contract(enrolled.subject).state == "awaiting_acceptance"
    per_lesson = {**RULES, "period_id": world.period_id, "valid_from": date(2026, 10, 6)}
    with world.transactions.writing() as session:
        commands.set_funding_programme(session, world.officer(), per_lesson)
    clock_at(datetime(2026, 11, 3, 2, tzinfo=UTC))
    offer = world.offer(child, group)
    assert accept(world, child, enrolled.subject, offer["offer_id"])["state"] == "active"
    debited = [each.data["amount"] for each in world.events(MONTH_DEBITED)]
    assert debited == [each["amount"] for each in offer["months"][:2]]


def test_an_offer_counts_on_what_the_certificate_has_left(world: World) -> None:
    world.open_programme()
    child, _, _ = world.enrol()
    assert world.offer(child, Group())["certificate_share"] == rub(283895)


def test_an_offer_made_in_the_queue_counts_on_what_waiting_contracts_will_leave(world: World, child: Child) -> None:
    world.open_programme(budget=0)
    first = world.offer(child, Group())
    assert (first["certificate_share"], first["queue_position"]) == (rub(716105), 1)
    world.enrol()
    assert world.offer(child, Group())["queue_position"] == 2
    world.enrol(child=child)
    second = world.offer(child, Group())
    assert (second["certificate_share"], second["queue_position"]) == (rub(283895), 2)
    assert "место в очереди: 2" in second["terms"]


def test_the_accepted_greatest_share_holds_on_whichever_day_the_money_comes(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme(budget=0)
    group = Group(price=900001, normative=899999)
    _, _, enrollment_id = world.enrol(group, child)
    clock_at(datetime(2026, 12, 17, 2, tzinfo=UTC))
    world.allocate(1_000_000)
    assert world.contract(enrollment_id).state == "active"


def test_who_has_no_programme_is_told_that_the_family_pays_all(world: World, child: Child) -> None:
    offer = world.offer(child, Group())
    assert (offer["certificate_share"], offer["parent_share"]) == (rub(0), rub(805618))
    assert offer["max_parent_share"] == rub(805618)
    assert "не открыта" in offer["terms"]


def test_a_budget_in_another_unit_pays_nothing_for_the_group(world: World, child: Child) -> None:
    world.open_programme()
    hours = {"price": {"value": "72.00", "unit": "HOUR"}, "normative_price": {"value": "72.00", "unit": "HOUR"}}
    assert world.offer(child, Group(), **hours)["certificate_share"]["value"] == "0.00"


def refusal_of(world: World, child: Child, group: Group, **changes: object) -> Refusal:
    with pytest.raises(Refusal) as refused:
        world.offer(child, group, **changes)
    return refused.value


def test_no_offer_is_made_for_somebody_else_s_child(world: World, child: Child) -> None:
    world.open_programme()
    stranger = Child(child_id=child.child_id)
    refused = refusal_of(world, stranger, Group())
    assert isinstance(refused, NotFound)
    assert refused.code == "child_not_found"
    assert world.events(OFFER_MADE) == []


def test_a_child_that_is_not_known_yet_is_asked_for(world: World) -> None:
    with pytest.raises(FactMissing):
        world.offer(Child(), Group())


@pytest.mark.parametrize(
    ("born_on", "code"), [(date(2021, 10, 6), "child_under_age"), (date(2008, 10, 5), "child_over_age")]
)
def test_age_counts_on_the_day_of_the_first_lesson(world: World, born_on: date, code: str) -> None:
    world.open_programme()
    child = Child(born_on=born_on)
    world.hear(world.registered(child))
    refused = refusal_of(world, child, Group())
    assert isinstance(refused, RuleViolated)
    assert refused.code == code


def test_lessons_after_the_eighteenth_birthday_are_not_priced(world: World) -> None:
    world.open_programme()
    child = Child(born_on=date(2008, 10, 19))
    world.hear(world.registered(child))
    assert world.offer(child, Group())["lesson_count"] == 3


def test_the_rest_of_the_lessons_is_counted_from_today_where_the_group_is(
    world: World, child: Child, clock_at: Clock
) -> None:
    world.open_programme()
    clock_at(datetime(2026, 10, 5, 15, 59, tzinfo=UTC))
    assert world.offer(child, Group())["lesson_count"] == 35
    clock_at(datetime(2026, 10, 5, 16, 0, tzinfo=UTC))
    assert world.offer(child, Group())["lesson_count"] == 34


@pytest.mark.parametrize(
    ("group", "changes", "kind", "code"),
    [
        (Group(starts_on=date(2026, 9, 7), ends_on=date(2026, 9, 28)), {}, RuleViolated, "no_lessons_left"),
        (Group(starts_on=date(2027, 9, 6), ends_on=date(2028, 5, 29)), {}, RuleViolated, "no_funding_period"),
        (Group(), {"region_code": "99"}, InvalidInput, "region_mismatch"),
        (Group(), {"price": {"value": "1.00", "unit": "HOUR"}}, InvalidInput, "terms_invalid"),
        (Group(), {"ends_on": date(2026, 9, 6)}, InvalidInput, "terms_invalid"),
    ],
)
def test_no_offer_where_the_terms_allow_none(
    world: World, child: Child, group: Group, changes: dict[str, object], kind: type[Refusal], code: str
) -> None:
    world.open_programme()
    refused = refusal_of(world, child, group, **changes)
    assert isinstance(refused, kind)
    assert refused.code == code


def test_a_payer_may_forbid_families_to_pay_in_addition(world: World, child: Child) -> None:
    world.open_programme(policy=Policy(**{**POLICY.__dict__, "copayment_allowed": False}))
    assert refusal_of(world, child, Group()).code == "copayment_not_allowed"
    assert world.offer(child, Group(price=800000))["parent_share"] == rub(0)


def test_an_offer_lapses_after_its_lifetime(world: World, child: Child) -> None:
    world.open_programme()
    with world.transactions.writing() as session:
        request = {"child_id": child.child_id, "terms": world.terms(group := Group())}
        offer = commands.make_offer(session, world.guardian(child), request, timedelta(minutes=1))
    event = world.enrolled(child, group, offer["offer_id"], submitted_at=offer["expires_at"])
    world.hear(event, world.issued(child))
    assert world.contract(event.subject).reason == "offer_expired"
