"""Access tokens: who is calling, signed with Ed25519, valid for minutes."""

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from chassis import clock
from chassis.context import Actor
from chassis.errors import Unauthenticated

ALGORITHM = "EdDSA"
ISSUER = AUDIENCE = "kruzhok"
LEEWAY_SECONDS = 5
REMEMBERED_TOKENS = 4096
_CLAIMS = ["sub", "role", "region", "sid", "scope", "iat", "exp", "iss", "aud"]


def checked_public_key(pem: str) -> str:
    """The same text, known to be an Ed25519 public key. `ValueError` when it is not."""
    _public_key(pem)
    return pem


def issue(private_key_pem: str, actor: Actor, lifetime_seconds: int, now: datetime) -> str:
    """A token for `actor` that is good for `lifetime_seconds` from `now`."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": actor.subject,
        "role": actor.role,
        "region": actor.region_code,
        "sid": actor.session_id,
        "scope": dict(actor.scope),
        "iat": issued_at,
        "exp": issued_at + lifetime_seconds,
    }
    return jwt.encode(claims, _private_key(private_key_pem), algorithm=ALGORITHM)


class Verifier:
    """Verifies tokens with one public key, and remembers the latest ones: a signature costs about 0.1 ms."""

    def __init__(self, public_key_pem: str) -> None:
        self._key = _public_key(public_key_pem)
        self._known: OrderedDict[bytes, tuple[Actor, int]] = OrderedDict()

    def verify(self, token: str) -> Actor:
        """The actor that the token names. `Unauthenticated`: `token_expired`, or `token_invalid` for all else."""
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        actor, expires_at = self._known.get(digest) or self._read(token)
        if clock.now() >= datetime.fromtimestamp(expires_at + LEEWAY_SECONDS, UTC):
            self._known.pop(digest, None)
            raise Unauthenticated("token_expired", "The access token has expired.")
        self._known[digest] = (actor, expires_at)
        if len(self._known) > REMEMBERED_TOKENS:
            self._known.popitem(last=False)
        return actor

    def _read(self, token: str) -> tuple[Actor, int]:
        options: Any = {"verify_exp": False, "verify_iat": False, "require": _CLAIMS}
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=options
            )
            scope = {str(name): str(value) for name, value in claims["scope"].items()}
            subject, role, region, session = (str(claims[name]) for name in ("sub", "role", "region", "sid"))
            return Actor(subject, role, region, session, scope), int(claims["exp"])
        except (jwt.InvalidTokenError, AttributeError, TypeError, ValueError) as error:
            raise Unauthenticated("token_invalid", "The access token is not valid.") from error


def _public_key(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("not an Ed25519 public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    return key


@lru_cache(maxsize=2)
def _private_key(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 private key")
    return key
