"""The billing service: what it answers and what it hears."""

from typing import Any

from sqlalchemy.orm import Session

from billing import commands, queries
from billing.neighbours import CHILD
from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, command, every, on_event, query
from contracts import accounts, certificates, enrollment, registry
from contracts import billing as contract


class BillingService(Service):
    """Every kopeck has a cause, no debit is made without acceptance, and nothing is ever overdrawn."""

    name = "billing"
    standard = registry.standard(name)
    projections = (CHILD,)

    @command(contract.MAKE_OFFER)
    def make_offer(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """What a group would cost the guardian's own child."""
        return commands.make_offer(session, actor(), request, self.settings.offer_lifetime)

    @query(contract.GET_CERTIFICATE_ACCOUNT)
    def get_certificate_account(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The money of the guardian's own child's certificate in the current period."""
        return queries.get_certificate_account(session, actor(), request["child_id"])

    @query(contract.LIST_OPERATIONS)
    def list_operations(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The movements of that money, newest first, each explained."""
        return queries.list_operations(session, actor(), request)

    @query(contract.LIST_BUDGETS)
    def list_budgets(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The budgets of the caller's municipality."""
        return queries.list_budgets(session, actor())

    @command(contract.ALLOCATE_BUDGET)
    def allocate_budget(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Add money to a budget of the caller's municipality, and serve those who wait for it."""
        return commands.allocate_budget(session, actor(), request)

    @on_event(accounts.CHILD_REGISTERED, only=("child_id", "guardian_ids", "born_on", "municipality_code"))
    def on_child_registered(self, session: Session, event: Received) -> None:
        """Whose child it is, how old, and who would pay for it: what offers and reads ask. No money depends on it."""
        CHILD.remember(session, event)

    @on_event(
        certificates.CERTIFICATE_ISSUED, only=("certificate_id", "child_id", "payer_municipality_code", "valid_until")
    )
    def on_certificate_issued(self, session: Session, event: Received) -> None:
        """A child has its certificate."""
        commands.keep_certificate(session, event)

    @on_event(
        enrollment.ENROLLED,
        only=(
            *("enrollment_id", "child_id", "group_id", "provider_id", "submitted_at", "enrolled_at", "enrolled_on"),
            *("group_starts_on", "group_ends_on", "price", "normative_price", "terms_version"),
            *("offer_id", "accepted_by", "lessons"),
        ),
    )
    def on_enrolled(self, session: Session, event: Received) -> None:
        """A child is enrolled on these terms."""
        commands.keep_enrollment(session, event)

    @on_event(enrollment.ATTENDANCE_RECORDED, only=("lesson_id", "page_version", "marks"))
    def on_attendance_recorded(self, session: Session, event: Received) -> None:
        """A lesson page has these marks."""
        commands.keep_marks(session, event)

    @every(seconds=1)
    def grant_waiting(self, session: Session) -> bool:
        """Serve a queue that has money, one batch at a time."""
        return commands.grant_waiting(session)

    @every(seconds=3600)
    def guard_ledger(self, session: Session) -> bool:
        """Protect the coming months of the ledger as the present one is."""
        commands.guard_partitions(session)
        return False
