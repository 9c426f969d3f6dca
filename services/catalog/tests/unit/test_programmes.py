from dataclasses import replace
from typing import Any

import pytest

from catalog.domain.directions import DIRECTIONS
from catalog.domain.groups import ADMISSIONS, GROUP_STATES
from catalog.domain.places import Municipality, Region, check_municipality, check_region
from catalog.domain.programmes import (
    Module,
    Programme,
    Provider,
    check_module,
    check_programme,
    check_provider,
)
from chassis.errors import RuleViolated
from chassis.values import Amount
from contracts import catalog as contract

PROVIDER = Provider("38", "provider", "entrepreneur", "Студия", "25701000")
PROGRAMME = Programme("38", "programme", "provider", "25701000", "Шахматы", "Дебюты", "sport", 5, 17)
MODULE = Module("38", "module", "programme", "Первый год", Amount(100, "RUB"), Amount(90, "RUB"))
REGION = Region("38", "Иркутская область", "Asia/Irkutsk", "термин", "сертификат", ("p38.example",), "почта")
MUNICIPALITY = Municipality("38", "25701000", "33", "Иркутск")


def test_the_lists_are_those_of_the_contract() -> None:
    assert tuple(DIRECTIONS) == contract.DIRECTIONS
    assert ADMISSIONS == contract.ADMISSIONS
    assert GROUP_STATES == contract.GROUP_STATES


@pytest.mark.parametrize("inn", [None, "3808000000", "380800000000"])
def test_a_provider_may_have_a_taxpayers_number_of_ten_or_twelve_digits(inn: str | None) -> None:
    check_provider(replace(PROVIDER, inn=inn))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "shop"}, "provider_kind_unknown"),
        ({"state": "asleep"}, "provider_kind_unknown"),
        ({"inn": "38080000001"}, "inn_wrong"),
        ({"inn": "38080000OO"}, "inn_wrong"),
    ],
)
def test_a_wrong_provider_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleViolated) as refusal:
        check_provider(replace(PROVIDER, **changes))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"direction": "cooking"}, "direction_unknown"),
        ({"state": "lost"}, "direction_unknown"),
        ({"age_min": 4}, "ages_wrong"),
        ({"age_max": 18}, "ages_wrong"),
        ({"age_min": 9, "age_max": 8}, "ages_wrong"),
    ],
)
def test_a_wrong_programme_is_refused(changes: dict[str, Any], code: str) -> None:
    check_programme(PROGRAMME)
    with pytest.raises(RuleViolated) as refusal:
        check_programme(replace(PROGRAMME, **changes))
    assert refusal.value.code == code


def test_a_price_may_be_zero_but_not_less_and_has_one_unit() -> None:
    check_module(replace(MODULE, price=Amount(0, "RUB"), normative_price=Amount(0, "RUB")))
    for changes, code in (
        ({"price": Amount(-1, "RUB")}, "price_negative"),
        ({"normative_price": Amount(-1, "RUB")}, "price_negative"),
        ({"normative_price": Amount(90, "HOUR")}, "price_units_differ"),
    ):
        with pytest.raises(RuleViolated) as refusal:
            check_module(replace(MODULE, **changes))
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"region_code": "8"}, "region_code_wrong"),
        ({"time_zone": "Asia/Nowhere"}, "time_zone_unknown"),
        ({"time_zone": "../etc"}, "time_zone_unknown"),
    ],
)
def test_a_wrong_region_is_refused(changes: dict[str, Any], code: str) -> None:
    check_region(REGION)
    with pytest.raises(RuleViolated) as refusal:
        check_region(replace(REGION, **changes))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"municipality_code": "2570100"}, "municipality_code_wrong"), ({"payer_code": "3"}, "payer_code_wrong")],
)
def test_a_wrong_municipality_is_refused(changes: dict[str, Any], code: str) -> None:
    check_municipality(MUNICIPALITY)
    with pytest.raises(RuleViolated) as refusal:
        check_municipality(replace(MUNICIPALITY, **changes))
    assert refusal.value.code == code
