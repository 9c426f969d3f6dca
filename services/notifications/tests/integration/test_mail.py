import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select, text
from structlog.testing import capture_logs

from chassis.database import Transactions
from chassis.errors import NotFound, Unavailable
from contracts.accounts import GET_MAILING_ADDRESS
from notifications import deliveries, smtp
from notifications.domain.letters import Sender
from notifications.domain.retries import ATTEMPTS
from notifications.mail import MailWorker
from notifications.models import Base, Delivery
from notifications.smtp import Server

from .facts import FATHER, MOTHER, child_registered, credited, group_published, guardian_registered, hear_each
from .mailbox import Mailbox, mail_server

AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
PEOPLE = {MOTHER: "anna@example.org", FATHER: "ivan@example.org"}
TOKEN = "one-time-Token_42"
Clock = Callable[[datetime], None]


@dataclass
class Accounts:
    """The neighbour at the RPC boundary: answers as its contract says, from memory."""

    refusal: Exception | None = None
    on_call: Callable[[], None] = lambda: None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        assert not GET_MAILING_ADDRESS.request().validate(request)
        self.asked.append(request)
        self.on_call()
        if self.refusal:
            raise self.refusal
        answer = {
            "email": PEOPLE[request["user_id"]],
            "full_name": "Анна Ивановна Примерова",
            "region_code": "38",
            "token": TOKEN if request["purpose"] == "email_confirmation" else None,
        }
        assert GET_MAILING_ADDRESS.reply is not None
        return dict(GET_MAILING_ADDRESS.reply().dump(answer))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as started:
        yield started


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def worker(transactions: Transactions, mailbox: Mailbox, accounts: Accounts) -> MailWorker:
    sender = Sender("Навигатор", "no-reply@example.org")
    return MailWorker(transactions, accounts, Server.parse(mailbox.url), sender, "https://p38.example.org")


def only_delivery(transactions: Transactions) -> Delivery:
    with transactions.writing() as session:
        return session.scalars(select(Delivery)).one()


def one_notice(transactions: Transactions) -> str:
    hear_each(transactions, child_registered((MOTHER,)), credited())
    return only_delivery(transactions).delivery_id


def test_a_notice_goes_out_once_to_the_guardian(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox
) -> None:
    delivery_id = one_notice(transactions)
    assert len(worker.send_due()) == 1
    assert worker.send_due() == []
    (mail,) = mailbox.mails
    assert mail["Message-ID"] == f"<{delivery_id}@example.org>"
    assert str(mail["From"]) == "Навигатор <no-reply@example.org>"
    assert mail["To"].addresses[0].addr_spec == "anna@example.org"
    assert mail["Subject"].replace("\u202f", " ").replace("\u00a0", " ") == "На сертификат зачислено 12 000,00 ₽"
    assert "Анна Ивановна Примерова" in mail.get_content()
    assert "из бюджета муниципалитета" in mail.get_content()
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.attempts, delivery.leased_until, delivery.reason) == ("sent", 1, None, None)
    assert delivery.sent_at is not None


def test_every_guardian_gets_a_mail_of_their_own(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox
) -> None:
    hear_each(transactions, child_registered(), credited())
    assert [len(worker.send_due()) for _ in range(2)] == [2, 0]
    assert sorted(mail["To"].addresses[0].addr_spec for mail in mailbox.mails) == sorted(PEOPLE.values())


def test_the_confirmation_mail_carries_the_token_and_nothing_keeps_it(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox
) -> None:
    hear_each(transactions, guardian_registered())
    with capture_logs() as logged:
        assert len(worker.send_due()) == 1
    (mail,) = mailbox.mails
    lines = mail.get_content().splitlines()
    assert f"Код подтверждения: {TOKEN}" in lines
    assert f"https://p38.example.org/confirm?token={TOKEN}" in lines
    kept = str([tuple(row) for table in Base.metadata.sorted_tables for row in rows(transactions, table.name)])
    assert only_delivery(transactions).delivery_id in kept
    assert logged
    for private in (TOKEN, "anna@example.org", "Примерова"):
        assert private not in kept
        assert private not in str(logged)


