"""Children, as their guardians and as the staff of their providers see them."""

from marshmallow import fields, validate

from contracts.accounts.requests import Page
from contracts.accounts.roles import GUARDIAN, PROVIDER, SERVICE, TEACHER
from contracts.base import Event, Method, Strict
from contracts.fields import Id, Instant, Municipality, Text, Written

PUPIL_IDS_MAX = 100


class ChildRegistered(Strict):
    """A child is known to the region; internal, since it holds a birth date."""

    child_id = Id(required=True)
    guardian_ids = fields.List(Id(), required=True, validate=validate.Length(min=1))
    born_on = fields.Date(required=True)
    municipality_code = Municipality(required=True)
    payer_code = fields.String(required=True, validate=Written(r"^\d{2}$"))
    time_zone = Text(required=True)


class ChildChanged(ChildRegistered):
    """The child's guardians, birth date or municipality changed; the whole child as it is now."""


CHILD_REGISTERED = Event(SERVICE, "accounts.child.registered.v1", ChildRegistered)
CHILD_CHANGED = Event(SERVICE, "accounts.child.changed.v1", ChildChanged)


class NewChild(Strict):
    """A child whom its guardian registers."""

    family_name = Text(required=True, longest=100, metadata={"example": "Примерова"})
    given_name = Text(required=True, longest=100, metadata={"example": "Мария"})
    patronymic = Text(longest=100, allow_none=True)
    born_on = fields.Date(required=True, metadata={"example": "2016-04-12"})
    municipality_code = Municipality(required=True)
    snils = fields.String(
        allow_none=True,
        validate=Written(r"^\d{3}-\d{3}-\d{3} \d{2}$", error="Like 112-233-445 95."),
        metadata={"description": "Insurance number; kept encrypted, shown with its last two digits only."},
    )


class Child(Strict):
    """A child as its guardian sees it."""

    child_id = Id(required=True)
    family_name = Text(required=True)
    given_name = Text(required=True)
    patronymic = Text(allow_none=True)
    born_on = fields.Date(required=True)
    municipality_code = Municipality(required=True)
    snils_ending = fields.String(allow_none=True, metadata={"example": "95"})
    registered_at = Instant(required=True)


class Children(Strict):
    """A guardian's children, in the order of their registration."""

    items = fields.List(fields.Nested(Child), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class ChildId(Strict):
    """One child."""

    child_id = Id(required=True)


class ChildIds(Strict):
    """Some children."""

    child_ids = fields.List(Id(), required=True, validate=validate.Length(max=PUPIL_IDS_MAX))


class Pupil(Strict):
    """A child as the staff of its provider see it."""

    child_id = Id(required=True)
    given_name = Text(required=True)
    family_name = Text(required=True)


class Pupils(Strict):
    """Those of the asked children who are enrolled with the caller's provider or have applied to it."""

    items = fields.List(fields.Nested(Pupil), required=True)


_GUARDIAN = frozenset({GUARDIAN})
REGISTER_CHILD = Method(
    SERVICE,
    "register_child",
    NewChild,
    Child,
    allow=_GUARDIAN,
    command=True,
    hashed=("family_name", "given_name", "patronymic", "born_on", "municipality_code"),
)
"""The insurance number is left out as well: of its nine free digits a fast hash keeps no secret."""
LIST_CHILDREN = Method(SERVICE, "list_children", Page, Children, allow=_GUARDIAN)
GET_CHILD = Method(SERVICE, "get_child", ChildId, Child, allow=_GUARDIAN)
LIST_PUPILS = Method(SERVICE, "list_pupils", ChildIds, Pupils, allow=frozenset({TEACHER, PROVIDER}))
