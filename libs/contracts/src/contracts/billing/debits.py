"""What moves from a certificate to a provider."""

from marshmallow import fields

from contracts.base import Event, Strict
from contracts.billing.codes import SERVICE
from contracts.enrollment import MARKS
from contracts.fields import Amount, Code, Id, Instant


class DebitPosted(Strict):
    """Money moved from the certificate's hold to the provider for one lesson."""

    debit_id = Id(required=True)
    contract_id = Id(required=True)
    enrollment_id = Id(required=True)
    certificate_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    lesson_id = Id(required=True)
    lesson_on = fields.Date(required=True)
    mark = Code(required=True, one_of=MARKS)
    amount = Amount(required=True)
    balance_after = Amount(required=True)
    held_after = Amount(required=True)
    posted_at = Instant(required=True)


class DebitReversed(DebitPosted):
    """The debit `debit_id` was undone; `mark` is what the journal says now."""

    reason = Code(metadata={"description": "Why: the cause of the reversal among the certificate's operations."})


class MonthDebited(Strict):
    """The prepaid share of a month moved from the certificate's hold to the provider (charge `monthly_share`)."""

    debit_id = Id(required=True)
    contract_id = Id(required=True)
    enrollment_id = Id(required=True)
    certificate_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    provider_id = Id(required=True)
    month_on = fields.Date(required=True, metadata={"description": "First day of the month."})
    amount = Amount(required=True)
    balance_after = Amount(required=True)
    held_after = Amount(required=True)
    posted_at = Instant(required=True)


class MonthReversed(MonthDebited):
    """The debit `debit_id` of a prepaid month was undone: the contract ends before the month begins."""

    reason = Code(
        required=True, metadata={"description": "Why: the cause of the reversal among the certificate's operations."}
    )


MONTH_DEBITED = Event(SERVICE, "billing.debit.month_posted.v1", MonthDebited)
MONTH_REVERSED = Event(SERVICE, "billing.debit.month_reversed.v1", MonthReversed)
DEBIT_POSTED = Event(SERVICE, "billing.debit.posted.v1", DebitPosted)
DEBIT_REVERSED = Event(SERVICE, "billing.debit.reversed.v1", DebitReversed)
