"""Signing in and out, and the rotation of refresh tokens.

An address is tried at most ten times in a quarter of an hour. The attempt is counted before its password is looked at,
so that trying many at once gains nothing, and an unknown address is counted like a known one.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import bearer
from accounts.domain import names, signing_in
from accounts.models import Account, Login, RefreshToken, SignedIn, SignInAttempts
from accounts.passwords import NOBODYS, Verdict
from accounts.vault import Vault
from chassis import clock
from chassis.context import Actor
from chassis.errors import RuleViolated, Unauthenticated


@dataclass(frozen=True)
class Attempt:
    """A counted attempt to sign in, and the hash that its password must match."""

    email_index: bytes
    password_hash: str
    region_code: str | None
    user_id: str | None
    refused: bool
    window_ends_at: datetime


@dataclass(frozen=True)
class Opened:
    """Who has a session now, and the refresh token that continues it."""

    actor: Actor
    refresh_token: str


def count_attempt(session: Session, vault: Vault, email: str) -> Attempt:
    """Count an attempt for an address and find what to check the password against."""
    address, now = names.normalised_email(email), clock.now()
    email_index = vault.index("email", address)
    attempts = signing_in.after_another(_locked_attempts(session, email_index, now), now)
    session.execute(
        update(SignInAttempts)
        .where(SignInAttempts.email_index == email_index)
        .values(count=attempts.count, opened_at=attempts.opened_at)
    )
    known = session.scalar(
        select(Account)
        .join(Login, (Login.region_code == Account.region_code) & (Login.user_id == Account.user_id))
        .where(Login.email == address)
    )
    return Attempt(
        email_index=email_index,
        password_hash=known.password_hash if known else NOBODYS,
        region_code=known.region_code if known else None,
        user_id=known.user_id if known else None,
        refused=signing_in.too_many(attempts),
        window_ends_at=attempts.opened_at + signing_in.WINDOW,
    )


def uncount_attempt(session: Session, attempt: Attempt) -> None:
    """Take back an attempt whose password nobody looked at."""
    session.execute(
        update(SignInAttempts)
        .where(SignInAttempts.email_index == attempt.email_index, SignInAttempts.count > 0)
        .values(count=SignInAttempts.count - 1)
    )


def sign_in(session: Session, attempt: Attempt, verdict: Verdict) -> Opened:
    """Open a session for a right password, or refuse without telling what was wrong."""
    if attempt.refused:
        seconds = max(1, round((attempt.window_ends_at - clock.now()).total_seconds()))
        raise RuleViolated("too_many_attempts", "Try again later.", retry_after_seconds=str(seconds))
    account = session.get(Account, (attempt.region_code, attempt.user_id)) if attempt.user_id else None
    if account is None or not verdict.right or account.password_hash != attempt.password_hash:
        raise Unauthenticated("credentials_invalid", "The address or the password is wrong.")
    if account.confirmed_at is None:
        raise RuleViolated("email_not_confirmed", "The address is not confirmed yet.")
    if verdict.renewed_hash:
        account.password_hash = verdict.renewed_hash
    session.execute(delete(SignInAttempts).where(SignInAttempts.email_index == attempt.email_index))
    return _open_session(session, account)


def renew(session: Session, refresh_token: str) -> Opened | None:
    """Exchange a refresh token for the next one. None when the session is over.

    A token that comes back after its use, except for the one repetition of an exchange whose answer was lost, means
    that two hold it: the session ends for both, and the caller must let this transaction commit.
    """
    found = session.execute(
        select(RefreshToken, SignedIn)
        .join(
            SignedIn,
            (SignedIn.region_code == RefreshToken.region_code) & (SignedIn.session_id == RefreshToken.session_id),
        )
        .where(
            RefreshToken.region_code == bearer.region_of(refresh_token),
            RefreshToken.token_sha256 == bearer.fingerprint(refresh_token),
        )
        .with_for_update()
    ).one_or_none()
    if found is None or found.SignedIn.ended_at is not None or found.SignedIn.expires_at <= clock.now():
        return None
    if found.RefreshToken.used_at is not None and not _repeat(session, found.RefreshToken):
        found.SignedIn.ended_at, found.SignedIn.ended_because = clock.now(), "token_used_twice"
        return None
    found.RefreshToken.used_at = found.RefreshToken.used_at or clock.now()
    account = session.get_one(Account, (found.SignedIn.region_code, found.SignedIn.user_id))
    successor = _next_token(session, found.SignedIn)
    found.RefreshToken.replaced_by = bearer.fingerprint(successor)
    return Opened(_actor(account, found.SignedIn.session_id), successor)


def _repeat(session: Session, token: RefreshToken) -> bool:
    """Whether a used token may be exchanged once more; if so, what it was exchanged for is used up."""
    successor = session.get(RefreshToken, (token.region_code, token.replaced_by)) if token.replaced_by else None
    if token.used_at is None or successor is None:
        return False
    now, is_new = clock.now(), successor.used_at is None
    if not signing_in.may_repeat(token.used_at, token.repeated_at is not None, is_new, now):
        return False
    successor.used_at = token.repeated_at = now
    return True


def still_open(renewed: Opened | None) -> Opened:
    """The renewed session, or the one refusal for all the ways in which it can be over."""
    if renewed is None:
        raise Unauthenticated("session_over", "Sign in again.")
    return renewed


def sign_out(session: Session, caller: Actor) -> None:
    """End the caller's session: it cannot be renewed. An access token already given out lives on until it expires."""
    session.execute(
        update(SignedIn)
        .where(
            SignedIn.region_code == caller.region_code,
            SignedIn.session_id == caller.session_id,
            SignedIn.user_id == caller.subject,
            SignedIn.ended_at.is_(None),
        )
        .values(ended_at=clock.now(), ended_because="signed_out")
    )


def _locked_attempts(session: Session, email_index: bytes, now: datetime) -> signing_in.Attempts:
    """Those of the address, locked; in one statement, since whoever signs in meanwhile has them forgotten."""
    statement = insert(SignInAttempts).values(email_index=email_index, count=0, opened_at=now)
    locking = statement.on_conflict_do_update(index_elements=["email_index"], set_={"count": SignInAttempts.count})
    row = session.execute(locking.returning(SignInAttempts.count, SignInAttempts.opened_at)).one()
    return signing_in.Attempts(*row)


def _open_session(session: Session, account: Account) -> Opened:
    now = clock.now()
    opened = SignedIn(
        region_code=account.region_code,
        session_id=str(uuid.uuid4()),
        user_id=account.user_id,
        started_at=now,
        expires_at=now + signing_in.SESSION_LIFETIME,
    )
    session.add(opened)
    session.flush()
    return Opened(_actor(account, opened.session_id), _next_token(session, opened))


def _next_token(session: Session, signed_in: SignedIn) -> str:
    token = bearer.new_token(signed_in.region_code)
    session.add(
        RefreshToken(
            region_code=signed_in.region_code,
            token_sha256=bearer.fingerprint(token),
            session_id=signed_in.session_id,
            issued_at=clock.now(),
        )
    )
    return token


def _actor(account: Account, session_id: str) -> Actor:
    limits = {"provider_id": account.provider_id, "municipality_code": account.municipality_code}
    return Actor(
        subject=account.user_id,
        role=account.role,
        region_code=account.region_code,
        session_id=session_id,
        scope={name: value for name, value in limits.items() if value is not None},
    )
