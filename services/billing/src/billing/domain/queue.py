"""How many of those who wait a funding programme can pay for now."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Purse:
    """A programme's money and caps, in hundredths. A cap that is None does not bind."""

    nominal: int
    available: int
    certificates_credited: int
    certificates_max: int | None
    credited: int
    nominal_sum_max: int | None


def affordable(purse: Purse) -> int:
    """How many more nominals the budget and both caps allow."""
    limits = [purse.available // purse.nominal]
    if purse.certificates_max is not None:
        limits.append(purse.certificates_max - purse.certificates_credited)
    if purse.nominal_sum_max is not None:
        limits.append((purse.nominal_sum_max - purse.credited) // purse.nominal)
    return max(0, min(limits))
