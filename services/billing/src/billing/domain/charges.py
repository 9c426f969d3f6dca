"""What the marks of an active contract should have charged, and what must be posted to get there."""

from collections.abc import Iterable
from dataclasses import dataclass

from billing.domain.policy import Policy
from billing.domain.split import lesson_part


@dataclass(frozen=True)
class Charge:
    """A debit that stands: for one lesson, by the mark that caused it; `amount` in hundredths."""

    charge_id: str
    mark: str
    amount: int


@dataclass(frozen=True)
class MarkedLesson:
    """A lesson of the contract's frozen list, its newest mark, and what is charged for it so far.

    `k` is its place in the list, from 1; `generation` counts its charges, reversed ones included.
    """

    lesson_id: str
    k: int
    mark: str
    charge: Charge | None
    generation: int


@dataclass(frozen=True)
class Reversal:
    """Take back the charge of a lesson, since its mark changed."""

    lesson: MarkedLesson
    charge: Charge


@dataclass(frozen=True)
class Debit:
    """Charge a lesson with `amount` hundredths, more than 0."""

    lesson: MarkedLesson
    amount: int
    generation: int


def corrections(
    share: int, lessons: int, policy: Policy, held: int, marked: Iterable[MarkedLesson]
) -> list[Reversal | Debit]:
    """What must be posted so that every mark has charged what the policy says.

    `share` is the contract's certificate share over its `lessons` lessons and `held` what of it is still held, all in
    hundredths. A corrected mark reverses the old charge before it makes the new one. No charge exceeds the hold.
    """
    posted: list[Reversal | Debit] = []
    for lesson in sorted(marked, key=lambda one: one.k):
        if lesson.charge is not None and lesson.charge.mark == lesson.mark:
            continue
        if lesson.charge is not None:
            posted.append(Reversal(lesson, lesson.charge))
            held += lesson.charge.amount
        amount = min(policy.charge(lesson_part(share, lesson.k, lessons), lesson.mark), held)
        if amount > 0:
            posted.append(Debit(lesson, amount, lesson.generation + 1))
            held -= amount
    return posted
