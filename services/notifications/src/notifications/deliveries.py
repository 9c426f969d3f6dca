"""The queue of mails: claimed by one worker at a time under a lease, then concluded; each in its own transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from notifications.domain.retries import ATTEMPTS, DELAYS, next_attempt
from notifications.domain.texts import Text
from notifications.models import FAILED, PENDING, SENT, Delivery, Message

LEASE = timedelta(seconds=30)
"""Longer than asking accounts (5 s) and the conversation with the mail server (20 s) may take together."""


@dataclass(frozen=True)
class Claimed:
    """A mail that this worker alone may send until its lease ends; `attempts` counts this one."""

    region_code: str
    delivery_id: str
    user_id: str
    purpose: str
    attempts: int
    text: Text | None


def claim(session: Session, at: datetime) -> Claimed | None:
    """Lease the mail that has been due longest, if any."""
    query = (
        select(Delivery)
        .where(Delivery.state == PENDING, Delivery.due_at <= at, Delivery.attempts < ATTEMPTS, _unleased(at))
        .order_by(Delivery.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    delivery = session.scalars(query).one_or_none()
    if delivery is None:
        return None
    delivery.attempts += 1
    delivery.leased_until = at + LEASE
    return Claimed(
        delivery.region_code,
        delivery.delivery_id,
        delivery.user_id,
        delivery.purpose,
        delivery.attempts,
        _text(session, delivery),
    )


def sent(session: Session, claimed: Claimed, at: datetime) -> None:
    """The mail server has taken the mail."""
    session.execute(
        update(Delivery).where(_mine(claimed)).values(state=SENT, sent_at=at, leased_until=None, reason=None)
    )


def failed(session: Session, claimed: Claimed, reason: str, at: datetime, final: bool = False) -> str:
    """Note why the mail could not be sent and when it is tried again, if ever; its state afterwards."""
    again = None if final else next_attempt(claimed.attempts, at)
    values = {"state": FAILED} if again is None else {"due_at": again}
    session.execute(update(Delivery).where(_mine(claimed)).values(reason=reason, leased_until=None, **values))
    return FAILED if again is None else PENDING


def postponed(session: Session, claimed: Claimed, reason: str, at: datetime) -> str:
    """Try again soon, without counting: that a neighbour is away says nothing about the mail. Its state afterwards."""
    values = {"due_at": at + DELAYS[0], "attempts": claimed.attempts - 1}
    session.execute(update(Delivery).where(_mine(claimed)).values(reason=reason, leased_until=None, **values))
    return PENDING


def give_up_interrupted(session: Session, at: datetime) -> int:
    """Fail mails whose last attempt never came to an end; how many."""
    result = session.execute(
        update(Delivery)
        .where(Delivery.state == PENDING, Delivery.attempts >= ATTEMPTS, _unleased(at))
        .values(state=FAILED, reason="interrupted", leased_until=None)
        .returning(Delivery.delivery_id)
    )
    return len(result.all())


def _unleased(at: datetime) -> ColumnElement[bool]:
    return or_(Delivery.leased_until.is_(None), Delivery.leased_until <= at)


def _mine(claimed: Claimed) -> ColumnElement[bool]:
    """The claimed mail, unless its lease ended and somebody else has claimed it since."""
    return (
        (Delivery.region_code == claimed.region_code)
        & (Delivery.delivery_id == claimed.delivery_id)
        & (Delivery.state == PENDING)
        & (Delivery.attempts == claimed.attempts)
    )


def _text(session: Session, delivery: Delivery) -> Text | None:
    if delivery.message_id is None:
        return None
    query = select(Message.subject, Message.text).filter_by(
        region_code=delivery.region_code, message_id=delivery.message_id
    )
    return Text(*session.execute(query).one())
