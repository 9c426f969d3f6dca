"""Identities that follow from their cause, so that the same cause cannot make two of them."""

import uuid


def told(event_id: str, user_id: str) -> str:
    """The id of what a person is told because of an event: message and mail alike."""
    return str(uuid.uuid5(uuid.UUID(event_id), user_id))
