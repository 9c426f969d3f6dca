"""The notifications service: what it answers, what it hears and what it does by itself."""

from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, command, every, on_event, query
from contracts import accounts, billing, catalog, certificates, enrollment, registry
from contracts import notifications as contract
from notifications import commands, queries
from notifications.domain import texts
from notifications.mail import MailWorker

ASK_TIMEOUT_SECONDS = 5


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

    @on_event(catalog.GROUP_PUBLISHED, only=("group_id", "title", "provider_name"))
    def on_group_published(self, session: Session, event: Received) -> None:
        """A group's title is known."""
        commands.keep_group(session, event)

    @on_event(catalog.GROUP_CHANGED, only=("group_id", "title", "provider_name"))
    def on_group_changed(self, session: Session, event: Received) -> None:
        """A group may have another title."""
        commands.keep_group(session, event)

    @on_event(enrollment.APPLICATION_WAITLISTED, only=texts.APPLICATION_WAITLISTED.reads)
    def on_application_waitlisted(self, session: Session, event: Received) -> None:
        """The group is full."""
        commands.keep_notice(session, event, texts.APPLICATION_WAITLISTED)

    @on_event(enrollment.ENROLLED, only=texts.ENROLLED.reads)
    def on_enrolled(self, session: Session, event: Received) -> None:
        """The child is in the group."""
        commands.keep_notice(session, event, texts.ENROLLED)

    @on_event(certificates.CERTIFICATE_ISSUED, only=texts.CERTIFICATE_ISSUED.reads)
    def on_certificate_issued(self, session: Session, event: Received) -> None:
        """The child has its certificate."""
        commands.keep_notice(session, event, texts.CERTIFICATE_ISSUED)

    @on_event(billing.CERTIFICATE_CREDITED, only=texts.CERTIFICATE_CREDITED.reads)
    def on_certificate_credited(self, session: Session, event: Received) -> None:
        """The certificate has its money."""
        commands.keep_notice(session, event, texts.CERTIFICATE_CREDITED)

    @on_event(billing.FUNDING_QUEUED, only=texts.FUNDING_QUEUED.reads)
    def on_funding_queued(self, session: Session, event: Received) -> None:
        """The certificate waits for the municipal budget."""
        commands.keep_notice(session, event, texts.FUNDING_QUEUED)

    @on_event(billing.CONTRACT_ACTIVATED, only=texts.CONTRACT_ACTIVATED.reads)
    def on_contract_activated(self, session: Session, event: Received) -> None:
        """Who pays what is settled and held."""
        commands.keep_notice(session, event, texts.CONTRACT_ACTIVATED)

    @on_event(billing.CONTRACT_AWAITING_FUNDS, only=texts.CONTRACT_AWAITING_FUNDS.reads)
    def on_contract_awaiting_funds(self, session: Session, event: Received) -> None:
        """Lessons are not covered until the certificate has money."""
        commands.keep_notice(session, event, texts.CONTRACT_AWAITING_FUNDS)

    @on_event(billing.CONTRACT_AWAITING_ACCEPTANCE, only=texts.CONTRACT_AWAITING_ACCEPTANCE.reads)
    def on_contract_awaiting_acceptance(self, session: Session, event: Received) -> None:
        """The family would pay more than it accepted."""
        commands.keep_notice(session, event, texts.CONTRACT_AWAITING_ACCEPTANCE)

    @on_event(billing.DEBIT_POSTED, only=texts.DEBIT_POSTED.reads)
    def on_debit_posted(self, session: Session, event: Received) -> None:
        """A lesson was paid from the certificate."""
        commands.keep_notice(session, event, texts.DEBIT_POSTED)

    @on_event(billing.DEBIT_REVERSED, only=texts.DEBIT_REVERSED.reads)
    def on_debit_reversed(self, session: Session, event: Received) -> None:
        """A lesson's payment came back."""
        commands.keep_notice(session, event, texts.DEBIT_REVERSED)

    @every(seconds=5)
    def settle_overdue(self, session: Session) -> bool:
        """Notices whose family or group came at the very same time."""
        return commands.settle_overdue(session)

    @every(seconds=1, session=False)
    def send_mail(self) -> bool:
        """The next mail that is due."""
        ask = partial(self.calls.call, accounts.GET_MAILING_ADDRESS, timeout_seconds=ASK_TIMEOUT_SECONDS)
        settings = self.settings
        return MailWorker(self.transactions, ask, settings.smtp, settings.sender, settings.portal_url).send_next()
