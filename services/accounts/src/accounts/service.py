"""The accounts service: what it answers, what it hears and what it does by itself."""

from typing import Any

from sqlalchemy.orm import Session

from accounts import claim_queries, facts, passwords, queries
from accounts.commands import admission, children, claims, recognition, registering, sessions, upkeep
from accounts.vault import Vault
from chassis import clock, threads, tokens
from chassis.context import actor
from chassis.errors import Conflict, Unavailable
from chassis.outbox import Received
from chassis.service import Service, command, every, on_event, query, rpc
from contracts import accounts as contract
from contracts import catalog, enrollment, registry


class AccountsService(Service):
    """People, their sessions, and which child belongs to which guardian."""

    name = "accounts"
    standard = registry.standard(name)
    projections = (facts.REGION, facts.MUNICIPALITY)

    @command(contract.REGISTER_GUARDIAN, prepare=registering.with_hashed_password)
    def register_guardian(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Take a registration; the answer and its time are the same for known and unknown addresses."""
        return registering.register_guardian(session, request)

    @command(contract.GET_MAILING_ADDRESS)
    def get_mailing_address(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Where the mail worker writes to, at the moment of sending; for a confirmation, with a fresh token."""
        return registering.make_mailing(session, request)

    @command(contract.CONFIRM_EMAIL)
    def confirm_email(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Use a confirmation link; `RuleViolated` confirmation_invalid when it is wrong or too old."""
        return registering.confirm_email(session, request)

    @rpc(contract.SIGN_IN)
    def sign_in(self, request: dict[str, Any]) -> dict[str, Any]:
        """Open a session. The attempt is committed first, the password is checked outside any transaction."""
        with self.transactions.writing() as session:
            attempt = sessions.count_attempt(session, self._vault, request["email"])
        verdict = self._verdict(attempt, request["password"])
        with self.transactions.writing() as session:
            opened = sessions.sign_in(session, attempt, verdict)
        return self._answer(opened)

    @rpc(contract.REFRESH_SESSION)
    def refresh_session(self, request: dict[str, Any]) -> dict[str, Any]:
        """Exchange a refresh token; `Unauthenticated` session_over, which a token used twice also brings about.

        The exchange may be repeated once, within half a minute, by whoever lost the answer.
        """
        with self.transactions.writing() as session:
            renewed = sessions.renew(session, request["refresh_token"])
        return self._answer(sessions.still_open(renewed))

    @command(contract.SIGN_OUT)
    def sign_out(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """End the session: no renewal any more. The access token lives on for at most its own 15 minutes."""
        sessions.sign_out(session, actor())
        return {}

    @query(contract.GET_ME)
    def get_me(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The caller's own account."""
        return queries.me(session, actor())

    @command(contract.REGISTER_CHILD)
    def register_child(self, session: Session, request: dict[str, Any]) -> dict[str, Any] | Conflict:
        """Register the guardian's child; `Conflict` child_already_registered, or child_claimed with the kept claim."""
        return admission.register_child(session, self._vault, actor(), request)

    @query(contract.LIST_MY_CLAIMS)
    def list_my_claims(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A page of the guardian's own claims on children whom others registered first."""
        return claim_queries.my_claims(session, actor(), request)

    @rpc(contract.LIST_CLAIMS)
    def list_claims(self, request: dict[str, Any]) -> dict[str, Any]:
        """A page of the claims on children of the caller's municipality; the reading is recorded."""
        with self.transactions.writing() as session:
            page = claim_queries.claims(session, actor(), request)
            known = claim_queries.known_children(session, actor(), [item["claim_id"] for item in page["items"]])
            children.note_access(session, actor(), known, purpose="claim_list")
        return page

    @command(contract.DECIDE_CLAIM)
    def decide_claim(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Decide a claim for good; `NotFound` for claims of other municipalities, `Conflict` claim_decided."""
        return claims.decide_claim(session, self._vault, actor(), request)

    @rpc(contract.LIST_CHILDREN)
    def list_children(self, request: dict[str, Any]) -> dict[str, Any]:
        """A page of the guardian's own children; the reading is recorded."""
        with self.transactions.writing() as session:
            page = queries.children(session, self._vault, actor(), request)
            children.note_access(session, actor(), ids(page["items"]), purpose="family_list")
        return page

    @rpc(contract.GET_CHILD)
    def get_child(self, request: dict[str, Any]) -> dict[str, Any]:
        """The guardian's own child, `NotFound` for any other; the reading is recorded."""
        with self.transactions.writing() as session:
            card = queries.child(session, self._vault, actor(), request["child_id"])
            children.note_access(session, actor(), ids([card]), purpose="family_card")
        return card

    @rpc(contract.LIST_PUPILS)
    def list_pupils(self, request: dict[str, Any]) -> dict[str, Any]:
        """Names of those children who are enrolled with the caller's provider or applied to it; recorded."""
        with self.transactions.writing() as session:
            pupils = queries.pupils(session, actor(), request["child_ids"])
            children.note_access(session, actor(), ids(pupils), purpose="provider_roster")
        return {"items": pupils}

    @on_event(catalog.REGION_PUBLISHED)
    def on_region_published(self, session: Session, event: Received) -> None:
        """A region people may register in, and its time zone."""
        facts.REGION.remember(session, event)

    @on_event(catalog.MUNICIPALITY_PUBLISHED, only=("municipality_code", "payer_code"))
    def on_municipality_published(self, session: Session, event: Received) -> None:
        """A municipality a child may live in, and its payer code."""
        facts.MUNICIPALITY.remember(session, event)

    @on_event(enrollment.ENROLLED, only=("enrollment_id", "child_id", "provider_id", "enrolled_at"))
    def on_enrolled(self, session: Session, event: Received) -> None:
        """A provider whose staff may now read the child's name."""
        children.remember_pupil(session, event)

    @on_event(enrollment.APPLICATION_SUBMITTED, only=("application_id", "child_id", "provider_id", "submitted_at"))
    def on_application_submitted(self, session: Session, event: Received) -> None:
        """A provider that decides about a child, and whose staff may therefore read its name."""
        children.remember_applicant(session, event)

    @on_event(enrollment.APPLICATION_CANCELLED, only=("application_id",))
    def on_application_cancelled(self, session: Session, event: Received) -> None:
        """A provider that has nothing more to decide about a child."""
        children.remember_departure(session, event, event.data["application_id"])

    @on_event(enrollment.WITHDRAWN, only=("enrollment_id", "effective_on"))
    def on_withdrawn(self, session: Session, event: Received) -> None:
        """The last day of a child that has left its group."""
        children.remember_departure(session, event, event.data["enrollment_id"], event.data["effective_on"])

    @on_event(enrollment.COMPLETED, only=("enrollment_id", "effective_on"))
    def on_completed(self, session: Session, event: Received) -> None:
        """The last day of a child whose group has ended."""
        children.remember_departure(session, event, event.data["enrollment_id"], event.data["effective_on"])

    @every(seconds=60)
    def reindex_children(self, session: Session) -> bool:
        """Find children of an older version by the present rule."""
        return recognition.reindex(session, self._vault)

    @every(seconds=600)
    def forget_the_expired(self, session: Session) -> None:
        """Delete what has served its time."""
        upkeep.forget_the_expired(session)

    @property
    def _vault(self) -> Vault:
        return Vault(self.settings.snils_key, self.settings.snils_index_key)

    def _verdict(self, attempt: sessions.Attempt, password: str) -> passwords.Verdict:
        """Whether the password is right; an attempt that no thread had time for does not count."""
        try:
            return threads.run(passwords.check, attempt.password_hash, password)
        except Unavailable:
            with self.transactions.writing() as session:
                sessions.uncount_attempt(session, attempt)
            raise

    def _answer(self, opened: sessions.Opened) -> dict[str, Any]:
        """The session as its owner gets it, with a signed access token."""
        seconds = self.settings.access_token_seconds
        return {
            "access_token": tokens.issue(self.settings.token_private_key, opened.actor, seconds, clock.now()),
            "token_type": "Bearer",
            "expires_in": seconds,
            "refresh_token": opened.refresh_token,
        }


def ids(items: list[dict[str, Any]]) -> list[str]:
    """The children among what is about to be shown."""
    return [item["child_id"] for item in items]
