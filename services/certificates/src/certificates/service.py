"""The certificates service: what it answers and what it hears."""

from typing import Any

from sqlalchemy.orm import Session

from certificates import commands, queries
from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, on_event, query
from contracts import accounts, enrollment, registry
from contracts import certificates as contract


class CertificatesService(Service):
    """One certificate for each enrolled child, issued by itself."""

    name = "certificates"
    standard = registry.standard(name)

    @query(contract.GET_CERTIFICATE)
    def get_certificate(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The certificate of the guardian's own child."""
        return queries.get_certificate(session, actor(), request["child_id"])

    @on_event(
        accounts.CHILD_REGISTERED,
        only=("child_id", "guardian_ids", "born_on", "municipality_code", "payer_code", "time_zone"),
    )
    def on_child_registered(self, session: Session, event: Received) -> None:
        """A child is known: its age, its time zone, its payer and its guardians."""
        commands.keep_child(session, event)

    @on_event(enrollment.ENROLLED, only=("enrollment_id", "child_id", "enrolled_at", "enrolled_on", "lessons.on"))
    def on_enrolled(self, session: Session, event: Received) -> None:
        """An enrolment asks for a certificate."""
        commands.keep_enrollment(session, event)
