"""What the market's services say to each other. Orders carry wishes: how the services shall misbehave."""

from dataclasses import dataclass

from marshmallow import Schema, fields

REGION = "38"


@dataclass(frozen=True)
class Event:
    """A fact, with what the chassis asks of an event's contract."""

    producer: str
    type: str
    schema: type[Schema]


@dataclass(frozen=True)
class Method:
    """A remote method, with what the chassis asks of its contract."""

    service: str
    name: str
    request: type[Schema]
    reply: type[Schema] | None = None
    allow: frozenset[str] = frozenset()
    peers: frozenset[str] = frozenset({"front"})
    keyed: bool = False
    hashed: tuple[str, ...] = ()


class Order(Schema):
    """One more thing for a basket. `wish` is for `orders` itself, `stock_wish` travels to `stock`."""

    basket_id = fields.String(required=True)
    quantity = fields.Integer(load_default=1)
    wish = fields.Dict(load_default=dict)
    stock_wish = fields.Dict(load_default=dict)


class OrderPlaced(Schema):
    basket_id = fields.String(required=True)
    version = fields.Integer(required=True)
    event_id = fields.String(required=True)


class Placed(Schema):
    basket_id = fields.String(required=True)
    quantity = fields.Integer(required=True)
    wish = fields.Dict(required=True)


class Size(Schema):
    size = fields.Integer(required=True)


class Report(Schema):
    text = fields.String(required=True)


class Mark(Schema):
    mark = fields.String(required=True)


class Nap(Schema):
    seconds = fields.Float(required=True)


class Kind(Schema):
    kind = fields.String(required=True)


class Anything(Schema):
    value = fields.Raw()


class BasketId(Schema):
    basket_id = fields.String(required=True)


class Reserved(Schema):
    quantity = fields.Integer(required=True)


class LogRequest(Schema):
    after = fields.Integer(required=True)
    types = fields.List(fields.String(), required=True)
    limit = fields.Integer(required=True)
    subject = fields.String(allow_none=True, load_default=None)
    with_data = fields.Boolean(load_default=True)


class LogEntry(Schema):
    event_id = fields.String()
    type = fields.String()
    region_code = fields.String()
    subject = fields.String()
    version = fields.Integer()
    position = fields.Integer(allow_none=True)
    occurred_at = fields.AwareDateTime(format="iso")
    traceparent = fields.String(allow_none=True)
    correlation_id = fields.String(allow_none=True)
    data = fields.Dict(allow_none=True)


class Log(Schema):
    epoch = fields.String()
    through = fields.Integer()
    events = fields.List(fields.Nested(LogEntry))


class OperationKey(Schema):
    key = fields.String(required=True)


class Operation(Schema):
    status = fields.String()
    operation = fields.String(allow_none=True)
    answer = fields.Dict(allow_none=True)


PLACED = Event("orders", "orders.placed.v1", Placed)
NOTED = Event("orders", "orders.noted.v1", Placed)
"""As a placed order, for those who handle together what has arrived together."""
PLACE_ORDER = Method(
    "orders", "place_order", Order, OrderPlaced, allow=frozenset({"buyer"}), peers=frozenset(), keyed=True
)
PLACE_TOGETHER = Method(
    "orders", "place_together", Order, OrderPlaced, allow=frozenset({"buyer"}), peers=frozenset(), keyed=True
)
REPORT = Method("stock", "report", Size, Report, allow=frozenset({"buyer"}))
NAP = Method("stock", "nap", Nap)
TAKE = Method("stock", "take", Mark)
UNSPEAKABLE = Method("stock", "unspeakable", Kind, Anything)
RESERVE = Method("stock", "reserve", BasketId, Reserved)
RESERVE_TOGETHER = Method("stock", "reserve_together", BasketId, Reserved)


def standard(service: str) -> dict[str, Method]:
    """The two methods that every service with a database answers."""
    return {
        "log": Method(service, "log", LogRequest, Log, peers=frozenset({"stock"})),
        "find_operation": Method(
            service, "find_operation", OperationKey, Operation, allow=frozenset({"buyer"}), peers=frozenset()
        ),
    }
