"""Encryption of insurance numbers, and keyed hashes by which sensitive values are found without being readable."""

import hmac
from hashlib import sha256
from os import urandom

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_NONCE_BYTES = 12


class Vault:
    """AES-256-GCM under one key, HMAC-SHA-256 under another.

    A sealed value is: one byte of format, 12 bytes of nonce, the ciphertext with its tag. It opens only for the owner
    it was sealed for, so a value copied to another row is refused.
    """

    def __init__(self, sealing_key: bytes, index_key: bytes) -> None:
        self._cipher = AESGCM(sealing_key)
        self._index_key = index_key

    def seal(self, value: str, owner: str) -> bytes:
        """Encrypt a value that belongs to `owner`."""
        nonce = urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, value.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt; `cryptography.exceptions.InvalidTag` for another owner, another key or a changed value."""
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        return self._cipher.decrypt(nonce, ciphertext, owner.encode()).decode()

    def index(self, kind: str, value: str) -> bytes:
        """The keyed hash of a value; values of different kinds never meet."""
        return hmac.digest(self._index_key, f"{kind}\n{value}".encode(), sha256)
