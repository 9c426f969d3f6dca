"""Sessions and the person behind them."""

from marshmallow import fields, validate

from contracts.accounts.requests import Nothing
from contracts.accounts.roles import EVERYONE, ROLES, SERVICE
from contracts.base import PUBLIC, Method, Strict
from contracts.fields import Code, Id, Municipality, Region, Text


class Credentials(Strict):
    """What a person signs in with."""

    email = fields.Email(required=True, validate=validate.Length(max=254))
    password = Text(required=True, shortest=1, longest=128)


class RefreshToken(Strict):
    """A refresh token; it is used up by the call."""

    refresh_token = Text(required=True, longest=200)


class Session(Strict):
    """A short access token (`Authorization: Bearer …`) and the refresh token that follows it."""

    access_token = fields.String(required=True)
    token_type = Code(required=True, one_of=("Bearer",))
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds."})
    refresh_token = fields.String(required=True)


class Person(Strict):
    """The account behind the token."""

    user_id = Id(required=True)
    email = fields.Email(required=True)
    full_name = Text(required=True)
    role = Code(required=True, one_of=ROLES)
    region_code = Region(required=True)
    provider_id = Id(allow_none=True)
    municipality_code = Municipality(allow_none=True)


SIGN_IN = Method(SERVICE, "sign_in", Credentials, Session, allow=frozenset({PUBLIC}), command=True, keyed=False)
REFRESH_SESSION = Method(
    SERVICE, "refresh_session", RefreshToken, Session, allow=frozenset({PUBLIC}), command=True, keyed=False
)
SIGN_OUT = Method(SERVICE, "sign_out", Nothing, Nothing, allow=EVERYONE, command=True, keyed=False)
GET_ME = Method(SERVICE, "get_me", Nothing, Person, allow=EVERYONE)
