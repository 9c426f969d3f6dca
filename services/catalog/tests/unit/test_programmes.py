from dataclasses import replace
from typing import Any

import pytest

from catalog.domain.directions import DIRECTIONS
from catalog.domain.groups import ADMISSIONS, GROUP_STATES
from catalog.domain.places import Municipality, Region, check_municipality, check_region
from catalog.domain.programmes import (
    ACTIVE,
    PROVIDER_KINDS,
    SUSPENDED,
    Module,
    Programme,
    Provider,
    check_decision,
    check_module,
    check_programme,
    check_provider,
)
from chassis.errors import RuleViolated
from chassis.values import Amount
from contracts import catalog as contract

PROVIDER = Provider("38", "provider", "entrepreneur", "Студия", "25701000", "380800000000", "317380000000000")
PROGRAMME = Programme("38", "programme", "provider", "25701000", "Шахматы", "Дебюты", "sport", 5, 17)
MODULE = Module("38", "module", "programme", "Первый год", Amount(100, "RUB"), Amount(90, "RUB"))
REGION = Region("38", "Иркутская область", "Asia/Irkutsk", "термин", "сертификат", ("p38.example",), "почта")
MUNICIPALITY = Municipality("38", "25701000", "33", "Иркутск")


def test_the_lists_are_those_of_the_contract() -> None:
    assert tuple(DIRECTIONS) == contract.DIRECTIONS
    assert ADMISSIONS == contract.ADMISSIONS
    assert GROUP_STATES == contract.OWN_GROUP_STATES
    assert PROVIDER_KINDS == contract.PROVIDER_KINDS
    assert {ACTIVE, SUSPENDED} == set(contract.PROVIDER_STATES)


@pytest.mark.parametrize(
    ("kind", "inn", "ogrn"),
    [
        *((kind, "3808000000", "1153800000000") for kind in ("school", "club", "sport_school")),
        ("entrepreneur", "380800000000", "317380000000000"),
    ],
)
def test_each_kind_of_provider_has_numbers_of_its_own_length(kind: str, inn: str, ogrn: str) -> None:
    check_provider(replace(PROVIDER, kind=kind, inn=inn, ogrn=ogrn))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "shop"}, "provider_kind_unknown"),
        ({"inn": "3808000000"}, "inn_wrong"),
        ({"inn": "38080000OOOO"}, "inn_wrong"),
        ({"ogrn": "1153800000000"}, "ogrn_wrong"),
        ({"kind": "club"}, "inn_wrong"),
        ({"kind": "club", "inn": "3808000000"}, "ogrn_wrong"),
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


@pytest.mark.parametrize("reason", contract.SUSPENSION_REASONS)
def test_a_reason_fits_suspension_or_admission_and_the_own_request_fits_both(reason: str) -> None:
    fits = {ACTIVE: {"cleared", "own_request"}, SUSPENDED: set(contract.SUSPENSION_REASONS) - {"cleared"}}
    for state, reasons in fits.items():
        if reason in reasons:
            check_decision(state, reason)
        else:
            with pytest.raises(RuleViolated) as refusal:
                check_decision(state, reason)
            assert refusal.value.code == "decision_reason_wrong"
