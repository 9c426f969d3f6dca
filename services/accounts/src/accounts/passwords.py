"""Password hashes: argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane). Slow on purpose: run in a thread."""

import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
NOBODYS = _hasher.hash("an address without an account has this hash")
"""A hash to check against where there is no account, so that the check takes the same time."""


@dataclass(frozen=True)
class Verdict:
    """Whether a password was right, and its new hash where the stored one uses older parameters."""

    right: bool
    renewed_hash: str | None = None


def hash_of(password: str) -> str:
    """A salted hash with its parameters."""
    return _hasher.hash(_composed(password))


def check(password_hash: str, password: str) -> Verdict:
    """Compare a password with a hash."""
    try:
        _hasher.verify(password_hash, _composed(password))
    except (VerificationError, InvalidHashError):
        return Verdict(right=False)
    outdated = _hasher.check_needs_rehash(password_hash)
    return Verdict(right=True, renewed_hash=hash_of(password) if outdated else None)


def _composed(password: str) -> str:
    """One form for letters such as й, which keyboards write in two ways."""
    return unicodedata.normalize("NFC", password)
