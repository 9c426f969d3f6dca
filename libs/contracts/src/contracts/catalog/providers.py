"""Providers and the regional operator's decisions about them."""

from marshmallow import fields

from contracts.accounts import REGION, Page
from contracts.base import Event, Method, Strict
from contracts.catalog.codes import PROVIDER_KINDS, PROVIDER_STATES, SERVICE, SUSPENSION_REASONS
from contracts.fields import Code, Id, Instant, Municipality, Text, Written


class ProviderStateChanged(Strict):
    """The regional operator admitted or suspended a provider; a suspended one takes no new children."""

    provider_id = Id(required=True)
    changed_at = Instant(required=True)
    reason = Code(required=True, one_of=SUSPENSION_REASONS)


PROVIDER_SUSPENDED = Event(SERVICE, "catalog.provider.suspended.v1", ProviderStateChanged)
PROVIDER_ACTIVATED = Event(SERVICE, "catalog.provider.activated.v1", ProviderStateChanged)


class ProviderDecision(Strict):
    """The regional operator's decision about a provider."""

    provider_id = Id(required=True)
    state = Code(required=True, one_of=PROVIDER_STATES)
    reason = Code(required=True, one_of=SUSPENSION_REASONS)


class ProviderView(Strict):
    """A provider as the regional operator sees it."""

    provider_id = Id(required=True)
    name = Text(required=True)
    kind = Code(required=True, one_of=PROVIDER_KINDS)
    inn = fields.String(required=True, validate=Written(r"^\d{10}(\d{2})?$"))
    ogrn = fields.String(required=True, validate=Written(r"^\d{13}(\d{2})?$"))
    municipality_code = Municipality(required=True)
    state = Code(required=True, one_of=PROVIDER_STATES)


class ProviderFilter(Page):
    """Which providers of the region to list."""

    state = Code(load_default=None, allow_none=True, one_of=PROVIDER_STATES)


class Providers(Strict):
    """A page of providers, by name."""

    items = fields.List(fields.Nested(ProviderView), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


LIST_PROVIDERS = Method(SERVICE, "list_providers", ProviderFilter, Providers, allow=frozenset({REGION}))
DECIDE_PROVIDER = Method(
    SERVICE, "decide_provider", ProviderDecision, ProviderView, allow=frozenset({REGION}), command=True
)
