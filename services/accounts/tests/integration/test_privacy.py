"""Personal data stays in the tables of accounts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from accounts.commands import upkeep
from accounts.domain import signing_in
from accounts.models import Account, Confirmation, Login, RefreshToken, Registration, SignedIn, SignInAttempts
from chassis import context, threads
from chassis.errors import Refusal, Unavailable
from contracts import accounts as contract

from .house import PASSWORD, SNILS, House, enrolled

ANNA = "anna.primerova@example.org"
PERSONAL = ("primerova", "Пример", "Мария", "112-233-445", "11223344595", "2016-04-12", PASSWORD)
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)


def refusals(house: House, token: str) -> list[Refusal]:
    """Every refusal that follows from something personal."""
    attempts: list[Callable[[], Any]] = [
        lambda: house.child(token, snils=SNILS),
        lambda: house.child(token, snils=SNILS[:-1] + "0"),
        lambda: house.child(token, born_on="2006-04-12"),
        lambda: house.child(token, given_name="Мария!"),
        lambda: house.register(ANNA, full_name="Примерова!"),
        lambda: house.register(ANNA + "@", full_name="Примерова"),
        lambda: house.sign_in(ANNA, PASSWORD + "!"),
        lambda: house.sign_in(ANNA + ".net"),
    ]
    found = []
    for attempt in attempts:
        with pytest.raises(Refusal) as caught:
            attempt()
        found.append(caught.value)
    return found


def test_events_refusals_and_logs_name_nobody(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    token = house.guardian(ANNA)
    child_id = house.child(token, snils=SNILS)["child_id"]
    house.hear(enrolled(child_id, child_id))
    said = [f"{refusal.code} {refusal.message} {refusal.details}" for refusal in refusals(house, token)]
    announced = [str(event).replace("'born_on': '2016-04-12'", "") for event in house.events()]
    written = capfd.readouterr()
    for personal in PERSONAL:
        assert not [each for each in (*said, *announced, written.out, written.err) if personal in each]


def test_what_has_served_its_time_is_deleted(house: House, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    house.guardian(ANNA)
    house.register("waiting@example.org")
    house.mailed_token()
    with pytest.raises(Refusal):
        house.sign_in("nobody@example.org")
    kept = {Account: 1, Login: 1, Registration: 1, Confirmation: 0, SignedIn: 0, RefreshToken: 0, SignInAttempts: 0}
    clock_at(NOW + signing_in.SESSION_LIFETIME + upkeep.KEPT_AFTER_EXPIRY + timedelta(seconds=1))
    house.service.forget_the_expired()
    with house.transactions.reading() as session:
        left = {model: session.scalar(select(func.count()).select_from(model)) for model in kept}
    assert left == kept


def test_nothing_is_deleted_early(house: House, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    house.guardian(ANNA)
    house.register("waiting@example.org")
    house.mailed_token()
    clock_at(NOW + timedelta(days=6))
    house.service.forget_the_expired()
    with house.transactions.reading() as session:
        counts = [
            session.scalar(select(func.count()).select_from(model)) for model in (Account, Confirmation, SignedIn)
        ]
    assert counts == [2, 2, 1]


def test_an_account_that_is_asked_for_again_waits_on(house: House, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    house.register(ANNA)
    clock_at(NOW + timedelta(days=6))
    house.register(ANNA)
    clock_at(NOW + timedelta(days=8))
    house.service.forget_the_expired()
    clock_at(NOW + timedelta(days=6, hours=23))
    assert house.confirm(house.mailed_token()) == {"status": "confirmed"}
    assert house.sign_in(ANNA)


def test_the_stored_hash_of_a_registration_is_not_made_from_the_password(house: House) -> None:
    house.register(ANNA, key="first-key")
    house.register(ANNA, key="second-key", password="quite another one")
    with house.transactions.reading() as session:
        hashes = session.execute(text("SELECT DISTINCT request_hash FROM command")).all()
    assert len(hashes) == 1


def test_the_stored_hash_of_a_child_s_form_is_not_made_from_the_insurance_number(house: House) -> None:
    token = house.guardian(ANNA)
    child = house.child(token, snils=SNILS, key="first-key")
    assert house.child(token, snils="001-001-997 00", key="first-key") == child
    with pytest.raises(Refusal) as reused:
        house.child(token, given_name="Дарья", snils=SNILS, key="first-key")
    assert reused.value.code == "idempotency_key_reused"


def test_an_attempt_that_nobody_had_time_for_does_not_count(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise Unavailable("busy")

    monkeypatch.setattr(threads, "run", busy)
    for _ in range(12):
        with pytest.raises(Unavailable):
            house.sign_in(ANNA)
    with house.transactions.reading() as session:
        assert session.scalars(select(SignInAttempts.count)).all() == [0]


def test_nobody_is_asked_for_without_a_token(house: House) -> None:
    assert context.current().actor is None
    for method in (contract.GET_ME, contract.LIST_CHILDREN, contract.SIGN_OUT):
        with pytest.raises(Refusal) as refusal:
            house.call(method)
        assert refusal.value.code == "token_missing"
