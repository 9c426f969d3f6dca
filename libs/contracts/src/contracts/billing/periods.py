"""Funding periods of a region."""

from marshmallow import fields

from contracts.accounts import MUNICIPALITY, REGION, Nothing
from contracts.base import Method, Strict
from contracts.billing.codes import PERIOD_STATES, SERVICE
from contracts.fields import Code, Id, Instant, Region, Text


class FundingPeriodView(Strict):
    """A funding period of a region."""

    period_id = Id(required=True)
    region_code = Region(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, metadata={"description": "Day of the last lesson."})
    closes_at = Instant(required=True, metadata={"description": "End of all postings."})
    state = Code(required=True, one_of=PERIOD_STATES)


class FundingPeriods(Strict):
    """The region's periods, in the order of their dates."""

    items = fields.List(fields.Nested(FundingPeriodView), required=True)


class NewFundingPeriod(Strict):
    """A period that the region sets; periods of a region do not overlap and leave no gap."""

    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    closes_at = Instant(required=True)
    time_zone = Text(
        load_default=None,
        allow_none=True,
        metadata={"description": "IANA name; needed for a region's first period only."},
    )


LIST_PERIODS = Method(SERVICE, "list_periods", Nothing, FundingPeriods, allow=frozenset({MUNICIPALITY, REGION}))
SET_PERIOD = Method(SERVICE, "set_period", NewFundingPeriod, FundingPeriodView, allow=frozenset({REGION}), command=True)
