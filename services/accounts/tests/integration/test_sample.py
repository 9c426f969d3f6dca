"""The demo accounts."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from accounts import sample
from accounts.models import Account
from contracts import accounts as contract

from .house import House


def test_every_role_of_both_regions_can_sign_in(house: House) -> None:
    sample.main(house.service.settings)
    for region_code in ("38", "05"):
        for role in contract.ROLES:
            session = house.sign_in(f"{role}{region_code}@example.org", "kruzhok-demo-2026")
            me = house.call(contract.GET_ME, bearer=session["access_token"])
            assert (me["role"], me["region_code"]) == (role, region_code)


@pytest.mark.parametrize(("region_code", "municipality_code"), [("38", "25701000"), ("05", "82654000")])
def test_staff_are_limited_to_what_the_other_samples_know(
    house: House, region_code: str, municipality_code: str
) -> None:
    sample.main(house.service.settings)
    provider_id = f"{region_code}000000-0000-4000-8000-000000000001"
    scopes = {
        role: house.service.verify(house.sign_in(f"{role}{region_code}@example.org", sample.PASSWORD)["access_token"])
        for role in contract.ROLES
    }
    assert scopes["teacher"].subject == f"{region_code}000000-0000-4000-8000-000000000002"
    assert {role: dict(actor.scope) for role, actor in scopes.items()} == {
        "guardian": {},
        "teacher": {"provider_id": provider_id},
        "provider": {"provider_id": provider_id},
        "municipality": {"municipality_code": municipality_code},
        "region": {},
    }


def test_loading_twice_changes_nothing_and_mails_nobody(house: House) -> None:
    for _ in range(2):
        sample.main(house.service.settings)
    with house.transactions.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 10
    assert house.events() == []


def test_the_published_password_stays_out_of_other_environments(house: House) -> None:
    with pytest.raises(SystemExit, match="only KRUZHOK_ENV=local or test"):
        sample.main(replace(house.service.settings, environment="production"))
    with house.transactions.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0
