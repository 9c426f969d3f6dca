"""The entrypoints of enrollment: a table of contents."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, command, on_event, query
from contracts import accounts, billing, catalog, registry
from contracts import enrollment as contract
from enrollment import queries
from enrollment.commands import applications, attendance, facts
from enrollment.neighbours import CHILD, GROUP, OFFER

CHILD_FIELDS = ("child_id", "guardian_ids", "born_on", "municipality_code")
OFFER_FIELDS = ("child_id", "group_id", "guardian_id", "terms_version", "expires_at")
CONTRACT_FIELDS = ("contract_id", "enrollment_id", "certificate_share", "parent_share", "effective_from")


class EnrollmentService(Service):
    """Gives out seats in order of arrival, never more than there are, and keeps the journal of lessons."""

    name = "enrollment"
    standard = registry.standard(name)
    projections = (CHILD, GROUP, OFFER)

    @command(contract.SUBMIT_APPLICATION)
    def submit_application(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Apply for a group with an accepted offer: enrolled, waiting for review, or waiting for a place."""
        application_id = applications.submit(session, actor(), request)
        return queries.get_application(session, actor(), application_id)

    @query(contract.LIST_APPLICATIONS)
    def list_applications(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The applications of the caller's children, newest first, with the state of each contract."""
        return queries.list_applications(session, actor(), request)

    @query(contract.GET_APPLICATION)
    def get_application(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """One application of the caller's children."""
        return queries.get_application(session, actor(), request["application_id"])

    @query(contract.LIST_LESSONS)
    def list_lessons(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The lessons of a group that the caller teaches or manages."""
        return queries.list_lessons(session, actor(), request["group_id"], request["on"])

    @query(contract.GET_LESSON)
    def get_lesson(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A lesson's page with those enrolled on its day and their marks."""
        return queries.get_lesson(session, actor(), request["lesson_id"])

    @command(contract.RECORD_ATTENDANCE)
    def record_attendance(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Set or correct marks on a lesson's page; the page as it is then."""
        attendance.mark_lesson(session, actor(), request)
        return queries.get_lesson(session, actor(), request["lesson_id"])

    @on_event(accounts.CHILD_REGISTERED, only=CHILD_FIELDS)
    def on_child_registered(self, session: Session, event: Received) -> None:
        """A family may apply for this child."""
        facts.keep_child(session, event)

    @on_event(catalog.GROUP_PUBLISHED)
    def on_group_published(self, session: Session, event: Received) -> None:
        """A group takes children on these terms and has these lessons."""
        facts.keep_group(session, event)

    @on_event(catalog.GROUP_CHANGED)
    def on_group_changed(self, session: Session, event: Received) -> None:
        """A group's terms, capacity or plan changed."""
        facts.keep_group(session, event)

    @on_event(billing.OFFER_MADE, only=OFFER_FIELDS)
    def on_offer_made(self, session: Session, event: Received) -> None:
        """A guardian may accept this offer by applying with it."""
        facts.keep_offer(session, event)

    @on_event(billing.CONTRACT_AWAITING_FUNDS, only=CONTRACT_FIELDS)
    def on_contract_awaiting_funds(self, session: Session, event: Received) -> None:
        """The seat stands while the certificate waits for budget."""
        facts.keep_contract(session, event, "awaiting_funds")

    @on_event(billing.CONTRACT_AWAITING_ACCEPTANCE, only=CONTRACT_FIELDS)
    def on_contract_awaiting_acceptance(self, session: Session, event: Received) -> None:
        """The seat stands while the family looks at a new offer."""
        facts.keep_contract(session, event, "awaiting_acceptance")

    @on_event(billing.CONTRACT_ACTIVATED, only=CONTRACT_FIELDS)
    def on_contract_activated(self, session: Session, event: Received) -> None:
        """The enrolment is paid for from its effective date."""
        facts.keep_contract(session, event, "active")
