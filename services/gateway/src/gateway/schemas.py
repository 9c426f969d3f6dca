"""What only the HTTP API has: joined pages, and requests whose other half is in the path."""

from marshmallow import fields, validate

from contracts import billing, certificates, enrollment
from contracts.base import Strict
from contracts.fields import UNITS, Amount, Code, Id, Text

CERTIFICATE_STATES = (*billing.CERTIFICATE_STATES, *(state for state in certificates.STATES if state != "valid"))


class Problem(Strict):
    """A refusal (RFC 9457). `code` is stable and meant for programs; `title` and `detail` are for people."""

    type = fields.String(required=True, metadata={"example": "urn:kruzhok:problem:invalid_request"})
    title = fields.String(required=True, metadata={"example": "Запрос составлен неверно"})
    status = fields.Integer(required=True, metadata={"example": 400})
    code = fields.String(required=True, metadata={"example": "invalid_request"})
    detail = fields.String(required=True, metadata={"example": "Проверьте поля запроса."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={
            "description": "Field, dotted for nested ones → what is wrong with it.",
            "example": {"born_on": ["Дата в виде ГГГГ-ММ-ДД."]},
        },
    )
    details = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "Facts that the refusal rests on."}
    )
    correlation_id = fields.String(metadata={"description": "Name it when you ask for help; logs and events carry it."})


class OfferRequest(Strict):
    """A child and the group it might join."""

    child_id = Id(required=True)
    group_id = Id(required=True)


class NewMarks(Strict):
    """Marks to set on a lesson page; lines that are not named stay as they are."""

    marks = fields.List(fields.Nested(enrollment.NewMark), required=True, validate=validate.Length(min=1, max=500))


class LessonDay(Strict):
    """Which lessons of the group to list; without `on`, all."""

    on = fields.Date(load_default=None, allow_none=True, metadata={"description": "Local date."})


class CertificatePage(Strict):
    """A child's certificate and its money in the current funding period.

    credited + carried_in = balance + held + spent + returned + carried_out, to the kopeck.
    """

    certificate_id = Id(required=True)
    child_id = Id(required=True)
    number = fields.String(required=True, validate=certificates.NUMBER, metadata={"example": "3801123456"})
    state = Code(required=True, one_of=CERTIFICATE_STATES)
    queue_position = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Place in the queue for budget."}
    )
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True, metadata={"description": "The last day."})
    unit = Code(required=True, one_of=UNITS)
    nominal = Amount(required=True)
    credited = Amount(required=True)
    carried_in = Amount(required=True)
    balance = Amount(required=True)
    held = Amount(required=True)
    spent = Amount(required=True)
    returned = Amount(required=True)
    carried_out = Amount(required=True)


class NamedRosterLine(enrollment.RosterLine):
    """One enrolled child on a lesson page; names are null until they are known."""

    family_name = Text(required=True, allow_none=True)
    given_name = Text(required=True, allow_none=True)


class LessonPage(enrollment.LessonSummary):
    """A lesson page with its roster."""

    roster = fields.List(fields.Nested(NamedRosterLine), required=True)
