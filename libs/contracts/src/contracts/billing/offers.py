"""Prices offered to a family."""

from marshmallow import fields

from contracts.accounts import GUARDIAN
from contracts.base import Event, Method, Strict
from contracts.billing.codes import SERVICE
from contracts.catalog import GroupTerms
from contracts.fields import Amount, Id, Instant, Text


class OfferMade(Strict):
    """A price was offered for a child and a group until `expires_at`."""

    offer_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    guardian_id = Id(required=True)
    terms_version = fields.Integer(required=True)
    max_parent_share = Amount(required=True)
    expires_at = Instant(required=True)


OFFER_MADE = Event(SERVICE, "billing.offer.made.v1", OfferMade)


class OfferRequest(Strict):
    """A child, and the terms of the group it might join (read from catalog by the gateway)."""

    child_id = Id(required=True)
    terms = fields.Nested(GroupTerms, required=True)


class OfferMonth(Strict):
    """What the certificate would be debited for a calendar month; `month_on` is its first day."""

    month_on = fields.Date(required=True)
    amount = Amount(required=True)


class Offer(Strict):
    """What the certificate would pay and what the family, and the most the family could be asked for."""

    offer_id = Id(required=True)
    child_id = Id(required=True)
    group_id = Id(required=True)
    price = Amount(required=True)
    certificate_share = Amount(required=True)
    parent_share = Amount(required=True)
    max_parent_share = Amount(required=True)
    per_lesson = Amount(required=True)
    months = fields.List(
        fields.Nested(OfferMonth),
        allow_none=True,
        metadata={"description": "What is debited by the month, whatever the attendance; null where it is not."},
    )
    lesson_count = fields.Integer(required=True)
    queue_position = fields.Integer(allow_none=True, required=True)
    terms = Text(required=True, longest=4000, metadata={"description": "What the guardian accepts, in Russian."})
    terms_version = fields.Integer(required=True)
    expires_at = Instant(required=True)


MAKE_OFFER = Method(
    SERVICE,
    "make_offer",
    OfferRequest,
    Offer,
    allow=frozenset({GUARDIAN}),
    command=True,
    hashed=("child_id", "terms.group_id"),
)
