import pytest

from billing.domain.queue import Purse, affordable

PURSE = Purse(
    nominal=1000, available=3500, certificates_credited=4, certificates_max=None, credited=4000, nominal_sum_max=None
)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 3),
        ({"available": 999}, 0),
        ({"available": 1000}, 1),
        ({"certificates_max": 6}, 2),
        ({"certificates_max": 4}, 0),
        ({"nominal_sum_max": 5999}, 1),
        ({"nominal_sum_max": 6000}, 2),
        ({"certificates_max": 3}, 0),
    ],
)
def test_the_budget_and_both_caps_bound_what_can_be_granted(changes: dict[str, int], count: int) -> None:
    assert affordable(Purse(**{**PURSE.__dict__, **changes})) == count
