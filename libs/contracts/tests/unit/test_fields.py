"""What crosses the wire is checked strictly."""

from typing import Any

import pytest
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from contracts.accounts import NewChild, Registration
from contracts.base import Strict
from contracts.billing import NewAllocation
from contracts.fields import Amount, Id, Municipality, Region, Rows


class Priced(Schema):
    price = Amount(required=True)


@pytest.mark.parametrize("value", ["0.00", "1234.50", "-3.05", "9999999999999.99"])
def test_an_amount_has_exactly_two_digits_after_the_point(value: str) -> None:
    wire = {"price": {"value": value, "unit": "RUB"}}
    assert Priced().load(wire) == wire


@pytest.mark.parametrize(
    "value", ["1", "1.5", "1.505", "01.00", ".50", "1,50", "1e2", "NaN", "", 1.5, None, "1.00\n", "١.٠٠"]
)
def test_anything_else_is_no_amount(value: object) -> None:
    with pytest.raises(ValidationError):
        Priced().load({"price": {"value": value, "unit": "RUB"}})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Id(), "00000001-0000-4000-8000-000000000000"),
        (Region(), "38"),
        (Municipality(), "25701000"),
        (NewChild().fields["snils"], "112-233-445 95"),
    ],
)
def test_a_code_has_nothing_after_it_and_no_other_digits(field: fields.String, value: str) -> None:
    assert field.deserialize(value) == value
    for another in (f"{value}\n", f"{value} ", f"\n{value}", value.replace("0", "٠").replace("3", "٣")):
        with pytest.raises(ValidationError):
            field.deserialize(another)


def test_an_amount_has_a_known_unit() -> None:
    with pytest.raises(ValidationError):
        Priced().load({"price": {"value": "1.00", "unit": "USD"}})


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        NewAllocation().load(
            {
                "funding_programme_id": "00000001-0000-4000-8000-000000000000",
                "amount": {"value": "1.00", "unit": "RUB"},
                "basis": "№ 1",
                "admin": True,
            }
        )
    assert list(caught.value.normalized_messages()) == ["admin"]


def test_consent_must_be_given() -> None:
    form = {"email": "a@example.org", "password": "correct horse", "full_name": "А Б", "region_code": "38"}
    with pytest.raises(ValidationError, match="consent"):
        Registration().load({**form, "consent": False})


def test_a_code_is_checked_by_its_shape() -> None:
    faults = NewChild().validate(
        {"family_name": "П", "given_name": "М", "born_on": "2016-02-30", "municipality_code": "257"}
    )
    assert set(faults) == {"born_on", "municipality_code"}


class Line(Strict):
    line_id = Id(required=True)
    number = fields.Integer(required=True)
    on = fields.Date(required=True)


class Quick(Schema):
    lines = Rows(Line, required=True)


class Plain(Schema):
    lines = fields.List(fields.Nested(Line), required=True)


LINE = {"line_id": "00000001-0000-4000-8000-000000000000", "number": 1, "on": "2026-11-22"}
ODD_LINES = [
    *([], [LINE], [LINE] * 3, {}, None, "", 5, [[]], [None], ["text"], [5], {"0": LINE}),
    *([LINE, {**LINE, "number": number}] for number in (2.0, 2.5, "3", True, None, "x", -1, 10**30)),
    *([LINE, {**LINE, "on": on}] for on in ("2026-02-30", "20261122", "2026-W47-7", "22.11.2026", None, 5, "")),
    *([LINE, {**LINE, "line_id": each}] for each in ("", "1", None, 7, LINE["line_id"].upper() + "A", ["x"])),
    *([{name: LINE[name] for name in LINE if name != missing}] for missing in LINE),
    [LINE, {**LINE, "more": 1}],
]


@pytest.mark.parametrize("lines", ODD_LINES, ids=str)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"only": ("lines.on",)},
        {"only": ("lines.number", "lines.on"), "unknown": EXCLUDE},
        {"exclude": ("lines.on",)},
    ],
    ids=str,
)
def test_rows_are_read_and_refused_as_a_list_of_records_is(lines: object, options: dict[str, Any]) -> None:
    assert outcome(Quick(**options), lines) == outcome(Plain(**options), lines)


def outcome(schema: Schema, lines: object) -> Any:
    schema.fields["lines"].inner.unknown = EXCLUDE if schema.unknown == EXCLUDE else None
    try:
        return schema.load({"lines": lines})
    except ValidationError as error:
        return error.messages


@pytest.mark.parametrize(
    "field", [fields.String(required=True), fields.Integer(), fields.Integer(required=True, validate=validate.Range(1))]
)
def test_rows_hold_required_ids_numbers_and_dates_only(field: fields.Field[Any]) -> None:
    with pytest.raises(ValueError, match="no required id"):
        Rows(Schema.from_dict({"odd": field}))
