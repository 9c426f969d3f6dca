"""The notifications service: what it answers, what it hears and what it does by itself."""

from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, command, every, on_event, query
from contracts import accounts, billing, catalog, certificates, enrollment, registry
from contracts import notifications as contract
from notifications import commands, deliveries, queries, roster
from notifications.domain.texts import certificates as documents
from notifications.domain.texts import lessons, money, places
from notifications.mail import MailWorker

ASK_TIMEOUT_SECONDS = 5
GROUP_READS = ("group_id", *commands.GROUP_FIELDS)


class NotificationsService(Service):
    """Guardians hear of everything that happens to their children's places and money: in the inbox and by mail."""

    name = "notifications"
    standard = registry.standard(name)
    projections = (commands.FAMILY, commands.GROUP)

    @query(contract.LIST_MESSAGES)
    def list_messages(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The caller's own messages, newest first."""
        return queries.list_messages(session, actor(), request["cursor"], request["limit"])

    @command(contract.READ_MESSAGE)
    def read_message(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Mark an own message as read."""
        return commands.read_message(session, actor(), request["message_id"])

    @on_event(accounts.GUARDIAN_REGISTERED, only=("guardian_id",))
    def on_guardian_registered(self, session: Session, event: Received) -> None:
        """The address waits for its confirmation mail."""
        commands.keep_registration(session, event)

    @on_event(accounts.CHILD_REGISTERED, only=("child_id", "guardian_ids"))
    def on_child_registered(self, session: Session, event: Received) -> None:
        """A child's guardians are known."""
        commands.keep_family(session, event)

    @on_event(accounts.CHILD_CHANGED, only=("child_id", "guardian_ids"))
    def on_child_changed(self, session: Session, event: Received) -> None:
        """A child may have another guardian."""
        commands.keep_family(session, event)

    @on_event(catalog.GROUP_PUBLISHED, only=GROUP_READS)
    def on_group_published(self, session: Session, event: Received) -> None:
        """A group's title is known."""
        commands.keep_group(session, event)

    @on_event(catalog.GROUP_CHANGED, only=GROUP_READS)
    def on_group_changed(self, session: Session, event: Received) -> None:
        """A group may have another title."""
        commands.keep_group(session, event)

    @on_event(enrollment.APPLICATION_WAITLISTED, only=places.APPLICATION_WAITLISTED.reads)
    def on_application_waitlisted(self, session: Session, event: Received) -> None:
        """The group is full."""
        commands.keep_notice(session, event, places.APPLICATION_WAITLISTED)

    @on_event(enrollment.PLACE_OFFERED, only=places.PLACE_OFFERED.reads)
    def on_place_offered(self, session: Session, event: Received) -> None:
        """A waiting child may have a place, if the family takes it in time."""
        commands.keep_notice(session, event, places.PLACE_OFFERED)

    @on_event(enrollment.APPLICATION_CONFIRMED, only=places.APPLICATION_CONFIRMED.reads)
    def on_application_confirmed(self, session: Session, event: Received) -> None:
        """The provider takes the child; the order of enrolment follows."""
        commands.keep_notice(session, event, places.APPLICATION_CONFIRMED)

    @on_event(enrollment.APPLICATION_CANCELLED, only=places.APPLICATION_CANCELLED.reads)
    def on_application_cancelled(self, session: Session, event: Received) -> None:
        """The family, the provider or a deadline ended the application."""
        commands.keep_notice(session, event, places.APPLICATION_CANCELLED)

    @on_event(enrollment.ENROLLED, only=(*places.ENROLLED.reads, "enrollment_id", "enrolled_at"))
    def on_enrolled(self, session: Session, event: Received) -> None:
        """The child is in the group."""
        roster.keep_enrolment(session, event)

    @on_event(enrollment.WITHDRAWN, only=(*places.WITHDRAWN.reads, "enrollment_id"))
    def on_withdrawn(self, session: Session, event: Received) -> None:
        """The child has left the group before its end."""
        roster.keep_end(session, event, places.WITHDRAWN)

    @on_event(enrollment.COMPLETED, only=(*places.COMPLETED.reads, "enrollment_id"))
    def on_completed(self, session: Session, event: Received) -> None:
        """The group has ended with the child in it."""
        roster.keep_end(session, event, places.COMPLETED)

    @on_event(enrollment.LESSON_CANCELLED, only=lessons.LESSON_CANCELLED.reads)
    def on_lesson_cancelled(self, session: Session, event: Received) -> None:
        """Nobody in the group need come."""
        roster.keep_lesson_change(session, event, lessons.LESSON_CANCELLED)

    @on_event(enrollment.LESSON_MOVED, only=lessons.LESSON_MOVED.reads)
    def on_lesson_moved(self, session: Session, event: Received) -> None:
        """The group meets at another time."""
        roster.keep_lesson_change(session, event, lessons.LESSON_MOVED)

    @on_event(certificates.CERTIFICATE_ISSUED, only=documents.CERTIFICATE_ISSUED.reads)
    def on_certificate_issued(self, session: Session, event: Received) -> None:
        """The child has its certificate."""
        commands.keep_notice(session, event, documents.CERTIFICATE_ISSUED)

    @on_event(certificates.CERTIFICATE_FROZEN, only=documents.CERTIFICATE_FROZEN.reads)
    def on_certificate_frozen(self, session: Session, event: Received) -> None:
        """No money moves on the certificate for now."""
        commands.keep_notice(session, event, documents.CERTIFICATE_FROZEN)

    @on_event(certificates.CERTIFICATE_UNFROZEN, only=documents.CERTIFICATE_UNFROZEN.reads)
    def on_certificate_unfrozen(self, session: Session, event: Received) -> None:
        """The certificate works again."""
        commands.keep_notice(session, event, documents.CERTIFICATE_UNFROZEN)

    @on_event(certificates.CERTIFICATE_REVOKED, only=documents.CERTIFICATE_REVOKED.reads)
    def on_certificate_revoked(self, session: Session, event: Received) -> None:
        """The certificate has ended by decision."""
        commands.keep_notice(session, event, documents.CERTIFICATE_REVOKED)

    @on_event(certificates.CERTIFICATE_EXPIRED, only=documents.CERTIFICATE_EXPIRED.reads)
    def on_certificate_expired(self, session: Session, event: Received) -> None:
        """The certificate has ended by age."""
        commands.keep_notice(session, event, documents.CERTIFICATE_EXPIRED)

    @on_event(billing.CERTIFICATE_CREDITED, only=money.CERTIFICATE_CREDITED.reads)
    def on_certificate_credited(self, session: Session, event: Received) -> None:
        """The certificate has its money."""
        commands.keep_notice(session, event, money.CERTIFICATE_CREDITED)

    @on_event(billing.FUNDING_QUEUED, only=money.FUNDING_QUEUED.reads)
    def on_funding_queued(self, session: Session, event: Received) -> None:
        """The certificate waits for the municipal budget."""
        commands.keep_notice(session, event, money.FUNDING_QUEUED)

    @on_event(billing.CONTRACT_ACTIVATED, only=money.CONTRACT_ACTIVATED.reads)
    def on_contract_activated(self, session: Session, event: Received) -> None:
        """Who pays what is settled and held."""
        commands.keep_notice(session, event, money.CONTRACT_ACTIVATED)

    @on_event(billing.CONTRACT_AWAITING_FUNDS, only=money.CONTRACT_AWAITING_FUNDS.reads)
    def on_contract_awaiting_funds(self, session: Session, event: Received) -> None:
        """Lessons are not covered until the certificate has money."""
        commands.keep_notice(session, event, money.CONTRACT_AWAITING_FUNDS)

    @on_event(billing.CONTRACT_AWAITING_ACCEPTANCE, only=money.CONTRACT_AWAITING_ACCEPTANCE.reads)
    def on_contract_awaiting_acceptance(self, session: Session, event: Received) -> None:
        """The acceptance does not cover what the family would pay."""
        commands.keep_notice(session, event, money.CONTRACT_AWAITING_ACCEPTANCE)

    @on_event(billing.CONTRACT_REFUSED, only=money.CONTRACT_REFUSED.reads)
    def on_contract_refused(self, session: Session, event: Received) -> None:
        """Nobody accepted the terms; the child leaves the group."""
        commands.keep_notice(session, event, money.CONTRACT_REFUSED)

    @on_event(billing.MONTH_DEBITED, only=money.MONTH_DEBITED.reads)
    def on_month_debited(self, session: Session, event: Received) -> None:
        """A month was paid from the certificate."""
        commands.keep_notice(session, event, money.MONTH_DEBITED)

    @on_event(billing.MONTH_REVERSED, only=money.MONTH_REVERSED.reads)
    def on_month_reversed(self, session: Session, event: Received) -> None:
        """A month's payment came back."""
        commands.keep_notice(session, event, money.MONTH_REVERSED)

    @on_event(billing.DEBIT_POSTED, only=money.DEBIT_POSTED.reads)
    def on_debit_posted(self, session: Session, event: Received) -> None:
        """A lesson was paid from the certificate."""
        commands.keep_notice(session, event, money.DEBIT_POSTED)

    @on_event(billing.DEBIT_REVERSED, only=money.DEBIT_REVERSED.reads)
    def on_debit_reversed(self, session: Session, event: Received) -> None:
        """A lesson's payment came back."""
        commands.keep_notice(session, event, money.DEBIT_REVERSED)

    @every(seconds=5)
    def settle_overdue(self, session: Session) -> bool:
        """Notices whose family or group came at the very same time."""
        return commands.settle_overdue(session)

    @every(seconds=1, session=False)
    def send_mail(self) -> bool:
        """The mails that are due."""
        ask = partial(self.calls.call, accounts.GET_MAILING_ADDRESS, timeout_seconds=ASK_TIMEOUT_SECONDS)
        settings = self.settings
        worker = MailWorker(self.transactions, ask, settings.smtp, settings.sender, settings.portal_url)
        return deliveries.may_be_more(worker.send_due())
