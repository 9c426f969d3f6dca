"""Accounts as it runs: its own process, the real broker and database, nothing of ours in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts import sample
from chassis.testing import Suite, running_suite


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    with running_suite(services=["accounts"], sample=["accounts"]) as running:
        yield running


def sign_in(suite: Suite, email: str, password: str = sample.PASSWORD) -> dict[str, object]:
    with suite.rpc("gateway") as client:
        return client.call("accounts", "sign_in", {"email": email, "password": password})


def test_a_demo_teacher_signs_in_and_is_known(suite: Suite) -> None:
    with suite.rpc("gateway") as client:
        credentials = {"email": "teacher38@example.org", "password": sample.PASSWORD}
        session = client.call("accounts", "sign_in", credentials)["result"]
        me = client.call("accounts", "get_me", token=session["access_token"])["result"]
        again = client.call("accounts", "refresh_session", {"refresh_token": session["refresh_token"]})["result"]
    assert (me["role"], me["provider_id"]) == ("teacher", "38000000-0000-4000-8000-000000000001")
    assert again["refresh_token"] != session["refresh_token"]


def test_ten_people_sign_in_at_once(suite: Suite) -> None:
    emails = [account.email for account in sample.ACCOUNTS]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda email: sign_in(suite, email), emails))
    assert [answer["error"] for answer in answers] == [None] * 10


def test_the_broker_itself_lets_only_the_mail_worker_ask_for_an_address(suite: Suite) -> None:
    request = {"user_id": "38000000-0000-4000-8000-000000000003", "purpose": "notice"}
    with suite.rpc("gateway") as client:
        with pytest.raises(TimeoutError):
            client.call("accounts", "get_mailing_address", request, timeout_seconds=1)
        assert client.channel.is_closed
    with suite.rpc("notifications") as client:
        answered = client.call("accounts", "get_mailing_address", request)["result"]
    assert answered["email"] == "guardian38@example.org"


def test_the_log_of_the_process_names_nobody(suite: Suite) -> None:
    sign_in(suite, "guardian05@example.org")
    sign_in(suite, "guardian05@example.org", "wrong")
    written = "".join(path.read_text(encoding="utf-8") for path in suite.directory.glob("accounts-*.log"))
    assert "started" in written
    assert "example.org" not in written
    assert "Примеров" not in written
