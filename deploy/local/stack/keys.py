"""Keys and passwords of a home, made once."""

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stack import files


def token_keys(directory: Path) -> tuple[Path, Path]:
    """The Ed25519 pair that signs and verifies access tokens: private file, public file."""
    private, public = directory / "token-private.pem", directory / "token-public.pem"
    if not private.exists():
        files.directory(directory, mode=0o700)
        key = Ed25519PrivateKey.generate()
        files.write(private, _pem(key), mode=0o600)
    if not public.exists():
        loaded = serialization.load_pem_private_key(private.read_bytes(), password=None)
        files.write(
            public,
            loaded.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            mode=0o600,
        )
    return private, public


def aes_key(directory: Path, name: str) -> str:
    """Thirty-two random bytes in base64."""
    path = directory / name
    if not path.exists():
        files.directory(directory, mode=0o700)
        files.write(path, base64.b64encode(os.urandom(32)).decode(), mode=0o600)
    return path.read_text()


def _pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
