"""What only the HTTP API has: joined pages, and requests whose other half is in the path."""

from marshmallow import fields

from contracts import accounts, billing, catalog, certificates, enrollment
from contracts.base import Strict
from contracts.fields import UNITS, Amount, Code, Id, Text, Written

CERTIFICATE_STATES = (*billing.CERTIFICATE_STATES, *(state for state in certificates.STATES if state != "valid"))
PRICE_PATTERN = r"^(0|[1-9]\d{0,12})\.\d{2}$"


def beside(path_field: str, contract: type[Strict], *elsewhere: str, name: str = "") -> type[Strict]:
    """What a request's body (or query) holds while its path holds `path_field` and a header holds `elsewhere`."""
    options = type("Meta", (Strict.Meta,), {"exclude": (path_field, *elsewhere)})
    return type(name or contract.__name__, (contract,), {"__doc__": contract.__doc__, "Meta": options})


Cancellation = beside("application_id", enrollment.Cancellation)
ContractAcceptance = beside("enrollment_id", billing.ContractAcceptance)
GroupQueue = beside("group_id", enrollment.GroupQueue)
GroupChange = beside("group_id", catalog.GroupChange)
EnrollmentOrder = beside("application_id", enrollment.EnrollmentOrder)
ApplicationRefusal = beside("application_id", enrollment.Refusal, name="ApplicationRefusal")
LessonDay = beside("group_id", enrollment.GroupDay, name="LessonDay")
LessonCancellation = beside("lesson_id", enrollment.LessonCancellation)
LessonMove = beside("lesson_id", enrollment.LessonMove)
NewMarks = beside("lesson_id", enrollment.Attendance, "page_version", name="NewMarks")
ClaimDecision = beside("claim_id", accounts.ClaimDecision)
CertificateDecision = beside("certificate_id", certificates.CertificateDecision)
ProviderDecision = beside("provider_id", catalog.ProviderDecision)


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


class FamilyWithdrawal(beside("application_id", enrollment.Withdrawal)):  # type: ignore[misc]
    """The family ends an enrolment; `effective_on` is the last local day, today if absent."""

    reason = Code(load_default="changed_mind", one_of=enrollment.FAMILY_WITHDRAW_REASONS)


class ProviderWithdrawal(beside("application_id", enrollment.Withdrawal)):  # type: ignore[misc]
    """The provider ends an enrolment; `effective_on` is the last local day, today if absent."""

    reason = Code(required=True, one_of=enrollment.PROVIDER_WITHDRAW_REASONS)


class ProgrammeSearch(catalog.ProgrammeSearch):
    """What a family looks for; every filter is optional."""

    price_max = fields.String(  # type: ignore[assignment]
        load_default=None,
        allow_none=True,
        validate=Written(PRICE_PATTERN, error="A decimal string with two digits after the point."),
        metadata={"example": "7200.00", "description": "In roubles: a decimal string, two digits after the point."},
    )


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
    """One enrolled child on a lesson page; names are null until they are known, and again when it has left for good."""

    family_name = Text(required=True, allow_none=True)
    given_name = Text(required=True, allow_none=True)


class LessonPage(enrollment.LessonSummary):
    """A lesson page with its roster."""

    roster = fields.List(fields.Nested(NamedRosterLine), required=True)
