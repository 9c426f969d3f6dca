"""What the regional operator sees and decides of providers."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from catalog.commands.providers import save_provider
from chassis.context import Actor
from chassis.errors import NotFound, RuleViolated
from contracts import catalog as contract

OPERATOR = Actor("38000000-0000-4000-8000-0000000000d2", "region", "38")
ELSEWHERE = Actor("05000000-0000-4000-8000-0000000000d2", "region", "05")
SUSPENDED, ACTIVATED = contract.PROVIDER_SUSPENDED.type, contract.PROVIDER_ACTIVATED.type


def decide(catalogue: Any, provider_id: str, state: str, reason: str, caller: Actor = OPERATOR) -> dict[str, Any]:
    fields = {"provider_id": provider_id, "state": state, "reason": reason}
    return dict(catalogue.ask_as(caller, contract.DECIDE_PROVIDER, **fields))


def test_a_suspension_is_one_event_of_the_provider_and_none_of_its_groups(published: Any, values: Any) -> None:
    provider_id, group_id = values["provider"].provider_id, values["group"].group_id
    before = published.announced()

    answer = decide(published, provider_id, "suspended", "complaint_check")
    again = decide(published, provider_id, "suspended", "licence_lapsed")

    assert answer == again
    assert answer["state"] == "suspended"
    (event,) = published.announced()[len(before) :]
    assert (event.type, event.subject, event.version) == (SUSPENDED, provider_id, 1)
    assert (event.data["provider_id"], event.data["reason"]) == (provider_id, "complaint_check")
    assert published.ask(contract.SEARCH_PROGRAMMES)["items"] == []
    with pytest.raises(NotFound):
        published.ask(contract.GET_PROGRAMME, programme_id=values["programme"].programme_id)
    assert published.ask(contract.GET_GROUP, group_id=group_id)["state"] == "closed"
    assert published.ask(contract.GET_GROUP_TERMS, group_id=group_id)["terms_version"] == 1


def test_an_admitted_provider_is_back_with_its_groups_as_they_were(published: Any, values: Any) -> None:
    provider_id = values["provider"].provider_id
    decide(published, provider_id, "suspended", "data_check")

    decide(published, provider_id, "active", "cleared")

    (event,) = published.announced(ACTIVATED)
    assert (event.subject, event.version, event.data["reason"]) == (provider_id, 2, "cleared")
    assert published.ask(contract.SEARCH_PROGRAMMES)["items"] != []
    assert published.ask(contract.GET_GROUP, group_id=values["group"].group_id)["state"] == "published"
    assert published.announced(contract.GROUP_CHANGED.type) == []


def test_who_decided_when_and_why_is_kept(published: Any, values: Any) -> None:
    decide(published, values["provider"].provider_id, "suspended", "own_request")

    ((by, reason, at),) = published.rows("SELECT decided_by, decision_reason, decided_at FROM provider")
    assert (str(by), reason) == (OPERATOR.subject, "own_request")
    (event,) = published.announced(SUSPENDED)
    assert event.data["changed_at"] == at.isoformat()


def test_what_makes_no_sense_or_is_elsewhere_is_refused(published: Any, values: Any) -> None:
    provider_id = values["provider"].provider_id
    for state, reason in (("suspended", "cleared"), ("active", "licence_lapsed")):
        with pytest.raises(RuleViolated) as refusal:
            decide(published, provider_id, state, reason)
        assert refusal.value.code == "decision_reason_wrong"
    for caller, unknown in ((ELSEWHERE, provider_id), (OPERATOR, values["group"].group_id)):
        with pytest.raises(NotFound) as missing:
            decide(published, unknown, "suspended", "data_check", caller)
        assert missing.value.code == "provider_not_found"
    assert published.announced(SUSPENDED) == []


def test_a_saved_provider_keeps_what_was_decided(published: Any, values: Any) -> None:
    decide(published, values["provider"].provider_id, "suspended", "data_check")

    published.do(save_provider, replace(values["provider"], name="Студия «Полёт»"))

    (provider,) = published.ask_as(OPERATOR, contract.LIST_PROVIDERS)["items"]
    assert (provider["name"], provider["state"]) == ("Студия «Полёт»", "suspended")


@pytest.mark.parametrize(("field", "number"), [("inn", "3899661154"), ("ogrn", "1153899750928")])
def test_a_number_with_a_wrong_check_digit_is_refused(published: Any, values: Any, field: str, number: str) -> None:
    with pytest.raises(RuleViolated) as refusal:
        published.do(save_provider, replace(values["provider"], **{field: number}))
    assert refusal.value.code == f"{field}_wrong"


def test_providers_come_by_name_page_by_page_of_the_own_region_and_of_one_state(sampled: Any) -> None:
    def pages(caller: Actor, **fields: Any) -> list[dict[str, Any]]:
        found, cursor = [], None
        while cursor is not None or not found:
            page = sampled.ask_as(caller, contract.LIST_PROVIDERS, limit=2, cursor=cursor, **fields)
            found += page["items"]
            cursor = page["next_cursor"]
        return found

    everybody = pages(OPERATOR)
    names = [provider["name"] for provider in everybody]
    assert names == sorted(names)
    assert len(everybody) == 6
    assert {provider["kind"] for provider in everybody} == {"club", "sport_school", "entrepreneur"}
    assert [each["provider_id"] for each in pages(OPERATOR, state="suspended")] == [
        "38000000-0000-4000-8000-000000000020"
    ]
    assert len(pages(OPERATOR, state="active")) == 5
    assert {each["municipality_code"][:2] for each in pages(ELSEWHERE)} == {"82"}


def test_the_database_itself_refuses_an_unknown_kind(published: Any) -> None:
    with pytest.raises(Exception, match="ck_provider_kind"):
        published.do(lambda session: session.execute(text("UPDATE provider SET kind = 'shop'")))