def rows(transactions: Transactions, table: str) -> list[Any]:
    with transactions.reading() as session:
        return list(session.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t")))


def test_no_transaction_is_open_while_accounts_and_the_mail_server_are_asked(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, accounts: Accounts
) -> None:
    one_notice(transactions)
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND xact_start IS NOT NULL"
    )
    open_then: list[int | None] = []

    def count() -> None:
        with transactions.reading() as session:
            open_then.append(session.scalar(others))

    accounts.on_call = mailbox.on_arrival = count
    assert len(worker.send_due()) == 1
    assert open_then == [0, 0]
    assert len(mailbox.mails) == 1


def test_while_the_mail_server_is_down_tries_grow_rarer_and_then_end_with_a_reason(
    worker: MailWorker, transactions: Transactions, clock_at: Clock
) -> None:
    clock_at(AT)
    one_notice(transactions)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = replace(worker, server=Server.parse(f"smtp://127.0.0.1:{closed.getsockname()[1]}"))
    now, waits = AT, []
    for _ in range(ATTEMPTS - 1):
        assert len(nobody.send_due()) == 1
        delivery = only_delivery(transactions)
        assert (delivery.state, delivery.reason) == ("pending", "mail_server_ConnectionRefusedError")
        waits.append(delivery.due_at - now)
        clock_at(delivery.due_at - timedelta(milliseconds=1))
        assert nobody.send_due() == []
        now = delivery.due_at
        clock_at(now)
    assert waits == [timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800, 7200)]
    assert len(nobody.send_due()) == 1
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.attempts) == ("failed", ATTEMPTS)
    clock_at(now + timedelta(days=2))
    assert worker.send_due() == []


def test_once_the_mail_server_is_back_the_mail_goes_out(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, clock_at: Clock
) -> None:
    clock_at(AT)
    one_notice(transactions)
    mailbox.answer_to_data = "451 4.3.0 later"
    assert len(worker.send_due()) == 1
    assert only_delivery(transactions).reason == "mail_server_answered_451"
    mailbox.answer_to_data = ""
    clock_at(AT + timedelta(seconds=5))
    assert len(worker.send_due()) == 1
    assert len(mailbox.mails) == 1
    assert only_delivery(transactions).state == "sent"


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ("550 5.1.1 <anna@example.org>: no such mailbox", "failed", "recipient_refused_550"),
        ("450 4.2.1 <anna@example.org>: try later", "pending", "mail_server_SMTPRecipientsRefused"),
    ],
)
def test_a_refused_recipient_ends_at_once_or_waits_and_leaves_no_address_behind(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, answer: str, state: str, reason: str
) -> None:
    one_notice(transactions)
    mailbox.answer_to_recipient = answer
    with capture_logs() as logged:
        assert len(worker.send_due()) == 1
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.reason) == (state, reason)
    assert "anna" not in str(logged)


@pytest.mark.parametrize(
    ("refusal", "state", "reason"),
    [
        (Unavailable("neighbour_timed_out"), "pending", "accounts_unavailable"),
        (NotFound("user_not_found"), "failed", "user_not_found"),
    ],
)
def test_what_accounts_refuses_waits_or_ends(
    worker: MailWorker,
    transactions: Transactions,
    mailbox: Mailbox,
    accounts: Accounts,
    refusal: Exception,
    state: str,
    reason: str,
) -> None:
    one_notice(transactions)
    accounts.refusal = refusal
    assert len(worker.send_due()) == 1
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.reason) == (state, reason)
    assert mailbox.mails == []


@pytest.mark.parametrize("email", ["no address at all", "anna@example.org\r\nBcc: ivan@example.org"])
def test_an_address_that_no_mail_can_have_ends_at_once(
    worker: MailWorker,
    transactions: Transactions,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    email: str,
) -> None:
    one_notice(transactions)
    monkeypatch.setitem(PEOPLE, MOTHER, email)
    assert len(worker.send_due()) == 1
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.reason) == ("failed", "address_unusable")
    assert mailbox.mails == []


def test_several_workers_at_once_send_each_mail_once(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox
) -> None:
    hear_each(transactions, child_registered(), group_published(), *(credited() for _ in range(30)))

    def work(_number: int) -> int:
        sent = 0
        while tried := worker.send_due():
            sent += len(tried)
        return sent

    with ThreadPoolExecutor(4) as threads:
        shares = list(threads.map(work, range(4)))
    assert sum(shares) == 60
    identities = [mail["Message-ID"] for mail in mailbox.mails]
    assert len(identities) == len(set(identities)) == 60


