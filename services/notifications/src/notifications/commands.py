"""What changes the inbox: events become messages for every guardian of the child, once.

Facts come in any order. A notice whose family or group is not known yet waits in `waiting_notice` and is settled by the
fact that completes it; two transactions that miss each other are found by `settle_overdue`. Ids of messages and mails
follow from event and person, so that settling twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Actor
from chassis.errors import NotFound
from chassis.outbox import Received
from chassis.projections import Projection, to_json
from contracts import accounts, catalog
from notifications.domain.identities import told
from notifications.domain.texts import KINDS, Facts, Group, Kind, Text
from notifications.models import EMAIL_CONFIRMATION, NOTICE, Base, Delivery, Message, WaitingNotice

FAMILY = Projection("family", accounts.SERVICE, (accounts.CHILD_REGISTERED.type, accounts.CHILD_CHANGED.type))
GROUP = Projection("group", catalog.SERVICE, (catalog.GROUP_PUBLISHED.type, catalog.GROUP_CHANGED.type))
GROUP_FIELDS = ("title", "provider_name", "time_zone")
LOOK_AGAIN = timedelta(seconds=10)
SETTLED_AT_ONCE = 200


@dataclass(frozen=True)
class News:
    """What an event tells people; `kind` is the code of its text, `facts` are JSON values."""

    region_code: str
    event_id: str
    kind: str
    group_id: str | None
    facts: dict[str, Any]

    @classmethod
    def heard(cls, event: Received, kind: Kind) -> "News":
        """The part of the event that its text needs; null for what it does not say."""
        group_id = event.data["group_id"] if kind.about_group else None
        facts = to_json({name: event.data.get(name) for name in kind.facts})
        return cls(event.region_code, event.event_id, kind.code, group_id, facts)


def keep_family(session: Session, event: Received) -> None:
    """Keep who a child's guardians are, and settle what waited for it."""
    FAMILY.remember(session, event, {"guardian_ids": event.data["guardian_ids"]})
    _settle(session, event.region_code, WaitingNotice.child_id == event.subject)


def keep_group(session: Session, event: Received) -> None:
    """Keep a group's title, provider and time zone, and settle what waited for it."""
    GROUP.remember(session, event, {name: event.data[name] for name in GROUP_FIELDS})
    _settle(session, event.region_code, WaitingNotice.group_id == event.subject)


def keep_notice(session: Session, event: Received, kind: Kind) -> None:
    """Tell the child's guardians of the event, now or when the facts for it have come."""
    tell(session, News.heard(event, kind), event.data["child_id"])


def tell(session: Session, news: News, child_id: str) -> None:
    """Tell a child's guardians of news, now or when its family and group are known; again changes nothing."""
    notice = WaitingNotice(**asdict(news), child_id=child_id, look_again_at=clock.now() + LOOK_AGAIN)
    if not _tell(session, notice):
        names = [column.name for column in WaitingNotice.__table__.columns]
        insert_new(session, WaitingNotice, [{name: getattr(notice, name) for name in names}])


def keep_registration(session: Session, event: Received) -> None:
    """Let the mail go out by which a new guardian confirms the address."""
    guardian_id = event.data["guardian_id"]
    insert_new(session, Delivery, [_delivery(event.region_code, event.event_id, guardian_id, EMAIL_CONFIRMATION)])


def settle_overdue(session: Session) -> bool:
    """Settle notices whose facts came unseen, in a transaction of their own at the same time. True: maybe more."""
    due = WaitingNotice.look_again_at <= clock.now()
    query = select(WaitingNotice).where(due).order_by(WaitingNotice.look_again_at).limit(SETTLED_AT_ONCE)
    notices = session.scalars(query.with_for_update(skip_locked=True)).all()
    _settle_each(session, notices)
    return len(notices) == SETTLED_AT_ONCE


def read_message(session: Session, reader: Actor, message_id: str) -> dict[str, Any]:
    """Mark an own message as read, keeping the first time. `NotFound` for anybody else's."""
    message: Message | None = session.scalar(
        update(Message)
        .where(
            Message.region_code == reader.region_code,
            Message.message_id == message_id,
            Message.user_id == reader.subject,
        )
        .values(read_at=func.coalesce(Message.read_at, clock.now()))
        .returning(Message)
    )
    if message is None:
        raise NotFound("message_not_found", "There is no such message in your inbox.")
    return message.view()


def _settle(session: Session, region_code: str, awaited: ColumnElement[bool]) -> None:
    query = select(WaitingNotice).where(WaitingNotice.region_code == region_code, awaited)
    in_one_order = query.order_by(WaitingNotice.event_id, WaitingNotice.child_id).with_for_update()
    _settle_each(session, session.scalars(in_one_order).all())


def _settle_each(session: Session, notices: Iterable[WaitingNotice]) -> None:
    for notice in sorted(notices, key=lambda notice: (notice.event_id, notice.child_id)):
        if _tell(session, notice):
            session.delete(notice)
        else:
            notice.look_again_at = clock.now() + LOOK_AGAIN


def _tell(session: Session, notice: WaitingNotice) -> bool:
    """Make the messages and mails of a notice. False when its family or group is not known yet."""
    family = FAMILY.find(session, notice.region_code, notice.child_id)
    group = GROUP.find(session, notice.region_code, notice.group_id) if notice.group_id else None
    if family is None or (notice.group_id and group is None):
        return False
    named = Group(**{name: group[name] for name in GROUP_FIELDS}) if group else None
    text = KINDS[notice.kind].write(Facts(notice.facts, named))
    guardians = sorted(set(family["guardian_ids"]))
    insert_new(session, Message, [_message(notice, guardian, text) for guardian in guardians])
    deliveries = [_delivery(notice.region_code, notice.event_id, guardian, NOTICE) for guardian in guardians]
    insert_new(session, Delivery, deliveries)
    return True


def _message(notice: WaitingNotice, user_id: str, text: Text) -> dict[str, Any]:
    return {
        "region_code": notice.region_code,
        "message_id": told(notice.event_id, user_id),
        "user_id": user_id,
        "child_id": notice.child_id,
        "kind": notice.kind,
        "subject": text.subject,
        "text": text.body,
        "created_at": clock.now(),
    }


def _delivery(region_code: str, event_id: str, user_id: str, purpose: str) -> dict[str, Any]:
    identity = told(event_id, user_id)
    return {
        "region_code": region_code,
        "delivery_id": identity,
        "purpose": purpose,
        "user_id": user_id,
        "message_id": identity if purpose == NOTICE else None,
        "due_at": clock.now(),
        "created_at": clock.now(),
    }


def insert_new(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert the rows that are not there yet."""
    session.execute(_new(model), rows)


@cache
def _new(model: type[Base]) -> Insert:
    return insert(cast(Table, model.__table__)).on_conflict_do_nothing()
