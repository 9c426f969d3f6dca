"""Funding programmes of a municipality and their budgets."""

from typing import Any

from marshmallow import fields, validate

from contracts.accounts import MUNICIPALITY, Nothing
from contracts.base import Method, Strict
from contracts.billing.codes import CATEGORIES, CHARGES, REMAINDERS, SERVICE
from contracts.catalog import DIRECTIONS
from contracts.fields import UNITS, Amount, Code, Id, Municipality, Text

CLUBS_MAX = 1000
"""More contracts of one child at once are no limit but a slip."""


def _clubs_at_once(note: str = "", **options: Any) -> fields.Integer:
    said = {"description": f"How many contracts a certificate pays for on one day; null: any number.{note}"}
    return fields.Integer(
        strict=True, allow_none=True, validate=validate.Range(min=1, max=CLUBS_MAX), metadata=said, **options
    )


def _by_direction(note: str = "", **options: Any) -> fields.Dict:
    """Codes of directions → whole numbers."""
    said = {
        "description": f"Direction → the same for it alone; 0: none is paid for, absent: no limit of its own.{note}",
        "example": {"technical": 2, "sport": 0},
    }
    limit = fields.Integer(strict=True, validate=validate.Range(min=0, max=CLUBS_MAX))
    return fields.Dict(keys=Code(one_of=DIRECTIONS), values=limit, metadata=said, **options)


class FundingRules(Strict):
    """A funding programme's rules; a new version of them counts for what begins on or after `valid_from`."""

    nominal = Amount(required=True)
    certificates_max = fields.Integer(allow_none=True, required=True, validate=validate.Range(min=0))
    nominal_sum_max = Amount(allow_none=True, required=True)
    charge = Code(required=True, one_of=CHARGES)
    absent_percent = fields.Integer(required=True, validate=validate.Range(min=0, max=100))
    ill_percent = fields.Integer(required=True, validate=validate.Range(min=0, max=100))
    excused_percent = fields.Integer(required=True, validate=validate.Range(min=0, max=100))
    copayment_allowed = fields.Boolean(required=True)
    remainder = Code(required=True, one_of=REMAINDERS)
    clubs_at_once_max = _clubs_at_once(required=True)
    direction_limits = _by_direction(required=True)


class NewFundingProgramme(FundingRules):
    """The caller's municipality sets its rules for a period, or a new version of them from a date on."""

    period_id = Id(required=True)
    category = Code(load_default="children_5_17", one_of=CATEGORIES)
    valid_from = fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "Absent: as early as it may, the period's start or tomorrow."},
    )
    clubs_at_once_max = _clubs_at_once(" Absent: null, also if the version before had a limit.", load_default=None)
    direction_limits = _by_direction(" What is not named has none, also if the version before had.", load_default=dict)


class FundingProgrammeVersion(FundingRules):
    """One version of a funding programme's rules and the dates it holds for."""

    funding_programme_id = Id(required=True)
    rule_version = fields.Integer(required=True)
    municipality_code = Municipality(required=True)
    period_id = Id(required=True)
    category = Code(required=True, one_of=CATEGORIES)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class FundingProgrammeVersions(Strict):
    """All versions of the municipality's programmes, in the order of period, category and date."""

    items = fields.List(fields.Nested(FundingProgrammeVersion), required=True)


class NewAllocation(Strict):
    """Money that the municipality gives to a funding programme."""

    funding_programme_id = Id(required=True)
    amount = Amount(required=True)
    basis = Text(required=True, longest=300, metadata={"example": "Постановление № 14 от 20.08.2026"})


class Budget(Strict):
    """A funding programme of a municipality and where its money is."""

    funding_programme_id = Id(required=True)
    municipality_code = Municipality(required=True)
    period_starts_on = fields.Date(required=True)
    period_ends_on = fields.Date(required=True)
    category = Text(required=True)
    unit = Code(required=True, one_of=UNITS)
    nominal = Amount(required=True)
    allocated = Amount(required=True)
    available = Amount(required=True)
    credited = Amount(required=True)
    certificates_funded = fields.Integer(required=True)
    certificates_queued = fields.Integer(required=True)


class Budgets(Strict):
    """The budgets of the caller's municipality."""

    items = fields.List(fields.Nested(Budget), required=True)


_MUNICIPALITY = frozenset({MUNICIPALITY})
LIST_BUDGETS = Method(SERVICE, "list_budgets", Nothing, Budgets, allow=_MUNICIPALITY)
ALLOCATE_BUDGET = Method(SERVICE, "allocate_budget", NewAllocation, Budget, allow=_MUNICIPALITY, command=True)
LIST_FUNDING_PROGRAMMES = Method(
    SERVICE, "list_funding_programmes", Nothing, FundingProgrammeVersions, allow=_MUNICIPALITY
)
SET_FUNDING_PROGRAMME = Method(
    SERVICE,
    "set_funding_programme",
    NewFundingProgramme,
    FundingProgrammeVersion,
    allow=_MUNICIPALITY,
    command=True,
)
