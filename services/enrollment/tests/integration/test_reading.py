"""What a family sees of its applications."""

from datetime import timedelta

import pytest

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.migrations import differences
from contracts import billing
from enrollment.models import Base


def test_the_models_are_what_the_migrations_make(transactions):
    assert differences(transactions.engine, Base.metadata) == []


def test_applications_come_newest_first_in_pages(region):
    family = region.family()
    sent = []
    for _ in range(5):
        region.set_clock(region.now() + timedelta(seconds=1))
        sent.append(region.apply(family, region.group())["application_id"])
    read, cursor = [], None
    for expected in (2, 2, 1):
        page = region.ask(family.guardian, "list_applications", {"cursor": cursor, "limit": 2})
        assert len(page["items"]) == expected
        read += [item["application_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (read, cursor) == (sent[::-1], None)


def test_applications_sent_at_one_instant_are_neither_lost_nor_repeated_between_pages(region):
    family = region.family()
    sent = {region.apply(family, region.group())["application_id"] for _ in range(4)}
    first = region.ask(family.guardian, "list_applications", {"limit": 2})
    second = region.ask(family.guardian, "list_applications", {"limit": 2, "cursor": first["next_cursor"]})
    read = [item["application_id"] for item in first["items"] + second["items"]]
    assert (len(read), set(read), second["next_cursor"]) == (4, sent, None)


@pytest.mark.parametrize("cursor", ["x", "2026", "MjAyNg==", "кириллица", "fHw="])
def test_a_made_up_cursor_is_refused(region, cursor):
    with pytest.raises(InvalidInput) as refused:
        region.ask(region.family().guardian, "list_applications", {"cursor": cursor})
    assert "cursor" in refused.value.details


def test_both_guardians_see_the_application_and_a_stranger_does_not(region):
    family, stranger = region.family(), region.family()
    answer = region.apply(family, region.group())
    other = region.guardian()
    region.hear(region.child_event(family.child_id, [family.guardian.subject, other.subject], version=2))
    asked = {"application_id": answer["application_id"]}
    assert region.ask(other, "get_application", asked) == answer
    listed = {name: value for name, value in answer.items() if name != "clashes"}
    assert region.ask(other, "list_applications", {})["items"] == [listed]
    with pytest.raises(NotFound, match="application_not_found"):
        region.ask(stranger.guardian, "get_application", asked)
    assert region.ask(stranger.guardian, "list_applications", {})["items"] == []


def test_staff_may_not_read_a_familys_applications(region):
    group = region.group()
    with pytest.raises(Forbidden):
        region.ask(region.teacher(group), "list_applications", {})


def test_the_contract_is_shown_as_billing_last_said_it(region):
    family = region.family()
    answer = region.apply(family, region.group())
    asked = {"application_id": answer["application_id"]}
    contract_id = region.new_id()
    region.hear(
        region.contract_event(billing.CONTRACT_AWAITING_FUNDS, answer["application_id"], contract_id, 1, "0.00")
    )
    assert region.ask(family.guardian, "get_application", asked)["contract"] == {
        "contract_id": contract_id,
        "state": "awaiting_funds",
        "certificate_share": {"value": "0.00", "unit": "RUB"},
        "parent_share": {"value": "0.00", "unit": "RUB"},
        "effective_from": None,
    }
    region.hear(region.contract_event(billing.CONTRACT_ACTIVATED, answer["application_id"], contract_id, 2, "3510.50"))
    shown = region.ask(family.guardian, "list_applications", {})["items"][0]["contract"]
    assert (shown["state"], shown["certificate_share"]["value"]) == ("active", "3510.50")
    assert shown["effective_from"] == region.local_today().isoformat()


def test_a_family_sees_that_a_new_acceptance_is_asked_of_it(region):
    family = region.family()
    enrollment_id = region.apply(family, region.group())["application_id"]
    asks = region.contract_event(billing.CONTRACT_AWAITING_ACCEPTANCE, enrollment_id, region.new_id(), 1, "100.00")
    region.hear(asks)
    shown = region.ask(family.guardian, "get_application", {"application_id": enrollment_id})
    assert shown["contract"]["state"] == "awaiting_acceptance"


def test_the_position_shown_moves_up_when_one_before_it_leaves(region):
    group = region.group(capacity=1)
    _seated, first, second = region.wait(group, 3)
    assert region.seen(second)["position"] == 2
    region.do("cancel_application", first)
    assert region.seen(second)["position"] == 1
