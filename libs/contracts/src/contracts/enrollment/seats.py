"""How full the groups are."""

from marshmallow import fields

from contracts.base import Event, Strict
from contracts.enrollment.codes import SERVICE
from contracts.fields import Id


class SeatsChanged(Strict):
    """How full a group is."""

    group_id = Id(required=True)
    capacity = fields.Integer(required=True)
    taken = fields.Integer(required=True)
    waiting = fields.Integer(required=True)


SEATS_CHANGED = Event(SERVICE, "enrollment.seats.changed.v1", SeatsChanged, public=True)
