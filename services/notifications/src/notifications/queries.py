"""Reads of the inbox."""

import base64
import binascii
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from chassis.context import Actor
from chassis.errors import InvalidInput
from notifications.models import Message


def list_messages(session: Session, reader: Actor, cursor: str | None, limit: int) -> dict[str, Any]:
    """The reader's own messages, newest first; `next_cursor` leads to older ones, null at the end."""
    place = (Message.created_at, Message.message_id)
    query = select(Message).where(Message.region_code == reader.region_code, Message.user_id == reader.subject)
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(*_place(cursor)))
    query = query.order_by(*(column.desc() for column in place)).limit(limit + 1)
    messages = session.scalars(query).all()
    following = _cursor(messages[limit - 1]) if len(messages) > limit else None
    return {"items": [message.view() for message in messages[:limit]], "next_cursor": following}


def _cursor(message: Message) -> str:
    return base64.urlsafe_b64encode(f"{message.created_at.isoformat()} {message.message_id}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        instant, _, message_id = base64.urlsafe_b64decode(cursor).decode("ascii").partition(" ")
        place = datetime.fromisoformat(instant), str(uuid.UUID(message_id))
        if place[0].tzinfo is None:
            raise ValueError("an instant without offset")
    except (ValueError, binascii.Error):
        raise InvalidInput("cursor_invalid", cursor="Not a cursor of this list.") from None
    return place
