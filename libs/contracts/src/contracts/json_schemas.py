"""The contracts' schemas as JSON Schema (draft 7), for documents that other programs read."""

import inspect
from typing import Any

from marshmallow import Schema, fields, validate

NULL = {"type": "null"}
TYPES: tuple[tuple[type[fields.Field[Any]], dict[str, Any]], ...] = (
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.AwareDateTime, {"type": "string", "format": "date-time"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Boolean, {"type": "boolean"}),
    (fields.String, {"type": "string"}),
)


def name_of(schema: Schema) -> str:
    """What the schema is called among the components of a document."""
    return type(schema).__name__.strip("_").removesuffix("Schema")


def summary_of(kind: type[Schema]) -> str:
    """The first paragraph of the class's own description, on one line."""
    own = vars(kind).get("__doc__") or ""
    return " ".join(inspect.cleandoc(own).partition("\n\n")[0].split())


def components(schema: Schema, where: str = "#/components/schemas/") -> dict[str, dict[str, Any]]:
    """The schema and all that are nested in it, by name; they refer to each other below `where`.

    Fields that are not listed are allowed: readers ignore what they do not know.
    """
    described = {name: _field(field, where) for name, field in schema.fields.items()}
    found: dict[str, dict[str, Any]] = {
        name_of(schema): {
            "type": "object",
            **_described(summary_of(type(schema))),
            "properties": described,
            "required": [name for name, field in schema.fields.items() if field.required],
        }
    }
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            found |= components(inner.schema, where)
    return found


def _described(text: str) -> dict[str, str]:
    return {"description": text} if text else {}


def _field(field: fields.Field[Any], where: str) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        reference = {"$ref": where + name_of(field.schema)}
        return {"anyOf": [reference, NULL]} if field.allow_none else reference
    if isinstance(field, fields.List):
        found: dict[str, Any] = {"type": "array", "items": _field(field.inner, where)}
    else:
        found = dict(next(described for kind, described in TYPES if isinstance(field, kind)))
    for rule in field.validators:
        found |= _limits(rule, found["type"])
    if field.allow_none:
        found["type"] = [found["type"], "null"]
        found |= {"enum": [*found["enum"], None]} if "enum" in found else {}
    return found | _metadata(field)


def _limits(rule: Any, kind: str) -> dict[str, Any]:
    """What a validator says, as far as JSON Schema can say it."""
    if isinstance(rule, validate.OneOf):
        return {"enum": list(rule.choices)}
    if isinstance(rule, validate.Regexp):
        return {"pattern": rule.regex.pattern}
    if isinstance(rule, validate.Length):
        least, most = ("minItems", "maxItems") if kind == "array" else ("minLength", "maxLength")
    else:
        least, most = "minimum", "maximum"
    return {name: value for name, value in ((least, rule.min), (most, rule.max)) if value is not None}


def _metadata(field: fields.Field[Any]) -> dict[str, Any]:
    said = dict(field.metadata)
    return said | ({"examples": [said.pop("example")]} if "example" in said else {})
