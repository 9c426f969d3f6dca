from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.split import greatest_part, lesson_part, prorated, split
from chassis.values import Amount

amounts = st.integers(0, 10**10)
GROUP_DAYS = (date(2021, 5, 31) - date(2020, 9, 1)).days + 1


def rub(value: str) -> Amount:
    return Amount.from_wire({"value": value, "unit": "RUB"})


@pytest.mark.parametrize(
    ("price", "normative", "available", "days", "of_days", "whole", "certificate", "parent"),
    [
        ("9000.00", "8000.00", "10000.00", 107, GROUP_DAYS, "3527.48", "3135.54", "391.94"),
        ("9000.00", "8000.00", "2000.00", 107, GROUP_DAYS, "3527.48", "2000.00", "1527.48"),
        ("8000.00", "8800.00", "10000.00", 122, GROUP_DAYS, "3575.10", "3575.10", "0.00"),
        ("3000.00", "3000.00", "10000.00", 21, 30, "2100.00", "2100.00", "0.00"),
    ],
)
def test_the_published_examples_of_the_split(
    price: str, normative: str, available: str, days: int, of_days: int, whole: str, certificate: str, parent: str
) -> None:
    assert GROUP_DAYS == 273
    shares = split(rub(price), rub(normative), rub(available), days, of_days)
    assert (shares.price, shares.certificate, shares.parent) == (rub(whole), rub(certificate), rub(parent))


@given(price=amounts, normative=amounts, available=amounts, days=st.integers(0, 400), more=st.integers(0, 400))
def test_nobody_pays_less_than_nothing_and_together_they_pay_the_price(
    price: int, normative: int, available: int, days: int, more: int
) -> None:
    of_days = max(1, days + more)
    shares = split(Amount(price, "RUB"), Amount(normative, "RUB"), Amount(available, "RUB"), days, of_days)
    assert shares.certificate + shares.parent == shares.price
    assert 0 <= shares.certificate.minor <= available
    assert shares.parent.minor >= 0
    assert 0 <= shares.price.minor * of_days - price * days < of_days


@pytest.mark.parametrize(("days", "of_days"), [(-1, 10), (11, 10), (0, 0)])
def test_a_contract_never_lasts_longer_than_its_group(days: int, of_days: int) -> None:
    with pytest.raises(ValueError, match="days"):
        prorated(Amount(100, "RUB"), days, of_days)


def parts(share: int, lessons: int) -> list[int]:
    return [lesson_part(share, k, lessons) for k in range(1, lessons + 1)]


def test_the_published_examples_of_the_charge_for_a_lesson() -> None:
    assert parts(357510, 36)[:4] == [9930, 9931, 9931, 9931]
    assert parts(800000, 53)[:4] == [15094, 15094, 15095, 15094]
    assert parts(800000, 53)[-1] == 15095
    assert parts(100, 3) == [33, 33, 34]
    assert parts(7200, 72) == [100] * 72


@given(share=amounts, lessons=st.integers(1, 400))
def test_the_lessons_together_cost_exactly_the_share_and_each_nearly_the_same(share: int, lessons: int) -> None:
    costs = parts(share, lessons)
    assert sum(costs) == share
    assert max(costs) - min(costs) <= 1
    assert max(costs) == greatest_part(share, lessons)


@pytest.mark.parametrize("k", [0, 4])
def test_only_lessons_of_the_list_cost_anything(k: int) -> None:
    with pytest.raises(ValueError, match="lesson"):
        lesson_part(100, k, 3)


def test_a_contract_without_lessons_has_no_dearest_lesson() -> None:
    assert greatest_part(0, 0) == 0
