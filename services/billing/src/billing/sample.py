"""Sample data of the demonstration: `python -m billing sample`.

For each municipality of the sample a funding period, a programme with invented sums, and an invented budget. The same
identifiers come out every time, so that a second run changes nothing.
"""

import tomllib
from datetime import date, timedelta
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import structlog
from sqlalchemy.orm import Session

import chassis.settings
from billing.commands.opening import NewProgramme, open_period, open_programme
from billing.commands.settling import settle_unlisted
from billing.domain.policy import Policy
from chassis import clock
from chassis.database import Transactions, create
from chassis.values import Amount

log = structlog.get_logger(__name__)
POLICY = Policy(absent_percent=100, ill_percent=0, excused_percent=0)
BASIS = "Вымышленное постановление для демонстрации"
_NAMESPACE = uuid5(NAMESPACE_DNS, "billing.sample.kruzhok.example")
_CLOSING = timedelta(days=31)
_SEPTEMBER = 9


def main(settings: chassis.settings.Settings) -> None:
    """Load the sample, each region in one transaction, and settle children who were enrolled before it."""
    transactions = Transactions(create(settings.database_url, "billing.sample", pool_size=1))
    for region in regions():
        with transactions.writing() as session:
            opened = load_region(session, region, clock.today(region["time_zone"]))
        while _settle_some(transactions, region["region_code"]):
            pass
        log.info("sample_loaded", region_code=region["region_code"], programmes_opened=opened)


def _settle_some(transactions: Transactions, region_code: str) -> bool:
    with transactions.writing() as session:
        return settle_unlisted(session, region_code)


def regions() -> list[dict[str, Any]]:
    """The sample's regions with their municipalities."""
    text = files("billing").joinpath("data", "sample.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["regions"])


def load_region(session: Session, region: dict[str, Any], today: date) -> int:
    """Open the region's period that holds `today` and its municipalities' programmes; how many were new."""
    region_code = region["region_code"]
    starts_on, ends_on = school_year(today)
    period_id = _id(region_code, starts_on, "period")
    open_period(
        session,
        region_code,
        period_id,
        starts_on=starts_on,
        ends_on=ends_on,
        closes_at=clock.end_of_day(ends_on + _CLOSING, region["time_zone"]),
        time_zone=region["time_zone"],
    )
    opened = 0
    for each in region["municipalities"]:
        new = NewProgramme(
            programme_id=_id(region_code, starts_on, each["code"]),
            period_id=period_id,
            municipality_code=each["code"],
            payer_name=each["name"],
            nominal=_roubles(each["nominal"]),
            policy=POLICY,
        )
        opened += open_programme(session, region_code, new, budget=_roubles(each["budget"]), basis=BASIS)
    return opened


def school_year(on: date) -> tuple[date, date]:
    """The year from 1 September to 31 August that holds the day."""
    year = on.year if on.month >= _SEPTEMBER else on.year - 1
    return date(year, _SEPTEMBER, 1), date(year + 1, 8, 31)


def _id(*parts: object) -> str:
    return str(uuid5(_NAMESPACE, " ".join(str(part) for part in parts)))


def _roubles(value: str) -> Amount:
    return Amount.from_wire({"value": value, "unit": "RUB"})
