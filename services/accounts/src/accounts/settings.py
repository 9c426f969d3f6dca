"""What accounts reads from the environment besides the settings of every service."""

import base64
import binascii
from dataclasses import dataclass

import chassis.settings
from chassis.settings import setting

KEY_BYTES = 32


def key(text: str) -> bytes:
    """32 bytes written in base64. `ValueError` for anything else."""
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(value) != KEY_BYTES:
        raise ValueError(f"{len(value)} bytes instead of {KEY_BYTES}")
    return value


@dataclass(frozen=True)
class Settings(chassis.settings.Settings):
    """Keys that only this service holds, and how long an access token lives."""

    token_private_key: str = setting(
        "ACCOUNTS_TOKEN_PRIVATE_KEY", "Ed25519 private key (PEM) that signs access tokens", secret=True
    )
    snils_key: bytes = setting("ACCOUNTS_SNILS_KEY", "AES-256 key of SNILS: 32 bytes, base64", parse=key, secret=True)
    snils_index_key: bytes = setting(
        "ACCOUNTS_SNILS_INDEX_KEY",
        "HMAC key of the indexes that find duplicates: 32 bytes, base64",
        parse=key,
        secret=True,
    )
    access_token_seconds: int = setting(
        "ACCOUNTS_ACCESS_TOKEN_SECONDS", "how long an access token lives", parse=int, default=900
    )
