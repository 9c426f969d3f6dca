"""How often a password may be guessed, and how long sessions and confirmation links live."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ATTEMPTS_PER_WINDOW = 10
WINDOW = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(days=30)
REPEATABLE_FOR = timedelta(seconds=30)
CONFIRMATION_LIFETIME = timedelta(hours=24)
REGISTRATIONS_PER_DAY = 5
UNCONFIRMED_ACCOUNT_LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Attempts:
    """How many times a password was tried for an address since the window opened."""

    count: int
    opened_at: datetime


def after_another(attempts: Attempts, now: datetime) -> Attempts:
    """The window with one more attempt; a window that is over is replaced by a new one."""
    if now >= attempts.opened_at + WINDOW:
        return Attempts(1, now)
    return Attempts(attempts.count + 1, attempts.opened_at)


def too_many(attempts: Attempts) -> bool:
    """Whether the attempt just counted is past the limit, and so refused whatever its password."""
    return attempts.count > ATTEMPTS_PER_WINDOW


def may_repeat(used_at: datetime, repeated: bool, successor_is_new: bool, now: datetime) -> bool:
    """Whether an exchange of a refresh token may be carried out once more, since its answer seems to be lost.

    Only at once, only one time, and only while nobody has used the token that the lost answer brought: that token ends
    with the repetition, so that two who hold the session still give themselves away at the next exchange.
    """
    return successor_is_new and not repeated and now - used_at <= REPEATABLE_FOR
