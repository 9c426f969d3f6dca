from datetime import date

import pytest

from contracts import billing as contract

from .world import Group, World

MONDAY = date(2026, 10, 5)


def test_from_the_offer_to_the_debit(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    made = world.contract(enrollment_id)
    assert (made.state, made.effective_from, made.lesson_count) == ("active", MONDAY, 35)
    assert world.kinds(child) == [
        ("credit", "nominal", "10000.00"),
        ("hold", "contract_activated", "7161.05"),
        ("debit", "lesson_attended", "204.60"),
    ]
    account = world.account(child)
    assert account["state"] == "funded"
    assert [account[name]["value"] for name in ("credited", "balance", "held", "spent")] == [
        "10000.00",
        "2838.95",
        "6956.45",
        "204.60",
    ]


def test_the_world_hears_each_step_once_and_in_order(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    page = world.marked(group, MONDAY, {enrollment_id: "present"})
    world.hear(page, page)
    offered, credited, activated, debited = world.events()
    assert [each.type for each in (offered, credited, activated, debited)] == [
        contract.OFFER_MADE.type,
        contract.CERTIFICATE_CREDITED.type,
        contract.CONTRACT_ACTIVATED.type,
        contract.DEBIT_POSTED.type,
    ]
    assert offered.data["guardian_id"] == child.guardian_id
    assert (credited.subject, credited.version) == (child.certificate_id, 1)
    assert credited.data["balance_after"] == {"value": "10000.00", "unit": "RUB"}
    assert (activated.version, activated.data["effective_from"]) == (1, "2026-10-05")
    assert activated.data["certificate_share"]["value"] == "7161.05"
    assert activated.data["parent_share"]["value"] == "895.13"
    assert (debited.version, debited.data["mark"], debited.data["lesson_on"]) == (1, "present", "2026-10-05")
    assert (debited.data["balance_after"]["value"], debited.data["held_after"]["value"]) == ("2838.95", "6956.45")


def test_the_second_enrolment_of_a_child_uses_what_is_left_of_the_one_nominal(world: World) -> None:
    world.open_programme()
    child, _, first = world.enrol()
    _, _, second = world.enrol(Group(price=200000, normative=200000), child)
    assert (world.contract(first).state, world.contract(second).state) == ("active", "active")
    assert len(world.events(contract.CERTIFICATE_CREDITED)) == 1
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold", "hold"]
    assert world.pocket(child) == (1000000 - 716105 - 179027, 716105 + 179027)


def test_two_offers_accepted_on_one_balance_hold_it_once_and_the_second_asks_again(world: World) -> None:
    world.open_programme()
    child, group, rival = *world.enrol()[:1], Group(), Group()
    world.hear(world.registered(child))
    other = world.enrol(group)[0]
    offers = [world.offer(other, each)["offer_id"] for each in (rival, Group())]
    assert len(set(offers)) == 2
    event = world.enrolled(other, rival, offers[0])
    world.hear(event)
    made = world.contract(event.subject)
    assert made.state == "active"
    late = Group()
    stale = world.enrolled(other, late, world.offer(other, late, price={"value": "100.00", "unit": "RUB"})["offer_id"])
    world.hear(stale)
    waiting = world.contract(stale.subject)
    assert (waiting.state, waiting.reason) == ("awaiting_acceptance", "parent_share_grew")
    assert world.pocket(other)[0] == 0


def test_a_family_that_would_pay_more_than_it_accepted_is_charged_nothing(world: World) -> None:
    world.open_programme()
    child, group, dearer = *world.enrol()[:1], Group(), Group(price=1500000, normative=800000)
    offer = world.offer(child, group)
    event = world.enrolled(child, dearer, offer["offer_id"], group_id=group.group_id)
    world.hear(event, world.marked(dearer, MONDAY, {event.subject: "present"}))
    made = world.contract(event.subject)
    assert (made.state, made.reason, made.effective_from) == ("awaiting_acceptance", "parent_share_grew", None)
    assert [kind for kind, _, _ in world.kinds(child)] == ["credit", "hold"]
    announced = world.events(contract.CONTRACT_AWAITING_ACCEPTANCE)
    assert [each.subject for each in announced] == [made.contract_id]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"terms_version": 2}, "terms_changed"),
        ({"accepted_by": "00000000-0000-4000-8000-000000000001"}, "offer_of_another_guardian"),
        ({"offer_id": "00000000-0000-4000-8000-000000000002"}, "offer_missing"),
        ({"group_id": "00000000-0000-4000-8000-000000000003"}, "offer_of_another_group"),
        ({"submitted_at": "2026-10-06T02:00:00+00:00"}, "offer_expired"),
    ],
)
def test_without_the_guardian_s_own_acceptance_nothing_is_held(
    world: World, changes: dict[str, object], reason: str
) -> None:
    world.open_programme()
    child, group, _ = world.enrol()
    before = world.pocket(child)
    other = Group(group_id=group.group_id) if "group_id" not in changes else Group()
    offer = world.offer(child, other)
    event = world.enrolled(child, other, **({"offer_id": offer["offer_id"]} | changes))
    world.hear(event)
    made = world.contract(event.subject)
    assert (made.state, made.reason) == ("awaiting_acceptance", reason)
    assert world.pocket(child) == before


def test_an_offer_serves_one_enrolment(world: World) -> None:
    world.open_programme()
    child, group = world.enrol()[0], Group(price=100000, normative=100000)
    offer_id = world.offer(child, group)["offer_id"]
    first, second = world.enrolled(child, group, offer_id), world.enrolled(child, group, offer_id)
    world.hear(first, second)
    assert world.contract(first.subject).state == "active"
    assert world.contract(second.subject).reason == "offer_already_used"


def test_two_enrolments_on_one_offer_that_settle_together_do_not_share_it(world: World) -> None:
    world.open_programme()
    (child, _, _), group = world.enrol(), Group(price=100000, normative=100000)
    newcomer = type(child)()
    world.hear(world.registered(newcomer))
    offer_id = world.offer(newcomer, group)["offer_id"]
    both = [world.enrolled(newcomer, group, offer_id) for _ in range(2)]
    world.hear(*both, world.issued(newcomer))
    assert sorted(str(world.contract(each.subject).reason) for each in both) == ["None", "offer_already_used"]


def test_a_free_group_needs_no_funding(world: World) -> None:
    child, _, enrollment_id = world.enrol(Group(price=0, normative=0))
    made = world.contract(enrollment_id)
    assert (made.state, made.certificate_share_minor) == ("active", 0)
    assert world.account(child)["state"] == "accounting"


def test_without_a_programme_the_contract_waits_and_the_certificate_is_for_accounting(world: World) -> None:
    child, _, enrollment_id = world.enrol()
    assert world.contract(enrollment_id).state == "awaiting_funds"
    account = world.account(child)
    assert (account["state"], account["nominal"]["value"], account["queue_position"]) == ("accounting", "0.00", None)
