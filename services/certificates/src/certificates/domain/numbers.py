"""The number of a certificate: ten digits, region (2), payer (2) and six that mean nothing."""

import re

SERIALS = 1_000_000
_TWO_DIGITS = re.compile(r"\d{2}\Z", re.ASCII)


def number(region_code: str, payer_code: str, serial: int) -> str:
    """`number("38", "01", 4217)` is `3801004217`. `ValueError` for codes and serials of another shape."""
    if not (_TWO_DIGITS.match(region_code) and _TWO_DIGITS.match(payer_code)):
        raise ValueError(f"region and payer are two digits each, not {region_code!r} and {payer_code!r}")
    if not 0 <= serial < SERIALS:
        raise ValueError(f"serial {serial} is not within six digits")
    return f"{region_code}{payer_code}{serial:06d}"
