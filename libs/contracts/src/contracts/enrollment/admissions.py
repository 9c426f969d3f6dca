"""The provider's side: its queue and its decisions."""

from marshmallow import fields

from contracts.accounts import PROVIDER, Page
from contracts.base import Method, Strict
from contracts.enrollment.applications import ApplicationId
from contracts.enrollment.codes import PROVIDER_REFUSE_REASONS, SERVICE, STATUSES
from contracts.fields import Code, Id, Instant, Text


class Refusal(ApplicationId):
    """The provider refuses an application."""

    reason = Code(required=True, one_of=PROVIDER_REFUSE_REASONS)


class EnrollmentOrder(ApplicationId):
    """The provider's order (приказ) that enrols a confirmed child."""

    order_number = Text(required=True, longest=50, metadata={"example": "17-у"})


class ProviderApplication(Strict):
    """An application as the provider sees it."""

    application_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    status = Code(required=True, one_of=STATUSES)
    position = fields.Integer(allow_none=True, required=True)
    submitted_at = Instant(required=True)
    decide_by = Instant(allow_none=True, required=True)
    enrolled_at = Instant(allow_none=True, required=True)
    ended_on = fields.Date(allow_none=True, required=True)
    reason = Code(allow_none=True, required=True)
    order_number = Text(allow_none=True, required=True)


class ProviderApplications(Strict):
    """A page of applications in the order of their arrival."""

    items = fields.List(fields.Nested(ProviderApplication), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class GroupQueue(Page):
    """Applications to one group, of one status or of all."""

    group_id = Id(required=True)
    status = Code(load_default=None, allow_none=True, one_of=STATUSES)


_PROVIDER = frozenset({PROVIDER})
LIST_GROUP_APPLICATIONS = Method(SERVICE, "list_group_applications", GroupQueue, ProviderApplications, allow=_PROVIDER)
CONFIRM_APPLICATION = Method(
    SERVICE, "confirm_application", ApplicationId, ProviderApplication, allow=_PROVIDER, command=True
)
ENROL_APPLICATION = Method(
    SERVICE, "enrol_application", EnrollmentOrder, ProviderApplication, allow=_PROVIDER, command=True
)
REFUSE_APPLICATION = Method(SERVICE, "refuse_application", Refusal, ProviderApplication, allow=_PROVIDER, command=True)
