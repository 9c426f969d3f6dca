"""Addresses for mail."""

from marshmallow import fields

from contracts.accounts.roles import SERVICE
from contracts.base import Method, Strict
from contracts.fields import Code, Id, Region, Text


class Mailing(Strict):
    """Whom to write to, and for what; `email_confirmation` also makes a fresh link token."""

    user_id = Id(required=True)
    purpose = Code(required=True, one_of=("email_confirmation", "notice"))


class MailingAddress(Strict):
    """An address at the moment of sending. Never stored by the one who asks."""

    email = fields.Email(required=True)
    full_name = Text(required=True)
    region_code = Region(required=True)
    token = fields.String(allow_none=True)


GET_MAILING_ADDRESS = Method(
    SERVICE,
    "get_mailing_address",
    Mailing,
    MailingAddress,
    peers=frozenset({"notifications"}),
    command=True,
    keyed=False,
)
