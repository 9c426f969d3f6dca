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
    """The debit `debit_id` was undone, since the mark was corrected to `mark`."""


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


MONTH_DEBITED = Event(SERVICE, "billing.debit.month_posted.v1", MonthDebited)
DEBIT_POSTED = Event(SERVICE, "billing.debit.posted.v1", DebitPosted)
DEBIT_REVERSED = Event(SERVICE, "billing.debit.reversed.v1", DebitReversed)
