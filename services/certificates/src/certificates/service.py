"""The certificates service: what it answers and what it hears."""

from typing import Any

from sqlalchemy.orm import Session

from certificates import queries
from certificates.commands import changing, issuing
from certificates.domain import states
from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, command, every, on_event, query, rpc
from contracts import accounts, enrollment, registry
from contracts import certificates as contract

CHILD_FIELDS = ("child_id", "guardian_ids", "born_on", "municipality_code", "payer_code", "time_zone")


class CertificatesService(Service):
    """One certificate for each enrolled child, issued by itself, decided on by its authorities, ended by age."""

    name = "certificates"
    standard = registry.standard(name)

    @query(contract.GET_CERTIFICATE)
    def get_certificate(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The certificate of the guardian's own child."""
        return queries.get_certificate(session, actor(), request["child_id"])

    @rpc(contract.FIND_CERTIFICATE)
    def find_certificate(self, request: dict[str, Any]) -> dict[str, Any]:
        """The certificate of a number, for the authorities that decide on it; the reading is recorded."""
        with self.transactions.writing() as session:
            found = queries.find_certificate(session, actor(), request["number"])
            changing.note_access(session, actor(), found["certificate_id"], purpose="found_by_number")
        return found

    @command(contract.FREEZE_CERTIFICATE)
    def freeze_certificate(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a valid certificate for a while; `Conflict` certificate_state in any other state."""
        return queries.view(changing.decide(session, actor(), states.FREEZE, request))

    @command(contract.UNFREEZE_CERTIFICATE)
    def unfreeze_certificate(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Let a frozen certificate go on; `Conflict` certificate_state in any other state."""
        return queries.view(changing.decide(session, actor(), states.UNFREEZE, request))

    @command(contract.REVOKE_CERTIFICATE)
    def revoke_certificate(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """End a valid or frozen certificate for good; `Conflict` certificate_state once it has ended."""
        return queries.view(changing.decide(session, actor(), states.REVOKE, request))

    @every(seconds=30)
    def expire_certificates(self, session: Session) -> bool:
        """End certificates whose last valid day is over where the child lives."""
        return changing.expire_some(session)

    @on_event(accounts.CHILD_REGISTERED, only=CHILD_FIELDS)
    def on_child_registered(self, session: Session, event: Received) -> None:
        """A child is known: its age, its time zone, its payer and its guardians."""
        issuing.keep_child(session, event)

    @on_event(accounts.CHILD_CHANGED, only=CHILD_FIELDS)
    def on_child_changed(self, session: Session, event: Received) -> None:
        """The child as it is now; its guardians see the certificate, whose validity stays as it was issued."""
        issuing.keep_child(session, event)

    @on_event(enrollment.ENROLLED, only=("enrollment_id", "child_id", "enrolled_at", "enrolled_on", "lessons.on"))
    def on_enrolled(self, session: Session, event: Received) -> None:
        """An enrolment asks for a certificate."""
        issuing.keep_enrollment(session, event)
