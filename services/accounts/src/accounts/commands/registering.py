"""Registering a guardian and confirming the address.

Whatever is known of an address, the answer is the same; what differs reaches the address's owner by mail.
"""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts import bearer, facts, passwords
from accounts.domain import consents, names, signing_in
from accounts.models import Account, Confirmation, Login, Registration
from chassis import clock, threads
from chassis.errors import InvalidInput, NotFound, RuleViolated
from chassis.outbox import record
from contracts import accounts as contract

ANSWER = {"status": "confirmation_sent"}


def with_hashed_password(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the password's hash in the password's place; done before any transaction opens."""
    fields = {name: value for name, value in request.items() if name != "password"}
    return fields | {"password_hash": threads.run(passwords.hash_of, request["password"])}


def register_guardian(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Open an account that waits for its confirmation, or begin the waiting anew.

    A confirmed account is left alone. An unconfirmed one takes the newest form's words, at most five times a day.
    """
    full_name = names.written(request["full_name"])
    if not names.is_name(full_name):
        raise InvalidInput("invalid_name", "A name is made of letters.", full_name="invalid_name")
    facts.region(session, request["region_code"])
    email = names.normalised_email(request["email"])
    known = _locked_account(session, email)
    if known is None:
        _open_account(session, email, request | {"full_name": full_name}, str(uuid.uuid4()), version=1)
    elif known.confirmed_at is None and _registrations_today(session, known) < signing_in.REGISTRATIONS_PER_DAY:
        _register_again(session, email, known, request | {"full_name": full_name})
    return ANSWER


def make_mailing(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Where to write to a person at this moment; for a confirmation, with a fresh token for the newest form.

    `NotFound` for an unknown person, and for notices to an address that nobody has confirmed.
    """
    confirming = request["purpose"] == "email_confirmation"
    query = (
        select(Account, Login.email)
        .join(Login, (Login.region_code == Account.region_code) & (Login.user_id == Account.user_id))
        .where(Account.user_id == request["user_id"])
    )
    found = session.execute(query.with_for_update(of=Account) if confirming else query).one_or_none()
    if found is None or (found.Account.confirmed_at is None and not confirming):
        raise NotFound("person_not_found", "No such person, or no confirmed address.")
    account = found.Account
    return {
        "email": found.email,
        "full_name": account.full_name,
        "region_code": account.region_code,
        "token": _new_confirmation(session, account) if confirming else None,
    }


def confirm_email(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """Open the account with the words of the form that the link was made for. Once used, a link answers the same."""
    token, now = request["token"], clock.now()
    found = session.execute(
        select(Confirmation, Registration, Account)
        .join(Registration, _same(Confirmation, Registration, "registration_id"))
        .join(Account, _same(Registration, Account, "user_id"))
        .where(
            Confirmation.region_code == bearer.region_of(token),
            Confirmation.token_sha256 == bearer.fingerprint(token),
        )
        .with_for_update()
    ).one_or_none()
    if found is None or (found.Confirmation.used_at is None and found.Confirmation.expires_at <= now):
        raise RuleViolated("confirmation_invalid", "The link is wrong or older than 24 hours.")
    if found.Confirmation.used_at is None:
        found.Confirmation.used_at = now
        _activate(session, found.Account, found.Registration)
    return {"status": "confirmed"}


def _locked_account(session: Session, email: str) -> Account | None:
    """The account behind an address. The lock on the address also holds where there is no account yet."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email, 0))))
    return session.scalar(
        select(Account)
        .join(Login, (Login.region_code == Account.region_code) & (Login.user_id == Account.user_id))
        .where(Login.email == email)
        .with_for_update(of=Account)
    )


def _open_account(session: Session, email: str, form: dict[str, Any], user_id: str, version: int) -> None:
    account = Account(
        region_code=form["region_code"],
        user_id=user_id,
        role=contract.GUARDIAN,
        full_name=form["full_name"],
        password_hash=form["password_hash"],
        version=version,
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    session.add(Login(email=email, region_code=account.region_code, user_id=user_id))
    _keep_form(session, account, form)


def _register_again(session: Session, email: str, account: Account, form: dict[str, Any]) -> None:
    """A waiting account in another region begins anew there, under the id it has."""
    if account.region_code != form["region_code"]:
        user_id, version = account.user_id, account.version + 1
        session.delete(account)
        session.flush()
        session.expunge_all()
        _open_account(session, email, form, user_id, version)
        return
    account.full_name, account.password_hash = form["full_name"], form["password_hash"]
    account.version += 1
    _keep_form(session, account, form)


def _keep_form(session: Session, account: Account, form: dict[str, Any]) -> None:
    """Keep the form with the proof of consent, and let the address be written to."""
    session.add(
        Registration(
            region_code=account.region_code,
            registration_id=str(uuid.uuid4()),
            user_id=account.user_id,
            full_name=form["full_name"],
            password_hash=form["password_hash"],
            consent_version=consents.CURRENT.version,
            consent_text_sha256=consents.CURRENT.text_sha256,
            consented_at=clock.now(),
        )
    )
    record(
        session,
        contract.GUARDIAN_REGISTERED,
        region_code=account.region_code,
        subject=account.user_id,
        version=account.version,
        data={"guardian_id": account.user_id},
    )


def _registrations_today(session: Session, account: Account) -> int:
    since = clock.now() - timedelta(days=1)
    query = select(func.count()).where(
        Registration.region_code == account.region_code,
        Registration.user_id == account.user_id,
        Registration.consented_at > since,
    )
    return session.scalar(query) or 0


def _new_confirmation(session: Session, account: Account) -> str:
    if account.confirmed_at is not None:
        raise RuleViolated("email_already_confirmed", "The address is confirmed already.")
    newest = session.scalars(
        select(Registration.registration_id)
        .where(Registration.region_code == account.region_code, Registration.user_id == account.user_id)
        .order_by(Registration.consented_at.desc())
        .limit(1)
    ).one()
    token = bearer.new_token(account.region_code)
    session.add(
        Confirmation(
            region_code=account.region_code,
            token_sha256=bearer.fingerprint(token),
            registration_id=newest,
            expires_at=clock.now() + signing_in.CONFIRMATION_LIFETIME,
        )
    )
    return token


def _activate(session: Session, account: Account, registration: Registration) -> None:
    """Let the form count, unless an earlier link has opened the account. No form keeps its password any longer."""
    if account.confirmed_at is None and registration.password_hash is not None:
        account.confirmed_at = clock.now()
        account.full_name, account.password_hash = registration.full_name, registration.password_hash
    session.execute(
        update(Registration)
        .where(Registration.region_code == account.region_code, Registration.user_id == account.user_id)
        .values(password_hash=None)
    )


def _same(left: type[Any], right: type[Any], column: str) -> Any:
    return (left.region_code == right.region_code) & (getattr(left, column) == getattr(right, column))
