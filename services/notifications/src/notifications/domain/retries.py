"""When a mail that could not be sent is tried again."""

from datetime import datetime, timedelta

DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)
ATTEMPTS = len(DELAYS) + 1


def next_attempt(attempts: int, failed_at: datetime) -> datetime | None:
    """When to try again after the attempt of this number (from 1) failed; None: never."""
    return failed_at + DELAYS[attempts - 1] if attempts < ATTEMPTS else None
