"""The mail worker: claim, ask accounts for the addresses, send, conclude. No transaction is open while it waits.

A mail may go out twice when a worker dies between sending and concluding; both then carry the same Message-ID.
Reasons of failures are codes: what a mail server answers may hold an address and is neither kept nor logged.
"""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from typing import Any

import structlog
from sqlalchemy.orm import Session

from chassis import clock
from chassis.database import Transactions
from chassis.errors import Refusal, Unavailable
from chassis.rpc import Broken
from notifications import deliveries
from notifications.deliveries import Claimed
from notifications.domain import letters
from notifications.domain.letters import Recipient, Sender
from notifications.models import EMAIL_CONFIRMATION
from notifications.smtp import Conversation, Refused, Server

log = structlog.get_logger(__name__)
Ask = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Failure:
    """Why a mail did not go out, as a code; a `final` one is not tried again, one that is not `counted` always is."""

    reason: str
    final: bool = False
    counted: bool = True


@dataclass(frozen=True)
class MailWorker:
    """Sends what is due. `ask` puts a request of accounts' `get_mailing_address` and returns its answer."""

    transactions: Transactions
    ask: Ask
    server: Server
    sender: Sender
    portal_url: str

    def send_due(self) -> list[Claimed]:
        """Try to send the mails that are due; those that were tried."""
        with self.transactions.writing() as session:
            claimed = deliveries.claim(session, clock.now())
            interrupted = 0 if claimed else deliveries.give_up_interrupted(session, clock.now())
        if interrupted:
            log.warning("mails_failed", reason="interrupted", count=interrupted)
        if claimed:
            self._conclude(self._try_each(claimed))
        return claimed

    def _try_each(self, claimed: list[Claimed]) -> list[tuple[Claimed, Failure | None]]:
        ask = _once_for_each_person(self.ask)
        with self.server.conversation(self.sender.domain) as conversation:
            return [(mail, self._try(mail, ask, conversation)) for mail in claimed]

    def _try(self, claimed: Claimed, ask: Ask, conversation: Conversation) -> Failure | None:
        if conversation.is_over:
            return Failure("out_of_time", counted=False)
        try:
            return self._send(claimed, ask, conversation)
        except Exception as error:  # One mail must not keep the others of its batch from being concluded.
            log.exception("bug", delivery_id=claimed.delivery_id)
            return Failure(f"broken_{type(error).__name__}")

    def _send(self, claimed: Claimed, ask: Ask, conversation: Conversation) -> Failure | None:
        try:
            address = ask({"user_id": claimed.user_id, "purpose": claimed.purpose})
        except (Unavailable, Broken):
            return Failure("accounts_unavailable", counted=False)
        except Refusal as refusal:
            return Failure(refusal.code, final=True)
        try:
            conversation.hand_over(self._letter(claimed, address))
        except Refused as refusal:
            return Failure(f"recipient_refused_{refusal.args[0]}", final=True)
        except smtplib.SMTPResponseException as error:
            return Failure(f"mail_server_answered_{error.smtp_code}")
        except (smtplib.SMTPException, OSError) as error:
            return Failure(f"mail_server_{type(error).__name__}")
        except (ValueError, MessageError):
            return Failure("address_unusable", final=True)
        return None

    def _letter(self, claimed: Claimed, address: dict[str, Any]) -> Message:
        recipient = Recipient(address["email"], address["full_name"])
        if claimed.text is None:
            text = letters.confirmation(address["token"], recipient, self.portal_url)
        else:
            text = letters.notice(claimed.text, recipient, self.portal_url)
        return letters.letter(text, self.sender, recipient, claimed.delivery_id, clock.now())

    def _conclude(self, tried: list[tuple[Claimed, Failure | None]]) -> None:
        sent = [mail for mail, failure in tried if failure is None]
        failures = [(mail, failure) for mail, failure in tried if failure is not None]
        with self.transactions.writing() as session:
            if sent:
                deliveries.sent(session, sent, clock.now())
            states = [_note(session, mail, failure) for mail, failure in failures]
        if sent:
            log.info("mails_sent", delivery_ids=[mail.delivery_id for mail in sent], attempts=sent[0].attempts)
        for (mail, failure), state in zip(failures, states, strict=True):
            log.warning(
                "mail", delivery_id=mail.delivery_id, state=state, attempts=mail.attempts, reason=failure.reason
            )


def _note(session: Session, mail: Claimed, failure: Failure) -> str:
    if not failure.counted:
        return deliveries.postponed(session, mail, failure.reason, clock.now())
    return deliveries.failed(session, mail, failure.reason, clock.now(), failure.final)


def _once_for_each_person(ask: Ask) -> Ask:
    """The same question without a repeat, except where each answer brings another token."""
    known: dict[str, dict[str, Any]] = {}

    def ask_once(question: dict[str, Any]) -> dict[str, Any]:
        if question["purpose"] == EMAIL_CONFIRMATION:
            return ask(question)
        if question["user_id"] not in known:
            known[question["user_id"]] = ask(question)
        return known[question["user_id"]]

    return ask_once
