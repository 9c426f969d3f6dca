"""A pair of keys made for this run."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def pair() -> tuple[str, str]:
    """Private and public key as PEM."""
    return _pem(Ed25519PrivateKey.generate())


def other_kind() -> tuple[str, str]:
    """A pair of keys that are not for Ed25519."""
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def _pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


PRIVATE_KEY, PUBLIC_KEY = pair()
