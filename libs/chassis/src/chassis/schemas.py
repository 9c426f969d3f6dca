"""Schemas made once: making one costs more than using it, and using it does not change it."""

from functools import cache

from marshmallow import Schema


@cache
def made(schema: type[Schema]) -> Schema:
    """The schema, with all its fields."""
    return schema()
