"""The method that all three echo servers answer."""

from dataclasses import dataclass

from marshmallow import Schema, fields


class Text(Schema):
    """A text to send back."""

    text = fields.String(required=True)


@dataclass(frozen=True)
class Echo:
    """A public method without a database behind it."""

    service: str = "echo"
    name: str = "echo"
    request: type[Schema] = Text
    reply: type[Schema] = Text
    allow: frozenset[str] = frozenset({"public"})
    peers: frozenset[str] = frozenset()
    keyed: bool = False
    hashed: tuple[str, ...] = ()


ECHO = Echo()
