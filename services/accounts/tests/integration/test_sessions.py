"""Signing in, refresh tokens and signing out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import jwt
import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy import event as hooks
from sqlalchemy.exc import OperationalError

from accounts.models import Account, RefreshToken, SignedIn, SignInAttempts
from chassis.errors import Refusal, Unauthenticated
from contracts import accounts as contract

from .house import PASSWORD, House
from .timing import take_the_same_time

ANNA, NOBODY = "anna@example.org", "nobody@example.org"
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)


@pytest.fixture
def anna(house: House) -> str:
    house.register(ANNA)
    house.confirm(house.mailed_token())
    return ANNA


def refusal_of(work: Callable[[], Any]) -> tuple[str, str, dict[str, str]]:
    with pytest.raises(Refusal) as caught:
        work()
    return caught.value.kind, caught.value.code, caught.value.details


def refresh(house: House, token: str) -> dict[str, Any]:
    return house.call(contract.REFRESH_SESSION, refresh_token=token)


def test_the_access_token_is_signed_short_and_says_who_calls(house: House, anna: str) -> None:
    session = house.sign_in(anna)
    assert (session["token_type"], session["expires_in"]) == ("Bearer", 900)
    assert jwt.get_unverified_header(session["access_token"])["alg"] == "EdDSA"
    caller = house.service.verify(session["access_token"])
    assert (caller.role, caller.region_code, dict(caller.scope)) == ("guardian", "38", {})
    assert caller.session_id


def test_unknown_address_and_wrong_password_get_one_answer(house: House, anna: str) -> None:
    wrong = refusal_of(lambda: house.sign_in(anna, "wrong"))
    assert wrong == refusal_of(lambda: house.sign_in(NOBODY, "wrong"))
    assert wrong[:2] == ("unauthenticated", "credentials_invalid")


def test_an_unconfirmed_account_is_told_so_only_with_the_right_password(house: House) -> None:
    house.register(ANNA)
    assert refusal_of(lambda: house.sign_in(ANNA, "wrong"))[1] == "credentials_invalid"
    assert refusal_of(lambda: house.sign_in(ANNA))[1] == "email_not_confirmed"


def test_unknown_address_and_wrong_password_take_the_same_time(house: House, anna: str) -> None:
    def wrong(email: str) -> Callable[[], object]:
        return lambda: refusal_of(lambda: house.sign_in(email, "wrong"))

    assert take_the_same_time(wrong(anna), wrong(NOBODY))


@pytest.mark.parametrize("email", [ANNA, NOBODY])
def test_after_ten_attempts_even_the_right_password_waits(
    house: House, anna: str, clock_at: Callable[[datetime], None], email: str
) -> None:
    clock_at(NOW)
    codes = [refusal_of(lambda: house.sign_in(email, "wrong"))[1] for _ in range(12)]
    assert codes == ["credentials_invalid"] * 10 + ["too_many_attempts"] * 2
    _, code, details = refusal_of(lambda: house.sign_in(email))
    assert (code, details) == ("too_many_attempts", {"retry_after_seconds": "900"})


def test_attempts_are_forgotten_after_a_quarter_of_an_hour_and_after_a_sign_in(
    house: House, anna: str, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    for _ in range(11):
        refusal_of(lambda: house.sign_in(anna, "wrong"))
    clock_at(NOW + timedelta(minutes=15))
    assert house.sign_in(anna)
    with house.transactions.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempts)) == 0


def test_guesses_sent_at_once_are_bounded_too(house: House, anna: str) -> None:
    barrier = Barrier(30)

    def guess(_: int) -> str:
        barrier.wait()
        return refusal_of(lambda: house.sign_in(anna, "wrong"))[1]

    with ThreadPoolExecutor(30) as pool:
        codes = list(pool.map(guess, range(30)))
    assert codes.count("credentials_invalid") == 10
    assert codes.count("too_many_attempts") == 20


def test_an_older_hash_is_replaced_at_sign_in(house: House, anna: str) -> None:
    from argon2 import PasswordHasher

    with house.transactions.writing() as session:
        account = session.scalars(select(Account)).one()
        account.password_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    house.sign_in(anna)
    with house.transactions.reading() as session:
        assert "m=19456,t=2,p=1" in session.scalars(select(Account.password_hash)).one()
    assert house.sign_in(anna)


def test_a_refresh_token_is_exchanged_for_the_next(house: House, anna: str) -> None:
    first = house.sign_in(anna)
    second = refresh(house, first["refresh_token"])
    third = refresh(house, second["refresh_token"])
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    sessions = {house.service.verify(each["access_token"]).session_id for each in (first, second, third)}
    assert len(sessions) == 1


def test_an_exchange_whose_answer_was_lost_may_be_repeated_at_once(house: House, anna: str) -> None:
    first = house.sign_in(anna)["refresh_token"]
    lost, found = (refresh(house, first) for _ in range(2))
    assert lost["refresh_token"] != found["refresh_token"]
    assert refresh(house, found["refresh_token"])


def test_a_token_used_a_third_time_ends_the_session_for_all(house: House, anna: str) -> None:
    first = house.sign_in(anna)["refresh_token"]
    tokens = [first, *(refresh(house, first)["refresh_token"] for _ in range(2))]
    assert {refusal_of(lambda token=token: refresh(house, token))[1] for token in tokens} == {"session_over"}
    with house.transactions.reading() as session:
        assert session.scalars(select(SignedIn.ended_because)).all() == ["token_used_twice"]


def test_two_who_hold_one_token_give_themselves_away_in_either_order(house: House, anna: str) -> None:
    for honest_comes_first in (True, False):
        stolen = house.sign_in(anna)["refresh_token"]
        earlier, later = (refresh(house, stolen)["refresh_token"] for _ in range(2))
        if honest_comes_first:
            refresh(house, later)
        assert refusal_of(lambda token=earlier: refresh(house, token))[1] == "session_over"
        assert refusal_of(lambda token=later: refresh(house, token))[1] == "session_over"


def test_a_token_whose_successor_was_used_ends_the_session(house: House, anna: str) -> None:
    first = house.sign_in(anna)["refresh_token"]
    third = refresh(house, refresh(house, first)["refresh_token"])["refresh_token"]
    assert refusal_of(lambda: refresh(house, first))[1] == "session_over"
    assert refusal_of(lambda: refresh(house, third))[1] == "session_over"


@pytest.mark.parametrize(("seconds", "renewed"), [(30, True), (31, False)])
def test_half_a_minute_later_a_used_token_ends_the_session(
    house: House, anna: str, clock_at: Callable[[datetime], None], seconds: int, renewed: bool
) -> None:
    clock_at(NOW)
    first = house.sign_in(anna)["refresh_token"]
    second = refresh(house, first)["refresh_token"]
    clock_at(NOW + timedelta(seconds=seconds))
    if renewed:
        assert refresh(house, first)
        return
    assert refusal_of(lambda: refresh(house, first))[1] == "session_over"
    assert refusal_of(lambda: refresh(house, second))[1] == "session_over"


def test_reuse_ends_that_session_alone(house: House, anna: str) -> None:
    stolen, other = (house.sign_in(anna)["refresh_token"] for _ in range(2))
    refresh(house, refresh(house, stolen)["refresh_token"])
    assert refusal_of(lambda: refresh(house, stolen))[1] == "session_over"
    assert refresh(house, other)


def test_of_ten_exchanges_of_one_token_at_once_two_are_answered_and_the_session_ends(house: House, anna: str) -> None:
    token, barrier = house.sign_in(anna)["refresh_token"], Barrier(10)

    def exchange(_: int) -> str:
        barrier.wait()
        try:
            return str(refresh(house, token)["refresh_token"])
        except Unauthenticated:
            return ""

    with ThreadPoolExecutor(10) as pool:
        won = [each for each in pool.map(exchange, range(10)) if each]
    assert len(won) == 2
    assert {refusal_of(lambda each=each: refresh(house, each))[1] for each in won} == {"session_over"}


def test_only_hashes_of_refresh_tokens_are_stored(house: House, anna: str) -> None:
    token = house.sign_in(anna)["refresh_token"]
    with house.transactions.reading() as session:
        stored = session.scalars(select(RefreshToken.token_sha256)).all()
    assert all(len(each) == 32 and token.encode() not in each for each in stored)


def test_a_session_lives_for_thirty_days(house: House, anna: str, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    first = house.sign_in(anna)["refresh_token"]
    clock_at(NOW + timedelta(days=29))
    second = refresh(house, first)["refresh_token"]
    clock_at(NOW + timedelta(days=30))
    assert refusal_of(lambda: refresh(house, second))[1] == "session_over"


def test_signing_out_ends_this_session_and_no_other(house: House, anna: str) -> None:
    here, there = house.sign_in(anna), house.sign_in(anna)
    assert house.call(contract.SIGN_OUT, bearer=here["access_token"]) == {}
    assert house.call(contract.SIGN_OUT, bearer=here["access_token"]) == {}
    assert refusal_of(lambda: refresh(house, here["refresh_token"]))[1] == "session_over"
    assert refresh(house, there["refresh_token"])


@pytest.mark.parametrize("token", ["x", "38.x", "05.", "."])
def test_a_made_up_refresh_token_is_refused(standing_house: House, token: str) -> None:
    assert refusal_of(lambda: refresh(standing_house, token))[:2] == ("unauthenticated", "session_over")


def test_a_forged_access_token_opens_nothing(house: House, anna: str) -> None:
    token = house.sign_in(anna)["access_token"]
    header, body, signature = token.split(".")
    forged = f"{header}.{body[:-2]}AA.{signature}"
    with pytest.raises(Unauthenticated):
        house.call(contract.GET_ME, bearer=forged)


def test_an_old_access_token_opens_nothing(house: House, anna: str, clock_at: Callable[[datetime], None]) -> None:
    clock_at(NOW)
    token = house.sign_in(anna)["access_token"]
    clock_at(NOW + timedelta(minutes=16))
    with pytest.raises(Unauthenticated):
        house.call(contract.GET_ME, bearer=token)


def test_the_limit_is_kept_in_the_database_and_names_no_address(house: House, anna: str) -> None:
    refusal_of(lambda: house.sign_in(NOBODY, "wrong"))
    with house.transactions.reading() as session:
        row = session.scalars(select(SignInAttempts)).one()
        assert row.count == 1
        assert b"nobody" not in row.email_index


def test_the_token_of_an_account_that_is_gone_finds_nobody(house: House, anna: str) -> None:
    token = house.sign_in(anna)["access_token"]
    with house.transactions.writing() as session:
        session.execute(delete(Account))
    assert refusal_of(lambda: house.call(contract.GET_ME, bearer=token))[:2] == ("not_found", "person_not_found")


def test_a_sign_in_that_meets_another_one_s_success_is_no_bug(house: House, anna: str) -> None:
    """Whoever signs in forgets the attempts so far; one that is just being counted is counted anew."""
    engine = house.service.transactions.engine
    met: list[str] = []

    def forget(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if met or not statement.startswith("INSERT INTO sign_in_attempts"):
            return
        met.append(statement)
        with engine.connect() as another, suppress(OperationalError):
            another.execute(text("SET LOCAL lock_timeout = '100ms'"))
            another.execute(delete(SignInAttempts))
            another.commit()

    with pytest.raises(Unauthenticated):
        house.sign_in(anna, password="wrong password")
    hooks.listen(engine, "after_cursor_execute", forget)
    try:
        assert house.sign_in(anna)["token_type"] == "Bearer"
    finally:
        hooks.remove(engine, "after_cursor_execute", forget)
    assert met
