"""Field types shared by every contract. Loading yields plain Python values; amounts stay as they are on the wire."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

AMOUNT_PATTERN = r"^-?(0|[1-9]\d{0,12})\.\d{2}$"
UNITS = ("RUB", "HOUR")


class Written(validate.Regexp):
    """The whole value is written like the pattern: no line end after it, and digits are 0 to 9 only."""

    def __init__(self, pattern: str, *, error: str | None = None) -> None:
        super().__init__(pattern, re.ASCII, error=error)

    def __call__(self, value: Any) -> Any:
        """The value, or `ValidationError`."""
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class _AmountSchema(Schema):
    value = fields.String(
        required=True,
        validate=Written(AMOUNT_PATTERN, error="A decimal string with two digits after the point."),
        metadata={"example": "1234.50", "description": "Decimal string, two digits after the point."},
    )
    unit = fields.String(required=True, validate=validate.OneOf(UNITS), metadata={"example": "RUB"})


class Amount(fields.Nested):
    """`{"value": "1234.50", "unit": "RUB"}`: kept as this mapping, never a float."""

    def __init__(self, **options: Any) -> None:
        super().__init__(_AmountSchema, **options)


class Id(fields.String):
    """A UUID in lower case with hyphens."""

    rule = Written(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", error="Not an identifier.")

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {"format": "uuid"})
        super().__init__(validate=self.rule, **options)


class Instant(fields.AwareDateTime):
    """An instant with its offset, ISO 8601; always written in UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)


class Code(fields.String):
    """A short code from a list that a service owns (region, status, direction …)."""

    def __init__(self, *, one_of: tuple[str, ...] = (), **options: Any) -> None:
        rule = validate.OneOf(one_of) if one_of else validate.Length(min=1, max=64)
        super().__init__(validate=rule, **options)


class Region(fields.String):
    """Two digits: the region's number in Russian numbering, `05` or `38`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {"example": "38"})
        super().__init__(validate=Written(r"^\d{2}$", error="Two digits."), **options)


class Municipality(fields.String):
    """Eight digits: the municipality's OKTMO code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {"example": "25701000"})
        super().__init__(validate=Written(r"^\d{8}$", error="Eight digits (OKTMO)."), **options)


class Text(fields.String):
    """A line or a paragraph of text, trimmed by whoever shows it."""

    def __init__(self, *, longest: int = 200, shortest: int = 1, **options: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), **options)


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


class Rows(fields.List[Any]):
    """A long list of small records of required ids, numbers and dates: as `List(Nested(…))`, in a fraction of the time.

    What is not plainly right is read once more in marshmallow's own way, which takes it or says what is wrong.
    """

    readers: ClassVar[dict[type, Callable[[Any], Any]]] = {
        Id: Id.rule,
        fields.Integer: _integer,
        fields.Date: date.fromisoformat,
    }

    def __init__(self, schema: type[Schema], **options: Any) -> None:
        for name, each in schema().fields.items():
            if type(each) not in self.readers or not each.required or each.validators not in ([], [Id.rule]):
                raise ValueError(f"{name} is no required id, number or date")
        super().__init__(fields.Nested(schema), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> list[Any]:
        try:
            return self._read(value)
        except (AttributeError, KeyError, TypeError, ValueError, ValidationError):
            return super()._deserialize(value, attr, data, **options)

    def _read(self, rows: list[dict[str, Any]]) -> list[Any]:
        if not isinstance(rows, list):
            raise TypeError
        nested: Any = self.inner
        readers = {name: self.readers[type(each)] for name, each in nested.schema.load_fields.items()}
        if (nested.unknown or nested.schema.unknown) != EXCLUDE and any(row.keys() != readers.keys() for row in rows):
            raise ValueError
        return [{name: read(row[name]) for name, read in readers.items()} for row in rows]
