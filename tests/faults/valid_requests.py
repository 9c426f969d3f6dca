"""The least request that a contract's schema takes, with known values where a name is known."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, fields, validate

from contracts.fields import Amount, Id, Municipality, Region

AMOUNT = {"value": "1.00", "unit": "RUB"}


def valid_request(schema: type[Schema], known: Mapping[str, Any]) -> dict[str, Any]:
    """Every required field, and every known one. `AssertionError` when the schema does not take the result."""
    body = _fields(schema(), known)
    assert schema().validate(body) == {}, f"{schema.__name__}: teach valid_requests its fields"
    return body


def _fields(schema: Schema, known: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name: field for name, field in schema.fields.items() if field.required or name in known}
    return {name: _value(name, field, known) for name, field in wanted.items()}


def _value(name: str, field: fields.Field, known: Mapping[str, Any]) -> Any:
    if name in known:
        return known[name]
    if isinstance(field, Amount):
        return AMOUNT
    if isinstance(field, fields.Nested):
        return _fields(field.schema, known)
    if isinstance(field, fields.List):
        return [_value(name, field.inner, known)]
    return _scalar(field)


def _scalar(field: fields.Field) -> Any:
    kinds = {
        Id: lambda: str(uuid.uuid4()),
        Region: lambda: "38",
        Municipality: lambda: "25701000",
        fields.Email: lambda: f"{uuid.uuid4()}@example.org",
        fields.AwareDateTime: lambda: datetime.now(UTC).isoformat(),
        fields.Date: lambda: date.today().isoformat(),
        fields.Boolean: lambda: True,
        fields.Integer: lambda: 1,
    }
    for kind, make in kinds.items():
        if isinstance(field, kind):
            return make()
    chosen = next((rule.choices[0] for rule in field.validators if isinstance(rule, validate.OneOf)), None)
    return chosen or f"x{uuid.uuid4().hex[:15]}"
