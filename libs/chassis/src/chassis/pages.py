"""Cursors of pages: opaque to callers, tied to the question they came from."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.errors import InvalidInput

LETTERS_MAX = 64


def question_mark(*question: object) -> str:
    """A short mark of a question, so that a cursor is used with the question it came from."""
    return hashlib.sha256(json.dumps(question, ensure_ascii=False).encode()).hexdigest()[:8]


def encode_cursor(question: str, place: list[Any]) -> str:
    """The cursor of the place after which the next page begins."""
    text = json.dumps([question, *place], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(question: str, cursor: str, *parts: Callable[[Any], Any]) -> list[Any]:
    """The place that the cursor holds, each part read by its function, which raises `ValueError` for a wrong one.

    `InvalidInput` with code `invalid_cursor` when it is not a cursor of this question.
    """
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        asked, *place = json.loads(text)
        if asked != question:
            raise ValueError("another question")
        return [read(value) for read, value in zip(parts, place, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise InvalidInput("invalid_cursor", "Use next_cursor as it came.", cursor="invalid_cursor") from None


def letters(value: Any) -> str:
    """A short text that a column can hold."""
    if not isinstance(value, str) or "\0" in value or len(value) > LETTERS_MAX:
        raise ValueError("not a short text")
    return value.encode().decode()


def identifier(value: Any) -> str:
    """A UUID."""
    return str(UUID(letters(value)))


def instant(value: Any) -> datetime:
    """An instant in UTC; with other offsets, an instant at the end of time is none that a database knows."""
    moment = datetime.fromisoformat(letters(value))
    if moment.utcoffset() != timedelta():
        raise ValueError("not an instant in UTC")
    return moment


def whole_number(value: Any) -> int:
    """An integer that fits into eight bytes."""
    if type(value) is not int or abs(value) >= 2**63:
        raise ValueError("not a whole number")
    return value