def test_a_worker_that_dies_leaves_the_mail_to_another_one_after_the_lease(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, accounts: Accounts, clock_at: Clock
) -> None:
    clock_at(AT)
    delivery_id = one_notice(transactions)

    def die() -> None:
        raise KeyboardInterrupt

    mailbox.on_arrival, accounts.on_call = lambda: None, die
    with pytest.raises(KeyboardInterrupt):
        worker.send_due()
    accounts.on_call = lambda: None
    clock_at(AT + deliveries.LEASE - timedelta(seconds=1))
    assert worker.send_due() == []
    clock_at(AT + deliveries.LEASE)
    assert len(worker.send_due()) == 1
    assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{delivery_id}@example.org>"]


def test_a_mail_that_kills_every_worker_is_given_up(
    worker: MailWorker, transactions: Transactions, accounts: Accounts, clock_at: Clock
) -> None:
    clock_at(AT)
    one_notice(transactions)

    def die() -> None:
        raise KeyboardInterrupt

    accounts.on_call = die
    for attempt in range(ATTEMPTS):
        clock_at(AT + attempt * deliveries.LEASE)
        with pytest.raises(KeyboardInterrupt):
            worker.send_due()
    clock_at(AT + ATTEMPTS * deliveries.LEASE)
    assert worker.send_due() == []
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.reason, delivery.attempts) == ("failed", "interrupted", ATTEMPTS)


def test_a_worker_that_outlived_its_lease_changes_nothing_any_more(transactions: Transactions, clock_at: Clock) -> None:
    clock_at(AT)
    one_notice(transactions)
    with transactions.writing() as session:
        (slow,) = deliveries.claim(session, AT)
    with transactions.writing() as session:
        (quick,) = deliveries.claim(session, AT + deliveries.LEASE)
    with transactions.writing() as session:
        deliveries.failed(session, slow, "mail_server_TimeoutError", AT + deliveries.LEASE, final=True)
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.reason, delivery.leased_until) == ("pending", None, AT + 2 * deliveries.LEASE)
    with transactions.writing() as session:
        deliveries.sent(session, [quick], AT + deliveries.LEASE)
    with transactions.writing() as session:
        deliveries.failed(session, slow, "mail_server_TimeoutError", AT + deliveries.LEASE, final=True)
    assert only_delivery(transactions).state == "sent"


def test_a_mail_server_that_says_nothing_is_left_after_the_timeout(
    worker: MailWorker, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    one_notice(transactions)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = replace(worker, server=Server.parse(f"smtp://127.0.0.1:{silent.getsockname()[1]}"))
        assert len(mute.send_due()) == 1
    delivery = only_delivery(transactions)
    assert (delivery.state, delivery.reason) == ("pending", "mail_server_SMTPServerDisconnected")


def test_a_mail_server_that_drags_out_each_step_is_left_when_the_conversation_s_time_is_over(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "CONVERSATION_SECONDS", 0.3)
    mailbox.on_arrival = lambda: sleep(1.0)
    one_notice(transactions)
    assert len(worker.send_due()) == 1
    assert only_delivery(transactions).reason in {"mail_server_TimeoutError", "mail_server_SMTPServerDisconnected"}


def test_while_accounts_is_away_the_mail_is_tried_every_five_seconds_and_never_given_up(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, accounts: Accounts, clock_at: Clock
) -> None:
    clock_at(AT)
    one_notice(transactions)
    accounts.refusal = Unavailable("neighbour_timed_out")
    for number in range(3 * ATTEMPTS):
        clock_at(AT + number * timedelta(seconds=5))
        assert len(worker.send_due()) == 1
        assert worker.send_due() == []
    accounts.refusal = None
    clock_at(AT + 3 * ATTEMPTS * timedelta(seconds=5))
    assert len(worker.send_due()) == 1
    assert len(mailbox.mails) == 1
    assert only_delivery(transactions).attempts == 1


def test_mail_is_not_sent_in_the_clear_where_encryption_was_asked_for(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox
) -> None:
    one_notice(transactions)
    encrypted = replace(worker, server=Server.parse(mailbox.url.replace("smtp://", "smtp+starttls://")))
    assert len(encrypted.send_due()) == 1
    assert mailbox.mails == []
    assert only_delivery(transactions).reason == "mail_server_SMTPNotSupportedError"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "state"), [("p:w", "sent"), ("wrong", "pending")])
