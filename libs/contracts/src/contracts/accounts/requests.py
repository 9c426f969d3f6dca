"""What many methods ask for: nothing, or a page."""

from marshmallow import fields, validate

from contracts.base import Strict
from contracts.fields import Text


class Nothing(Strict):
    """No fields."""


class Page(Strict):
    """Where to go on reading and how much to read; at most 100."""

    cursor = Text(longest=200, load_default=None, allow_none=True)
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=100))
