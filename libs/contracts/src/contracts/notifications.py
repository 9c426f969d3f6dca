"""Notifications: messages to people, in the portal's inbox and by mail."""

from marshmallow import fields

from contracts.accounts import EVERYONE, Page
from contracts.base import Event, Method, Strict
from contracts.fields import Code, Id, Instant, Text

SERVICE = "notifications"
EVENTS: tuple[Event, ...] = ()


class MessageView(Strict):
    """A message in a person's inbox."""

    message_id = Id(required=True)
    child_id = Id(allow_none=True, metadata={"description": "The child it is about; texts hold no names."})
    kind = Code(required=True)
    subject = Text(required=True)
    text = Text(required=True, longest=4000)
    created_at = Instant(required=True)
    read_at = Instant(allow_none=True, required=True)


class Messages(Strict):
    """A person's messages, newest first."""

    items = fields.List(fields.Nested(MessageView), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class MessageId(Strict):
    """One message."""

    message_id = Id(required=True)


LIST_MESSAGES = Method(SERVICE, "list_messages", Page, Messages, allow=EVERYONE)
READ_MESSAGE = Method(SERVICE, "read_message", MessageId, MessageView, allow=EVERYONE, command=True, keyed=False)
METHODS = (LIST_MESSAGES, READ_MESSAGE)
