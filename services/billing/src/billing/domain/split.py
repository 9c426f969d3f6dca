"""Who pays what: the price of a contract, divided between the certificate and the parent, and then into lessons."""

from dataclasses import dataclass

from chassis.values import Amount


@dataclass(frozen=True)
class Split:
    """A contract's price and who pays it: `price = certificate + parent`, none of them negative."""

    price: Amount
    certificate: Amount
    parent: Amount


def prorated(amount: Amount, days: int, of_days: int) -> Amount:
    """The part of a group's amount that falls on a contract's days, rounded up to the hundredth."""
    if not 0 <= days <= of_days or of_days == 0:
        raise ValueError(f"{days} of {of_days} days")
    return Amount(-(-amount.minor * days // of_days), amount.unit)


def split(price: Amount, normative: Amount, available: Amount, days: int, of_days: int) -> Split:
    """Divide a group's price for a contract of `days` out of the group's `of_days`.

    The certificate pays the least of price, normative price and what it has; the parent pays the rest.
    """
    whole = prorated(price, days, of_days)
    certificate = min(whole, prorated(normative, days, of_days), available)
    return Split(whole, certificate, whole - certificate)


def lesson_part(share: int, k: int, lessons: int) -> int:
    """What the k-th of a contract's lessons (from 1) costs, in hundredths; all parts together are the share."""
    if not 1 <= k <= lessons:
        raise ValueError(f"lesson {k} of {lessons}")
    return share * k // lessons - share * (k - 1) // lessons


def greatest_part(share: int, lessons: int) -> int:
    """The most that one lesson can cost, in hundredths."""
    return -(-share // lessons) if lessons else 0
