"""What crosses the wire is checked strictly."""

import pytest
from marshmallow import Schema, ValidationError, fields

from contracts.accounts import NewChild, Registration
from contracts.billing import NewAllocation
from contracts.fields import Amount, Id, Municipality, Region


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
