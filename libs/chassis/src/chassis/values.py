"""Amounts: integer hundredths with a unit, never a float."""

import re
from dataclasses import dataclass
from typing import Self

_WIRE = re.compile(r"(-?)(\d{1,13})\.(\d{2})\Z")


@dataclass(frozen=True)
class Amount:
    """`minor` hundredths of `unit`. Arithmetic and comparison need the same unit, else `ValueError`."""

    minor: int
    unit: str

    @classmethod
    def from_wire(cls, value: dict[str, str]) -> Self:
        """`{"value": "1234.50", "unit": "RUB"}` → 123450 hundredths; `ValueError` for any other shape."""
        match = _WIRE.match(value["value"])
        if match is None:
            raise ValueError(f"not an amount: {value!r}")
        sign, whole, hundredths = match.groups()
        minor = int(whole) * 100 + int(hundredths)
        return cls(-minor if sign else minor, value["unit"])

    def to_wire(self) -> dict[str, str]:
        """The mapping that crosses the wire."""
        sign = "-" if self.minor < 0 else ""
        whole, hundredths = divmod(abs(self.minor), 100)
        return {"value": f"{sign}{whole}.{hundredths:02d}", "unit": self.unit}

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.minor + self._same_unit(other), self.unit)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.minor - self._same_unit(other), self.unit)

    def __neg__(self) -> "Amount":
        return Amount(-self.minor, self.unit)

    def __lt__(self, other: "Amount") -> bool:
        return self.minor < self._same_unit(other)

    def __le__(self, other: "Amount") -> bool:
        return self.minor <= self._same_unit(other)

    def _same_unit(self, other: "Amount") -> int:
        if other.unit != self.unit:
            raise ValueError(f"{self.unit} and {other.unit} do not mix")
        return other.minor
