"""The mail worker: claim, ask accounts for the address, send, conclude. No transaction is open while it waits.

A mail may go out twice when a worker dies between sending and concluding; both then carry the same Message-ID.
Reasons of failures are codes: what a mail server answers may hold an address and is neither kept nor logged.
"""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.errors import MessageError
from typing import Any

import structlog

from chassis import clock
from chassis.database import Transactions
from chassis.errors import Refusal, Unavailable
from chassis.rpc import Broken
from notifications import deliveries
from notifications.deliveries import Claimed
from notifications.domain import letters
from notifications.domain.letters import Recipient, Sender
from notifications.smtp import Refused, Server

log = structlog.get_logger(__name__)


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
    ask: Callable[[dict[str, Any]], dict[str, Any]]
    server: Server
    sender: Sender
    portal_url: str

    def send_next(self) -> bool:
        """Try to send one mail. False when none is due."""
        with self.transactions.writing() as session:
            claimed = deliveries.claim(session, clock.now())
            interrupted = 0 if claimed else deliveries.give_up_interrupted(session, clock.now())
        if interrupted:
            log.warning("mails_failed", reason="interrupted", count=interrupted)
        if claimed is None:
            return False
        self._conclude(claimed, self._try(claimed))
        return True

    def _try(self, claimed: Claimed) -> Failure | None:
        try:
            address = self.ask({"user_id": claimed.user_id, "purpose": claimed.purpose})
        except (Unavailable, Broken):
            return Failure("accounts_unavailable", counted=False)
        except Refusal as refusal:
            return Failure(refusal.code, final=True)
        try:
            self._send(claimed, address)
        except Refused as refusal:
            return Failure(f"recipient_refused_{refusal.args[0]}", final=True)
        except smtplib.SMTPResponseException as error:
            return Failure(f"mail_server_answered_{error.smtp_code}")
        except (smtplib.SMTPException, OSError) as error:
            return Failure(f"mail_server_{type(error).__name__}")
        except (ValueError, MessageError):
            return Failure("address_unusable", final=True)
        return None

    def _send(self, claimed: Claimed, address: dict[str, Any]) -> None:
        recipient = Recipient(address["email"], address["full_name"])
        if claimed.text is None:
            text = letters.confirmation(address["token"], recipient, self.portal_url)
        else:
            text = letters.notice(claimed.text, recipient, self.portal_url)
        mail = letters.letter(text, self.sender, recipient, claimed.delivery_id, clock.now())
        self.server.hand_over(mail, self.sender.domain)

    def _conclude(self, claimed: Claimed, failure: Failure | None) -> None:
        with self.transactions.writing() as session:
            if failure is None:
                deliveries.sent(session, claimed, clock.now())
                state = "sent"
            elif not failure.counted:
                state = deliveries.postponed(session, claimed, failure.reason, clock.now())
            else:
                state = deliveries.failed(session, claimed, failure.reason, clock.now(), failure.final)
        reason = failure.reason if failure else None
        notify = log.info if failure is None else log.warning
        notify("mail", delivery_id=claimed.delivery_id, state=state, attempts=claimed.attempts, reason=reason)
