"""The days on which the country rests, as the `holidays` package knows them."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from holidays import country_holidays


def rest_days(first_on: date, last_on: date) -> frozenset[date]:
    """Russia's days off in the range, both ends included; Saturdays and Sundays are not among them as such.

    Non-working holidays by article 112 of the Labour Code, and the days off that the government moves each year, as
    far ahead as it has decided. The days off of one region alone are not known here: they are a group's own exceptions.
    """
    return frozenset(_in_range(first_on, last_on))


def _in_range(first_on: date, last_on: date) -> Iterable[date]:
    for year in range(first_on.year, last_on.year + 1):
        yield from (day for day in _of_year(year) if first_on <= day <= last_on)


@lru_cache(maxsize=16)
def _of_year(year: int) -> frozenset[date]:
    return frozenset(country_holidays("RU", years=year))
