"""What a reader does not know of an event does not disturb it."""

from marshmallow import RAISE, Schema, fields

from chassis.outbox import narrowed


class Strict(Schema):
    class Meta:
        unknown = RAISE


class Line(Strict):
    number = fields.Integer(required=True)
    colour = fields.String(required=True)


class Order(Strict):
    order_id = fields.String(required=True)
    lines = fields.List(fields.Nested(Line), required=True)


def test_a_reader_is_blind_to_fields_that_came_later_at_every_depth() -> None:
    body = {"order_id": "1", "later": 1, "lines": [{"number": 1, "colour": "red", "later": 2}]}
    assert narrowed(Order, None).load(body) == {"order_id": "1", "lines": [{"number": 1, "colour": "red"}]}


def test_a_reader_may_use_one_field_of_what_is_nested() -> None:
    body = {"order_id": "1", "lines": [{"number": 1, "colour": "red"}]}
    assert narrowed(Order, ("lines.number",)).load(body) == {"lines": [{"number": 1}]}
