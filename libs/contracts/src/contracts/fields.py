"""Field types shared by every contract. Loading yields plain Python values; amounts stay as they are on the wire."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

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

    def __init__(self, **options: Any) -> None:
        pattern = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
        options.setdefault("metadata", {"format": "uuid"})
        super().__init__(validate=Written(pattern, error="Not an identifier."), **options)


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
