import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.domain.numbers import SERIALS, number

two_digits = st.integers(0, 99).map("{:02d}".format)


@given(two_digits, two_digits, st.integers(0, SERIALS - 1))
def test_a_number_is_region_payer_and_six_digits(region: str, payer: str, serial: int) -> None:
    drawn = number(region, payer, serial)
    assert len(drawn) == 10
    assert drawn.isdigit()
    assert (drawn[:2], drawn[2:4], int(drawn[4:])) == (region, payer, serial)


@pytest.mark.parametrize(
    ("region", "payer", "serial"),
    [("5", "01", 1), ("05", "1", 1), ("05", "001", 1), ("٠٥", "01", 1), ("05", "01", -1), ("05", "01", SERIALS)],
)
def test_anything_else_is_refused(region: str, payer: str, serial: int) -> None:
    with pytest.raises(ValueError, match=r"two digits|six digits"):
        number(region, payer, serial)
