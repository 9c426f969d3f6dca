"""The entrypoints of enrollment: a table of contents."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.context import actor
from chassis.methods import Asked, Outcome
from chassis.outbox import Received
from chassis.service import Service, batch_command, command, every, on_event, query
from contracts import accounts, billing, catalog, registry
from contracts import enrollment as contract
from enrollment.commands import applications, attendance, deadlines, facts, lessons, review, submitting
from enrollment.neighbours import ACTIVE, CHILD, GROUP, OFFER, PROVIDER, SUSPENDED
from enrollment.queries import applications as reading
from enrollment.queries import groups, journal

CHILD_FIELDS = ("child_id", "guardian_ids", "born_on", "municipality_code")
OFFER_FIELDS = ("child_id", "group_id", "guardian_id", "terms_version", "expires_at")
CONTRACT_FIELDS = ("contract_id", "enrollment_id", "certificate_share", "parent_share", "effective_from")


class EnrollmentService(Service):
    """Gives out seats in order of arrival, never more than there are, and keeps the journal of lessons."""

    name = "enrollment"
    standard = registry.standard(name)
    projections = (CHILD, GROUP, OFFER, PROVIDER)

    @batch_command(contract.SUBMIT_APPLICATION)
    def submit_application(self, session: Session, asked: Sequence[Asked]) -> list[Outcome]:
        """Apply for groups with accepted offers: enrolled, waiting for review, or waiting for a place."""
        decided = submitting.submit(session, asked, self.settings.holds)
        return [each if isinstance(each, Exception) else reading.see_new(session, each) for each in decided]

    @query(contract.LIST_APPLICATIONS)
    def list_applications(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The applications of the caller's children, newest first, with the state of each contract."""
        return reading.list_applications(session, actor(), request)

    @query(contract.GET_APPLICATION)
    def get_application(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """One application of the caller's children."""
        return reading.get_application(session, actor(), request["application_id"])

    @command(contract.SEND_DRAFT)
    def send_draft(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Send a draft once enrolment is open."""
        applications.send_draft(session, actor(), request["application_id"], self.settings.holds)
        return reading.get_application(session, actor(), request["application_id"])

    @command(contract.ACCEPT_PLACE)
    def accept_place(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Take the place that was offered to a waiting child."""
        applications.accept_place(session, actor(), request["application_id"], self.settings.holds)
        return reading.get_application(session, actor(), request["application_id"])

    @command(contract.CANCEL_APPLICATION)
    def cancel_application(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Give up an application before the enrolment; its seat goes to the next in line."""
        application_id, reason = request["application_id"], request["reason"]
        applications.cancel(session, actor(), application_id, reason, self.settings.holds)
        return reading.get_application(session, actor(), application_id)

    @command(contract.WITHDRAW_ENROLLMENT)
    def withdraw_enrollment(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """End an enrolment, by the family or the provider; its seat goes to the next in line."""
        review.withdraw(session, actor(), request, self.settings.holds)
        return groups.get_sent_application(session, actor(), request["application_id"])

    @query(contract.LIST_GROUP_APPLICATIONS)
    def list_group_applications(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The applications to a group of the caller's provider, in the order of arrival."""
        return groups.list_group_applications(session, actor(), request)

    @command(contract.CONFIRM_APPLICATION)
    def confirm_application(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The provider takes the child; the order of enrolment follows."""
        review.confirm(session, actor(), request["application_id"], self.settings.holds)
        return groups.get_sent_application(session, actor(), request["application_id"])

    @command(contract.ENROL_APPLICATION)
    def enrol_application(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The provider enrols a confirmed child by its order."""
        application_id, order_number = request["application_id"], request["order_number"]
        review.enrol(session, actor(), application_id, order_number, self.settings.holds)
        return groups.get_sent_application(session, actor(), application_id)

    @command(contract.REFUSE_APPLICATION)
    def refuse_application(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The provider refuses a child, with a reason; the seat goes to the next in line."""
        application_id, reason = request["application_id"], request["reason"]
        review.refuse(session, actor(), application_id, reason, self.settings.holds)
        return groups.get_sent_application(session, actor(), application_id)

    @query(contract.LIST_LESSONS)
    def list_lessons(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The lessons of a group that the caller teaches or manages."""
        return journal.list_lessons(session, actor(), request["group_id"], request["on"])

    @query(contract.GET_LESSON)
    def get_lesson(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A lesson's page with those enrolled on its day and their marks."""
        return journal.get_lesson(session, actor(), request["lesson_id"])

    @command(contract.RECORD_ATTENDANCE)
    def record_attendance(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Set or correct marks on a lesson's page; the page as it is then."""
        attendance.mark_lesson(session, actor(), request)
        return journal.get_lesson(session, actor(), request["lesson_id"])

    @command(contract.CANCEL_LESSON)
    def cancel_lesson(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Cancel a lesson of a group that the caller teaches or manages; its page as it is then."""
        lessons.cancel_lesson(session, actor(), request)
        return journal.get_lesson(session, actor(), request["lesson_id"])

    @command(contract.MOVE_LESSON)
    def move_lesson(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Hold a lesson at another time; its page as it is then."""
        lessons.move_lesson(session, actor(), request)
        return journal.get_lesson(session, actor(), request["lesson_id"])

    @on_event(accounts.CHILD_REGISTERED, only=CHILD_FIELDS)
    def on_child_registered(self, session: Session, event: Received) -> None:
        """A family may apply for this child."""
        facts.keep_child(session, event)

    @on_event(accounts.CHILD_CHANGED, only=CHILD_FIELDS)
    def on_child_changed(self, session: Session, event: Received) -> None:
        """A child has other guardians, another birth date or municipality."""
        facts.keep_child(session, event)

    @on_event(catalog.PROVIDER_SUSPENDED, only=("provider_id",))
    def on_provider_suspended(self, session: Session, event: Received) -> None:
        """A provider may take no new children."""
        facts.keep_provider(session, event, SUSPENDED)

    @on_event(catalog.PROVIDER_ACTIVATED, only=("provider_id",))
    def on_provider_activated(self, session: Session, event: Received) -> None:
        """A provider may take new children."""
        facts.keep_provider(session, event, ACTIVE)

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

    @on_event(billing.CONTRACT_REFUSED, only=CONTRACT_FIELDS)
    def on_contract_refused(self, session: Session, event: Received) -> None:
        """Nobody accepted the price: the enrolment ends."""
        facts.refuse_contract(session, event)

    @on_event(billing.CONTRACT_CLOSED, only=CONTRACT_FIELDS)
    def on_contract_closed(self, session: Session, event: Received) -> None:
        """The contract is over; the family still sees it."""
        facts.keep_contract(session, event, "closed")

    @every(seconds=1)
    def send_drafts(self, session: Session) -> bool:
        """Drafts are sent when enrolment opens."""
        return deadlines.send_drafts(session, self.settings.holds)

    @every(seconds=1)
    def lapse_places(self, session: Session) -> bool:
        """A place that was kept long enough goes to the next in line."""
        return deadlines.lapse(session, self.settings.holds)

    @every(seconds=1)
    def offer_places(self, session: Session) -> bool:
        """Seats that became free without a leave are offered to those who wait."""
        return deadlines.refill(session, self.settings.holds)

    @every(seconds=10)
    def end_groups(self, session: Session) -> bool:
        """Enrolments complete after their group's last day."""
        return deadlines.end_group(session)
