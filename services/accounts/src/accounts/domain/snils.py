"""SNILS, the insurance number of a person: `112-233-445 95`, the last two digits control the first nine.

The rule is the Social Fund's: digits weighted 9 to 1 from the left, the sum modulo 101, 100 read as 00;
numbers up to 001-001-998 carry no control.
"""

import re

_DIGITS_PER_NUMBER = 11
_FIRST_CONTROLLED = 1_001_999


def digits_of(snils: str) -> str:
    """The eleven digits without their separators."""
    return re.sub(r"\D", "", snils)


def is_valid(snils: str) -> bool:
    """Whether a number has eleven digits, not all zero, and its control digits agree with the others."""
    digits = digits_of(snils)
    if len(digits) != _DIGITS_PER_NUMBER or not int(digits):
        return False
    number, control = digits[:9], int(digits[9:])
    return int(number) < _FIRST_CONTROLLED or control == control_of(number)


def control_of(number: str) -> int:
    """The control number of nine digits."""
    weighted = sum(int(digit) * weight for digit, weight in zip(number, range(9, 0, -1), strict=True))
    return weighted % 101 % 100
