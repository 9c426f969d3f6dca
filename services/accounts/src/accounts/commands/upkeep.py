"""Deleting what has served its time."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts.domain import signing_in
from accounts.models import Account, Confirmation, Registration, SignedIn, SignInAttempts
from chassis import clock

KEPT_AFTER_EXPIRY = timedelta(days=7)


def forget_the_expired(session: Session) -> None:
    """Delete closed windows of attempts, expired links, old sessions, and accounts that nobody confirmed."""
    now = clock.now()
    session.execute(delete(SignInAttempts).where(SignInAttempts.opened_at < now - signing_in.WINDOW))
    session.execute(delete(Confirmation).where(Confirmation.expires_at < now - KEPT_AFTER_EXPIRY))
    session.execute(delete(SignedIn).where(SignedIn.expires_at < now - KEPT_AFTER_EXPIRY))
    waiting_since = now - signing_in.UNCONFIRMED_ACCOUNT_LIFETIME
    asked_again = (
        select(Registration.registration_id)
        .where(
            Registration.region_code == Account.region_code,
            Registration.user_id == Account.user_id,
            Registration.consented_at >= waiting_since,
        )
        .exists()
    )
    session.execute(
        delete(Account).where(Account.confirmed_at.is_(None), Account.created_at < waiting_since, ~asked_again)
    )
