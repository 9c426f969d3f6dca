"""A person's inbox."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import notifications
from contracts.accounts import ROLES, Page
from gateway import answers
from gateway.access import allow
from gateway.calls import ask
from gateway.openapi import Blueprint

blp = Blueprint("messages", "A person's inbox.")


@blp.get("/messages")
@allow(*ROLES)
@blp.filters(Page)
@blp.answers(200, notifications.Messages)
def list_messages(fields: dict[str, Any]) -> Response:
    """The caller's messages, newest first."""
    return answers.ok(ask(notifications.LIST_MESSAGES, fields))


@blp.post("/messages/<uuid:message_id>/read")
@allow(*ROLES)
@blp.answers(200, notifications.MessageView)
@blp.refuses(404, "message_not_found")
def read_message(message_id: UUID) -> Response:
    """Mark a message as read. Doing it again changes nothing."""
    return answers.ok(ask(notifications.READ_MESSAGE, {"message_id": str(message_id)}))