def test_the_worker_signs_in_where_the_mail_server_asks_for_it(
    worker: MailWorker, transactions: Transactions, password: str, state: str
) -> None:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        return AuthResult(success=(login.login, login.password) == (b"box", b"p:w"), handled=False)

    one_notice(transactions)
    with mail_server(authenticator=check, auth_required=True, auth_require_tls=False) as guarded:
        server = Server.parse(guarded.url.replace("//", f"//box:{password.replace(':', '%3A')}@"))
        assert len(replace(worker, server=server).send_due()) == 1
        assert len(guarded.mails) == (1 if state == "sent" else 0)
    delivery = only_delivery(transactions)
    assert delivery.state == state
    assert delivery.reason == (None if state == "sent" else "mail_server_answered_535")


def two_notices(transactions: Transactions) -> None:
    hear_each(transactions, child_registered(), credited())


def test_mails_that_are_due_together_go_out_in_one_conversation_and_a_person_is_asked_for_once(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, accounts: Accounts
) -> None:
    hear_each(transactions, child_registered(), credited(), credited())
    assert len(worker.send_due()) == 4
    assert len(mailbox.mails) == 4
    assert mailbox.conversations == 1
    assert sorted(question["user_id"] for question in accounts.asked) == sorted(PEOPLE)


def test_each_confirmation_mail_gets_a_token_of_its_own(
    worker: MailWorker, transactions: Transactions, accounts: Accounts
) -> None:
    hear_each(transactions, guardian_registered(), guardian_registered())
    assert len(worker.send_due()) == 2
    assert [question["purpose"] for question in accounts.asked] == ["email_confirmation"] * 2


def test_no_claim_is_larger_than_a_batch_and_says_whether_there_may_be_more(transactions: Transactions) -> None:
    hear_each(transactions, child_registered((MOTHER,)), *(credited() for _ in range(deliveries.BATCH + 1)))
    with transactions.writing() as session:
        claims = [deliveries.claim(session, AT + timedelta(days=3650)) for _ in range(3)]
    assert [len(claimed) for claimed in claims] == [deliveries.BATCH, 1, 0]
    assert [deliveries.may_be_more(claimed) for claimed in claims] == [True, False, False]


def test_a_recipient_that_is_refused_stops_no_other_mail(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox
) -> None:
    two_notices(transactions)
    mailbox.refused["anna@example.org"] = "550 5.1.1 no such mailbox"
    assert len(worker.send_due()) == 2
    assert states(transactions) == [("failed", "recipient_refused_550"), ("sent", None)]
    assert mailbox.conversations == 1


def test_a_connection_that_breaks_with_one_mail_is_opened_again_for_the_next(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox
) -> None:
    two_notices(transactions)
    mailbox.refused["anna@example.org"] = "421 4.3.2 closing"
    assert len(worker.send_due()) == 2
    assert mailbox.conversations == 2
    assert states(transactions) == [("pending", "mail_server_SMTPRecipientsRefused"), ("sent", None)]


def test_a_mail_that_was_tried_before_is_tried_alone_so_that_it_costs_no_other_an_attempt(
    worker: MailWorker, transactions: Transactions, accounts: Accounts, clock_at: Clock
) -> None:
    clock_at(AT)
    two_notices(transactions)

    def die() -> None:
        if accounts.asked[-1]["user_id"] == FATHER:
            raise KeyboardInterrupt

    accounts.on_call = die
    for attempt in range(ATTEMPTS + 2):
        clock_at(AT + attempt * deliveries.LEASE)
        with suppress(KeyboardInterrupt):
            worker.send_due()
        with suppress(KeyboardInterrupt):
            worker.send_due()
    assert states(transactions) == [("failed", "interrupted"), ("sent", None)]


def test_mails_for_which_no_time_is_left_wait_without_losing_an_attempt(
    worker: MailWorker, transactions: Transactions, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_notices(transactions)
    monkeypatch.setattr(smtp, "CONVERSATION_SECONDS", 0.5)
    mailbox.on_arrival = lambda: sleep(1.0)
    assert len(worker.send_due()) == 2
    with transactions.writing() as session:
        found = session.scalars(select(Delivery).order_by(Delivery.attempts)).all()
    assert [each.attempts for each in found] == [0, 1]
    assert found[0].reason == "out_of_time"


def states(transactions: Transactions) -> list[tuple[str, str | None]]:
    with transactions.writing() as session:
        return sorted((each.state, each.reason) for each in session.scalars(select(Delivery)))
