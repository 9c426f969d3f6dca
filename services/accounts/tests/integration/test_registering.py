"""Registration and the confirmation of the address."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from accounts.domain.consents import CURRENT
from accounts.models import Account, Confirmation, Login, Registration
from chassis.errors import InvalidInput, NotFound, Refusal, RuleViolated, Unauthenticated
from contracts import accounts as contract

from .house import House, region_published
from .timing import take_the_same_time

ANSWER = {"status": "confirmation_sent"}
ANNA = "anna@example.org"
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)


def count(house: House, model: type) -> int:
    with house.transactions.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_guardian_registers_confirms_and_signs_in(house: House) -> None:
    assert house.register(ANNA) == ANSWER
    assert house.confirm(house.mailed_token()) == {"status": "confirmed"}
    session = house.sign_in(ANNA)
    me = house.call(contract.GET_ME, bearer=session["access_token"])
    assert me["email"] == ANNA
    assert (me["role"], me["region_code"]) == ("guardian", "38")
    assert me["user_id"] == house.events(contract.GUARDIAN_REGISTERED)[0].subject


def test_consent_is_kept_with_version_time_and_hash_of_its_text(
    house: House, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    house.register(ANNA)
    with house.transactions.reading() as session:
        kept = session.scalars(select(Registration)).one()
        assert (kept.consent_version, kept.consent_text_sha256) == (CURRENT.version, CURRENT.text_sha256)
        assert kept.consented_at == NOW


def test_without_consent_nobody_is_registered(house: House) -> None:
    with pytest.raises(InvalidInput) as refusal:
        house.register(ANNA, consent=False)
    assert set(refusal.value.details) == {"consent"}
    assert count(house, Account) == 0


def test_one_address_in_any_spelling_is_one_account(house: House) -> None:
    house.register("Anna@Example.org")
    house.register("anna@EXAMPLE.ORG")
    assert (count(house, Account), count(house, Login)) == (1, 1)


def test_a_confirmed_account_is_left_alone_and_the_answer_is_the_same(house: House) -> None:
    house.guardian(ANNA)
    announced = len(house.events())
    assert house.register(ANNA, password="another password") == ANSWER
    assert len(house.events()) == announced
    assert house.sign_in(ANNA)
    with pytest.raises(Unauthenticated):
        house.sign_in(ANNA, "another password")


def test_an_unconfirmed_account_is_announced_anew_with_the_next_version(house: House) -> None:
    assert house.register(ANNA) == house.register(ANNA) == ANSWER
    first, second = house.events(contract.GUARDIAN_REGISTERED)
    assert first.subject == second.subject
    assert (first.version, second.version) == (1, 2)


def test_an_address_is_mailed_at_most_five_times_a_day(house: House, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    assert [house.register(ANNA) for _ in range(7)] == [ANSWER] * 7
    assert len(house.events()) == 5
    clock_at(NOW + timedelta(days=1, seconds=1))
    house.register(ANNA)
    assert len(house.events()) == 6


def test_a_link_activates_the_password_of_its_own_form(house: House) -> None:
    house.register(ANNA, password="the owner's password")
    owners_link = house.mailed_token()
    house.register(ANNA, password="a stranger's password")
    house.confirm(owners_link)
    assert house.sign_in(ANNA, "the owner's password")
    with pytest.raises(Unauthenticated):
        house.sign_in(ANNA, "a stranger's password")


def test_a_second_link_changes_nothing_once_the_account_is_open(house: House) -> None:
    house.register(ANNA, password="the owner's password")
    owners_link = house.mailed_token()
    house.register(ANNA, password="a stranger's password")
    strangers_link = house.mailed_token()
    house.confirm(owners_link)
    assert house.confirm(strangers_link) == {"status": "confirmed"}
    assert house.sign_in(ANNA, "the owner's password")


def test_a_waiting_account_can_begin_anew_in_another_region(house: House) -> None:
    house.register(ANNA, "38")
    first_link = house.mailed_token()
    house.register(ANNA, "05")
    with pytest.raises(RuleViolated):
        house.confirm(first_link)
    house.confirm(house.mailed_token())
    me = house.call(contract.GET_ME, bearer=house.sign_in(ANNA)["access_token"])
    assert me["region_code"] == "05"
    assert [(each.region_code, each.version) for each in house.events()] == [("38", 1), ("05", 2)]


def test_of_twenty_registrations_at_once_one_makes_the_account(house: House) -> None:
    barrier = Barrier(20)

    def register() -> dict[str, str]:
        barrier.wait()
        return house.register(ANNA)

    with ThreadPoolExecutor(20) as pool:
        answers = [future.result() for future in [pool.submit(register) for _ in range(20)]]
    assert answers == [ANSWER] * 20
    assert count(house, Account) == 1
    assert [event.version for event in house.events()] == [1, 2, 3, 4, 5]


def test_strangers_who_choose_the_same_key_do_not_meet(house: House) -> None:
    for email in (ANNA, "boris@example.org"):
        assert house.register(email, key="1") == ANSWER
    assert len(house.events(contract.GUARDIAN_REGISTERED)) == 2


def test_the_same_key_has_one_effect(house: House) -> None:
    key = str(uuid.uuid4())
    assert house.register(ANNA, key=key) == house.register(ANNA, key=key) == ANSWER
    assert len(house.events()) == 1


def test_an_unknown_region_is_a_wrong_field(house: House) -> None:
    with pytest.raises(InvalidInput) as refusal:
        house.register(ANNA, "77")
    assert (refusal.value.code, refusal.value.details) == ("unknown_region", {"region_code": "unknown_region"})
    assert house.catalog_log.asked == ["77"]
    assert count(house, Account) == 0


def test_a_region_that_was_published_a_moment_ago_is_asked_for(house: House) -> None:
    house.catalog_log.undelivered["77"] = region_published("77", "Europe/Moscow")
    assert house.register(ANNA, "77") == ANSWER


@pytest.mark.parametrize("full_name", ["   ", "<script>", "12345"])
def test_a_name_is_made_of_letters(standing_house: House, full_name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        standing_house.register(ANNA, full_name=full_name)
    assert set(refusal.value.details) == {"full_name"}


def test_only_the_hash_of_a_link_is_stored(house: House) -> None:
    house.register(ANNA)
    token = house.mailed_token()
    with house.transactions.reading() as session:
        stored = session.scalars(select(Confirmation.token_sha256)).all()
    assert all(token.encode() not in each and len(each) == 32 for each in stored)
    assert all(token not in str(event) for event in house.events())


def test_a_used_link_answers_the_same_again(house: House, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    house.register(ANNA)
    token = house.mailed_token()
    house.confirm(token)
    clock_at(NOW + timedelta(days=2))
    assert house.confirm(token) == {"status": "confirmed"}


def test_a_link_lives_for_24_hours(house: House, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    house.register(ANNA)
    token = house.mailed_token()
    clock_at(NOW + timedelta(hours=24))
    with pytest.raises(RuleViolated) as refusal:
        house.confirm(token)
    assert refusal.value.code == "confirmation_invalid"
    clock_at(NOW + timedelta(hours=24, seconds=-1))
    assert house.confirm(token) == {"status": "confirmed"}


@pytest.mark.parametrize("token", ["x", "38.", "38.AAAA", "..", "38"])
def test_a_made_up_link_is_refused(standing_house: House, token: str) -> None:
    with pytest.raises(RuleViolated) as refusal:
        standing_house.confirm(token)
    assert refusal.value.code == "confirmation_invalid"


def test_a_link_of_one_region_is_none_in_another(house: House) -> None:
    house.register(ANNA)
    with pytest.raises(RuleViolated):
        house.confirm("05" + house.mailed_token()[2:])


def test_only_the_mail_worker_learns_an_address(house: House) -> None:
    house.register(ANNA)
    request = {"user_id": house.events()[0].subject, "purpose": "email_confirmation"}
    for peer in ("", "gateway", "billing"):
        with pytest.raises(Refusal) as refusal:
            house.call(contract.GET_MAILING_ADDRESS, peer=peer, **request)
        assert refusal.value.kind in ("unauthenticated", "forbidden")
    answer = house.call(contract.GET_MAILING_ADDRESS, peer="notifications", **request)
    assert (answer["email"], answer["region_code"]) == (ANNA, "38")


def test_notices_go_to_confirmed_addresses_only(house: House) -> None:
    house.register(ANNA)
    request = {"peer": "notifications", "user_id": house.events()[0].subject, "purpose": "notice"}
    with pytest.raises(NotFound):
        house.call(contract.GET_MAILING_ADDRESS, **request)
    house.confirm(house.mailed_token())
    assert house.call(contract.GET_MAILING_ADDRESS, **request)["token"] is None


def test_a_confirmed_account_gets_no_further_links(house: House) -> None:
    house.register(ANNA)
    house.confirm(house.mailed_token())
    with pytest.raises(RuleViolated) as refusal:
        house.mailed_token()
    assert refusal.value.code == "email_already_confirmed"


def test_registering_a_known_and_an_unknown_address_takes_the_same_time(house: House) -> None:
    house.guardian(ANNA)
    assert take_the_same_time(
        lambda: house.register(ANNA), lambda: house.register(f"unknown{uuid.uuid4().hex}@example.org")
    )
