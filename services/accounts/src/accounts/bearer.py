"""Random tokens that people carry: refresh tokens and confirmation links. Only their hashes are stored."""

import secrets
from hashlib import sha256

_RANDOM_BYTES = 32


def new_token(region_code: str) -> str:
    """A token of 256 random bits that says in which region to look for it."""
    return f"{region_code}.{secrets.token_urlsafe(_RANDOM_BYTES)}"


def region_of(token: str) -> str:
    """The region that a token names; of a made-up token, whatever stands there."""
    return token.partition(".")[0]


def fingerprint(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode()).digest()
