"""The two kinds of contract: an `Event` that happened, and a `Method` that a caller may ask for."""

from dataclasses import dataclass

from marshmallow import RAISE, Schema

PUBLIC = "public"
"""Mark of a method that needs no token; the broker lets only the gateway reach it."""


SchemaClass = type[Schema]


class Strict(Schema):
    """A request or a record whose unknown fields are an error."""

    class Meta:
        """marshmallow's options."""

        unknown = RAISE


@dataclass(frozen=True)
class Event:
    """A fact announced by `producer` under the CloudEvents type `type`, for ever in this shape.

    `public` events reach integrators and hold ids, codes and amounts only.
    """

    producer: str
    type: str
    schema: SchemaClass
    public: bool = False


@dataclass(frozen=True)
class Method:
    """A remote procedure of `service`.

    `allow` names the roles that may call it with a signed token, or `PUBLIC`.
    `peers` names the broker users that may call it without a person behind them.
    A `command` changes state and needs an idempotency key; `keyed=False` marks the few that are idempotent by
    nature or whose answer holds a secret that must not be stored.
    A repeat under the same key must ask for the same thing; `hashed` names the fields that decide what "the same" is
    (dotted for nested ones, `terms.group_id`), where the caller's edge adds others that may differ from one repeat to
    the next. Empty: all fields.
    """

    service: str
    name: str
    request: type[Schema]
    reply: type[Schema] | None
    allow: frozenset[str] = frozenset()
    peers: frozenset[str] = frozenset()
    command: bool = False
    keyed: bool = True
    hashed: tuple[str, ...] = ()
