"""Reads of the inbox."""

from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from chassis.context import Actor
from chassis.pages import decode_cursor, encode_cursor, identifier, instant
from notifications.models import Message

LIST = "messages"


def list_messages(session: Session, reader: Actor, cursor: str | None, limit: int) -> dict[str, Any]:
    """The reader's own messages, newest first; `next_cursor` leads to older ones, null at the end."""
    place = (Message.created_at, Message.message_id)
    query = select(Message).where(Message.region_code == reader.region_code, Message.user_id == reader.subject)
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(*decode_cursor(LIST, cursor, instant, identifier)))
    query = query.order_by(*(column.desc() for column in place)).limit(limit + 1)
    messages = session.scalars(query).all()
    following = _cursor(messages[limit - 1]) if len(messages) > limit else None
    return {"items": [message.view() for message in messages[:limit]], "next_cursor": following}


def _cursor(message: Message) -> str:
    return encode_cursor(LIST, [message.created_at.isoformat(), message.message_id])
