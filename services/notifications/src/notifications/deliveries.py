"""The queue of mails: claimed by one worker at a time under a lease, then concluded; each in its own transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, bindparam, or_, select, tuple_, update
from sqlalchemy.orm import Session

from notifications.domain.retries import ATTEMPTS, DELAYS, next_attempt
from notifications.domain.texts import Text
from notifications.models import FAILED, PENDING, SENT, Delivery, Message

BATCH = 20
LEASE = timedelta(seconds=30)
"""Longer than the time for the mails of one claim (20 s) and the last answer of accounts (5 s) may take together."""
_AT: BindParameter[datetime] = bindparam("at")
_UNLEASED = or_(Delivery.leased_until.is_(None), Delivery.leased_until <= _AT)
_DUE = (
    select(
        Delivery.region_code,
        Delivery.delivery_id,
        Delivery.user_id,
        Delivery.purpose,
        Delivery.attempts,
        Message.subject,
        Message.text,
    )
    .outerjoin(Message, (Message.region_code == Delivery.region_code) & (Message.message_id == Delivery.message_id))
    .where(Delivery.state == PENDING, Delivery.due_at <= _AT, Delivery.attempts < ATTEMPTS, _UNLEASED)
    .order_by(Delivery.due_at)
    .limit(BATCH)
    .with_for_update(of=Delivery, skip_locked=True)
)
_INTERRUPTED = (
    update(Delivery)
    .where(Delivery.state == PENDING, Delivery.attempts >= ATTEMPTS, _UNLEASED)
    .values(state=FAILED, reason="interrupted", leased_until=None)
    .returning(Delivery.delivery_id)
)


@dataclass(frozen=True)
class Claimed:
    """A mail that this worker alone may send until its lease ends; `attempts` counts this one."""

    region_code: str
    delivery_id: str
    user_id: str
    purpose: str
    attempts: int
    text: Text | None


def claim(session: Session, at: datetime) -> list[Claimed]:
    """Lease the mails that have been due longest.

    One that has been tried before comes alone: if it ends its worker, no other mail loses an attempt with it.
    """
    due = session.execute(_DUE, {"at": at}).all()
    rows = due[:1] if due and due[0].attempts else [row for row in due if not row.attempts]
    claimed = [
        Claimed(*row[:4], row.attempts + 1, None if row.subject is None else Text(row.subject, row.text))
        for row in rows
    ]
    if claimed:
        values = {"attempts": claimed[0].attempts, "leased_until": at + LEASE}
        session.execute(update(Delivery).where(_are(claimed)).values(values))
    return claimed


def may_be_more(claimed: Sequence[Claimed]) -> bool:
    """Whether a claim may have left something that is due."""
    return len(claimed) == BATCH or any(mail.attempts > 1 for mail in claimed)


def sent(session: Session, claimed: Sequence[Claimed], at: datetime) -> None:
    """The mail server has taken these mails of one claim."""
    values = {"state": SENT, "sent_at": at, "leased_until": None, "reason": None}
    session.execute(update(Delivery).where(_still(claimed)).values(values))


def failed(session: Session, claimed: Claimed, reason: str, at: datetime, final: bool = False) -> str:
    """Note why the mail could not be sent and when it is tried again, if ever; its state afterwards."""
    again = None if final else next_attempt(claimed.attempts, at)
    values = {"state": FAILED} if again is None else {"due_at": again}
    session.execute(update(Delivery).where(_still([claimed])).values(reason=reason, leased_until=None, **values))
    return FAILED if again is None else PENDING


def postponed(session: Session, claimed: Claimed, reason: str, at: datetime) -> str:
    """Try again soon, without counting: that a neighbour is away says nothing about the mail. Its state afterwards."""
    values = {"due_at": at + DELAYS[0], "attempts": claimed.attempts - 1}
    session.execute(update(Delivery).where(_still([claimed])).values(reason=reason, leased_until=None, **values))
    return PENDING


def give_up_interrupted(session: Session, at: datetime) -> int:
    """Fail mails whose last attempt never came to an end; how many."""
    return len(session.execute(_INTERRUPTED, {"at": at}).all())


def _are(claimed: Sequence[Claimed]) -> ColumnElement[bool]:
    keys = [(mail.region_code, mail.delivery_id) for mail in claimed]
    return tuple_(Delivery.region_code, Delivery.delivery_id).in_(keys)


def _still(claimed: Sequence[Claimed]) -> ColumnElement[bool]:
    """The mails of one claim, unless their lease ended and somebody else has claimed them since."""
    return _are(claimed) & (Delivery.state == PENDING) & (Delivery.attempts == claimed[0].attempts)
