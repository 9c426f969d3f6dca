"""Access tokens."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from signing_keys import PRIVATE_KEY, PUBLIC_KEY, other_kind, pair

from chassis import clock, tokens
from chassis.context import Actor
from chassis.errors import Unauthenticated
from chassis.tokens import Verifier, issue

ACTOR = Actor("person-1", "teacher", "38", "session-1", {"provider_id": "provider-1"})
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "clock"
    path.write_text(NOW.isoformat())
    monkeypatch.setenv(clock.FILE_VARIABLE, str(path))
    return path


def _refusal(verifier: Verifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(token)
    return refused.value.code


def _signed(**changes: Any) -> str:
    claims = jwt.decode(issue(PRIVATE_KEY, ACTOR, 60, NOW), options={"verify_signature": False})
    claims |= changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, PRIVATE_KEY, "EdDSA")


def test_the_actor_comes_back_as_it_was() -> None:
    assert Verifier(PUBLIC_KEY).verify(issue(PRIVATE_KEY, ACTOR, 60, NOW)) == ACTOR


def test_a_token_expires_after_its_lifetime_and_a_little_leeway(time: Path) -> None:
    verifier, token = Verifier(PUBLIC_KEY), issue(PRIVATE_KEY, ACTOR, 60, NOW)
    time.write_text((NOW + timedelta(seconds=64)).isoformat())
    assert verifier.verify(token) == ACTOR
    time.write_text((NOW + timedelta(seconds=65)).isoformat())
    assert _refusal(verifier, token) == "token_expired"
    assert _refusal(Verifier(PUBLIC_KEY), token) == "token_expired"


def test_a_known_token_is_not_verified_again(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, token, decoded = Verifier(PUBLIC_KEY), issue(PRIVATE_KEY, ACTOR, 60, NOW), []
    decode = jwt.decode
    monkeypatch.setattr(tokens.jwt, "decode", lambda *a, **k: decoded.append(a) or decode(*a, **k))
    assert [verifier.verify(token) for _ in range(3)] == [ACTOR] * 3
    assert len(decoded) == 1


def test_remembered_tokens_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED_TOKENS", 3)
    verifier = Verifier(PUBLIC_KEY)
    for number in range(10):
        verifier.verify(issue(PRIVATE_KEY, ACTOR, 60 + number, NOW))
    assert len(verifier._known) == 3


def test_another_key_signs_nothing_here() -> None:
    private, _ = pair()
    assert _refusal(Verifier(PUBLIC_KEY), issue(private, ACTOR, 60, NOW)) == "token_invalid"


def test_every_changed_part_is_noticed() -> None:
    token = issue(PRIVATE_KEY, ACTOR, 60, NOW)
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    other = base64.urlsafe_b64encode(json.dumps(claims | {"role": "admin"}).encode()).rstrip(b"=").decode()
    unsigned = jwt.encode(claims, None, "none")
    by_public_key = jwt.encode(claims, "a" * 32, "HS256")
    verifier = Verifier(PUBLIC_KEY)
    for forged in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        unsigned,
        by_public_key,
        "",
        "a.b.c",
        "ж",
        token[:-8],
    ):
        assert _refusal(verifier, forged) == "token_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "elsewhere"},
        {"iss": "elsewhere"},
        {"exp": None},
        {"sub": None},
        {"role": None},
        {"scope": None},
        {"scope": "all"},
        {"exp": "tomorrow"},
    ],
)
def test_a_token_with_other_claims_is_invalid(changes: dict[str, Any]) -> None:
    assert Verifier(PUBLIC_KEY).verify(_signed()) == ACTOR
    assert _refusal(Verifier(PUBLIC_KEY), _signed(**changes)) == "token_invalid"


def test_only_ed25519_keys_are_taken() -> None:
    private, public = other_kind()
    for text in (public, PRIVATE_KEY, "no key", ""):
        with pytest.raises(ValueError, match=r"\S"):
            tokens.checked_public_key(text)
    with pytest.raises(ValueError, match="not an Ed25519 private key"):
        issue(private, ACTOR, 60, NOW)
    assert tokens.checked_public_key(PUBLIC_KEY) == PUBLIC_KEY
