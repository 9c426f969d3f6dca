"""The billing service: what it answers and what it hears."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from billing import commands, queries
from billing.neighbours import CHILD
from chassis import clock
from chassis.context import actor
from chassis.outbox import Received
from chassis.service import Service, command, every, on_event, on_events, query
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

    @query(contract.GET_CONTRACT)
    def get_contract(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The contract of an enrolment of the guardian's own child."""
        return queries.get_contract(session, actor(), request["enrollment_id"])

    @command(contract.ACCEPT_CONTRACT)
    def accept_contract(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The guardian accepts a new offer for a contract that waits for it."""
        commands.accept_contract(session, actor(), request)
        return queries.get_contract(session, actor(), request["enrollment_id"])

    @command(contract.REFUSE_CONTRACT)
    def refuse_contract(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The guardian refuses the price of a contract that waits."""
        commands.refuse_contract(session, actor(), request)
        return queries.get_contract(session, actor(), request["enrollment_id"])

    @query(contract.LIST_BUDGETS)
    def list_budgets(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The budgets of the caller's municipality."""
        return queries.list_budgets(session, actor())

    @command(contract.ALLOCATE_BUDGET)
    def allocate_budget(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Add money to a budget of the caller's municipality, and serve those who wait for it."""
        return commands.allocate_budget(session, actor(), request)

    @query(contract.LIST_PERIODS)
    def list_periods(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The funding periods of the caller's region."""
        return queries.list_periods(session, actor())

    @command(contract.SET_PERIOD)
    def set_period(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Add the period that follows the last one of the caller's region."""
        return commands.set_period(session, actor(), request)

    @query(contract.LIST_FUNDING_PROGRAMMES)
    def list_funding_programmes(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """The rules of the caller's municipality, version by version."""
        return queries.list_funding_programmes(session, actor())

    @command(contract.SET_FUNDING_PROGRAMME)
    def set_funding_programme(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Set the rules of the caller's municipality for a period, or from a day on."""
        return commands.set_funding_programme(session, actor(), request)

    @on_event(accounts.CHILD_REGISTERED, only=("child_id", "guardian_ids", "born_on", "municipality_code"))
    def on_child_registered(self, session: Session, event: Received) -> None:
        """Whose child it is, how old, and who would pay for it: what offers and reads ask. No money depends on it."""
        CHILD.remember(session, event)

    @on_event(accounts.CHILD_CHANGED, only=("child_id", "guardian_ids", "born_on", "municipality_code"))
    def on_child_changed(self, session: Session, event: Received) -> None:
        """The same of a child that has changed."""
        CHILD.remember(session, event)

    @on_event(
        certificates.CERTIFICATE_ISSUED, only=("certificate_id", "child_id", "payer_municipality_code", "valid_until")
    )
    def on_certificate_issued(self, session: Session, event: Received) -> None:
        """A child has its certificate."""
        commands.keep_certificate(session, event)

    @on_event(certificates.CERTIFICATE_FROZEN, only=("certificate_id", "child_id", "changed_on"))
    def on_certificate_frozen(self, session: Session, event: Received) -> None:
        """Nothing is credited, held or debited any more, until it is unfrozen."""
        commands.keep_certificate_state(session, event)

    @on_event(certificates.CERTIFICATE_UNFROZEN, only=("certificate_id", "child_id", "changed_on"))
    def on_certificate_unfrozen(self, session: Session, event: Received) -> None:
        """All that was kept meanwhile is settled."""
        commands.keep_certificate_state(session, event)

    @on_event(certificates.CERTIFICATE_REVOKED, only=("certificate_id", "child_id", "changed_on"))
    def on_certificate_revoked(self, session: Session, event: Received) -> None:
        """Lessons after that day cost nothing; what is left goes back to the payer."""
        commands.keep_certificate_state(session, event)

    @on_event(certificates.CERTIFICATE_EXPIRED, only=("certificate_id", "child_id", "changed_on"))
    def on_certificate_expired(self, session: Session, event: Received) -> None:
        """Lessons after the last valid day cost nothing; what is left goes back to the payer."""
        commands.keep_certificate_state(session, event)

    @on_event(
        enrollment.ENROLLED,
        only=(
            *("enrollment_id", "child_id", "group_id", "provider_id", "direction", "submitted_at", "enrolled_at"),
            *("enrolled_on", "group_starts_on", "group_ends_on", "price", "normative_price", "terms_version"),
            *("offer_id", "accepted_by", "lessons"),
        ),
    )
    def on_enrolled(self, session: Session, event: Received) -> None:
        """A child is enrolled on these terms."""
        commands.keep_enrollment(session, event)

    @on_event(enrollment.WITHDRAWN, only=("enrollment_id", "child_id", "effective_on"))
    def on_withdrawn(self, session: Session, event: Received) -> None:
        """A child has left; lessons after the last day cost nothing."""
        commands.keep_end(session, event)

    @on_event(enrollment.COMPLETED, only=("enrollment_id", "child_id", "effective_on"))
    def on_completed(self, session: Session, event: Received) -> None:
        """A group has ended with the child in it."""
        commands.keep_end(session, event)

    @on_events(enrollment.ATTENDANCE_RECORDED, only=("lesson_id", "page_version", "marks"))
    def on_attendance_recorded(self, session: Session, events: Sequence[Received]) -> None:
        """Lesson pages have these marks."""
        commands.keep_pages(session, events)

    @on_event(enrollment.LESSON_CANCELLED, only=("lesson_id", "group_id"))
    def on_lesson_cancelled(self, session: Session, event: Received) -> None:
        """A lesson does not take place and costs nothing."""
        commands.keep_lesson_change(session, event)

    @on_event(enrollment.LESSON_MOVED, only=("lesson_id", "group_id", "new_lesson_on"))
    def on_lesson_moved(self, session: Session, event: Received) -> None:
        """A lesson is held on another day."""
        commands.keep_lesson_change(session, event)

    @every(seconds=1)
    def grant_waiting(self, session: Session) -> bool:
        """Serve a queue that has money, one batch at a time."""
        return commands.grant_waiting(session)

    @every(seconds=30)
    def settle_forgotten(self, session: Session) -> bool:
        """Put children who were enrolled before their programme was opened into its line."""
        return commands.settle_forgotten(session)

    @every(seconds=5)
    def end_period(self, session: Session) -> bool:
        """Close a period whose day has come: what is left in it is sent on its way."""
        return commands.end_period(session, clock.now())

    @every(seconds=2)
    def empty_pockets(self, session: Session) -> bool:
        """Return or carry over what has to leave its pocket, one batch at a time."""
        return commands.empty_pockets(session, clock.now())

    @every(seconds=60)
    def prepay_months(self, session: Session) -> bool:
        """Debit the month that has begun where contracts are prepaid; the last one of a contract closes it."""
        return commands.prepay_due(session, clock.now())

    @every(seconds=60)
    def lapse_acceptances(self, session: Session) -> bool:
        """Refuse contracts whose time for an acceptance has passed."""
        return commands.lapse_acceptances(session)

    @every(seconds=60)
    def review_contracts(self, session: Session) -> bool:
        """Release holds of lessons not filled in time, open what there is room for, end contracts with their period."""
        return commands.review_contracts(session)

    @every(seconds=3600)
    def guard_ledger(self, session: Session) -> bool:
        """Protect the coming months of the ledger as the present one is."""
        commands.guard_partitions(session)
        return False
