"""Drafts for a group that is not open yet."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import Conflict, NotFound, RuleViolated
from enrollment.commands import deadlines


@pytest.fixture
def soon(region):
    """A group of one place whose enrolment opens in an hour."""
    return region.group(capacity=1, opens_at=region.now() + timedelta(hours=1))


def draft_body(region, family, group, **changes):
    offer_id = region.offer(family, group, expires_at=group["opens_at"] + timedelta(days=1))
    return {"child_id": family.child_id, "group_id": group["group_id"], "offer_id": offer_id, "draft": True} | changes


@pytest.fixture
def save(region):
    """Save a draft of a new family, or of this one, for a group."""

    def saved(group, family=None):
        family = family or region.family()
        answer = region.ask(family.guardian, "submit_application", draft_body(region, family, group))
        (place,) = region.wait(region.group(capacity=0))
        return type(place)(family, group, answer["application_id"])

    return saved


def test_a_draft_holds_no_seat_and_tells_nobody(region, soon, save):
    draft = save(soon)
    seen = region.seen(draft)
    assert (seen["status"], seen["sends_at"]) == ("draft", soon["opens_at"].isoformat())
    assert (seen["position"], seen["decide_by"]) == (None, None)
    assert region.told(draft) == []
    assert region.seats(soon) == (1, 0, 0)


def test_a_draft_does_not_keep_the_child_from_another_group_of_the_module(region, soon, save):
    draft = save(soon)
    other = region.group(module_id=soon["module_id"])
    assert region.apply(draft.family, other)["status"] == "enrolled"
    region.later(hours=1)
    region.work("send_drafts")
    assert region.status(draft) == ("cancelled", "no_longer_eligible")
    assert region.data_of(draft, "application.cancelled.v1")["by"] == "system"
    assert region.seats(soon) == (1, 0, 0)


def test_sending_early_is_refused_with_the_local_time_of_the_opening(region, save):
    region.set_clock(datetime(2026, 8, 30, 4, tzinfo=UTC))
    group = region.group(opens_at=datetime(2026, 9, 1, 1, tzinfo=UTC))
    draft = save(group)
    with pytest.raises(RuleViolated) as refused:
        region.do("send_draft", draft)
    assert refused.value.code == "enrolment_not_open"
    assert refused.value.details == {
        "opens_at": "2026-09-01T01:00:00+00:00",
        "opens_at_local": "2026-09-01T09:00:00+08:00",
    }
    with pytest.raises(RuleViolated, match="enrolment_not_open"):
        region.apply(region.family(), group)


def test_drafts_are_sent_at_the_opening_in_the_order_in_which_they_were_saved(region, soon, save):
    drafts = [save(soon) for _ in range(3)]
    region.later(hours=1, seconds=-1)
    region.work("send_drafts")
    assert {region.status(draft) for draft in drafts} == {("draft", None)}

    opened_at = region.later(seconds=1)
    region.work("send_drafts")
    seen = [region.seen(draft) for draft in drafts]
    assert [(each["status"], each["position"]) for each in seen] == [
        ("enrolled", None),
        ("waitlisted", 1),
        ("waitlisted", 2),
    ]
    assert {each["submitted_at"] for each in seen} == {opened_at.isoformat()}
    assert region.told(drafts[0]) == [("application.submitted", 1), ("enrolled", 2)]
    assert region.told(drafts[1]) == [("application.waitlisted", 1)]
    assert region.seats(soon) == (1, 1, 2)


def test_many_drafts_are_sent_in_rounds_without_changing_the_order(region, soon, save, monkeypatch):
    monkeypatch.setattr(deadlines, "BATCH", 2)
    drafts = [save(soon) for _ in range(5)]
    region.later(hours=1)
    region.work("send_drafts")
    positions = [region.seen(draft)["position"] for draft in drafts]
    assert positions == [None, 1, 2, 3, 4]


def test_a_newcomer_at_the_opening_comes_after_all_drafts(region, soon, save):
    drafts = [save(soon) for _ in range(2)]
    region.later(hours=1)
    assert region.apply(region.family(), soon)["position"] == 2
    assert region.status(drafts[0]) == ("enrolled", None)
    assert region.seen(drafts[1])["position"] == 1
    assert region.seats(soon) == (1, 1, 2)


def test_a_family_sends_its_draft_at_the_opening_and_earlier_drafts_still_go_first(region, soon, save):
    first, second, third = (save(soon) for _ in range(3))
    region.later(hours=1)
    assert region.do("send_draft", second)["position"] == 1
    assert region.status(first) == ("enrolled", None)
    assert region.status(third) == ("draft", None)
    again = region.do("send_draft", second)
    assert (again["status"], again["position"]) == ("waitlisted", 1), "it has been sent: nothing is left to do"
    assert region.told(second) == [("application.waitlisted", 1)]


def test_a_draft_that_may_not_be_sent_is_refused_to_its_family_and_cancelled_by_the_system(region, soon, save):
    draft = save(soon)
    region.later(days=2)
    with pytest.raises(RuleViolated, match="offer_expired"):
        region.do("send_draft", draft)
    assert region.status(draft) == ("draft", None)
    region.work("send_drafts")
    assert region.status(draft) == ("cancelled", "no_longer_eligible")
    assert region.seats(soon) == (1, 0, 0)


def test_a_draft_of_a_guardian_who_is_no_longer_one_is_not_sent(region, soon, save):
    draft, heir = save(soon), region.guardian()
    region.hear(region.child_event(draft.family.child_id, [heir.subject], version=2))
    region.later(hours=1)
    region.work("send_drafts")
    assert region.do("get_application", draft, heir)["reason"] == "no_longer_eligible"


def test_a_later_opening_delays_the_drafts(region, soon, save):
    draft = save(soon)
    region.change(soon, opens_at=soon["opens_at"] + timedelta(hours=2))
    region.later(hours=2)
    region.work("send_drafts")
    assert region.status(draft) == ("draft", None)
    region.later(hours=1)
    region.work("send_drafts")
    assert region.status(draft) == ("enrolled", None)


def test_one_draft_for_a_child_and_a_group(region, soon, save):
    draft = save(soon)
    with pytest.raises(Conflict, match="draft_exists"):
        save(soon, draft.family)
    assert region.seats(soon) == (1, 0, 0)


def test_an_offer_serves_one_draft(region, soon):
    family = region.family()
    body = draft_body(region, family, soon)
    region.ask(family.guardian, "submit_application", body)
    with pytest.raises(RuleViolated, match="offer_already_used"):
        region.ask(family.guardian, "submit_application", body)


def test_a_draft_that_could_not_be_sent_at_the_opening_is_refused_at_once(region, soon):
    family = region.family()
    early = region.offer(family, soon, expires_at=region.now() + timedelta(minutes=15))
    with pytest.raises(RuleViolated, match="offer_expired"):
        region.ask(family.guardian, "submit_application", draft_body(region, family, soon, offer_id=early))


def test_a_draft_for_an_open_group_is_sent_at_once(region):
    family, group = region.family(), region.group()
    body = draft_body(region, family, group, offer_id=region.offer(family, group))
    assert region.ask(family.guardian, "submit_application", body)["status"] == "enrolled"


def test_a_draft_is_given_up_and_its_provider_never_sees_it(region, soon, save):
    draft = save(soon)
    manager = region.manager(soon)
    assert region.ask(manager, "list_group_applications", {"group_id": soon["group_id"]})["items"] == []
    with pytest.raises(NotFound, match="application_not_found"):
        region.decide("refuse_application", draft, reason="no_documents")
    region.do("cancel_application", draft)
    assert region.status(draft) == ("cancelled", "changed_mind")
    assert region.ask(manager, "list_group_applications", {"group_id": soon["group_id"]})["items"] == []
    assert region.seats(soon) == (1, 0, 0)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.do("send_draft", draft)
