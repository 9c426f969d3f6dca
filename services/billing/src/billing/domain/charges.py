"""What the lessons of an opened contract should have charged and released, and what must be posted to get there.

Each lesson is decided by its own facts alone: its mark, whether it was cancelled or lies after the end, whether its
journal is still open. So the order in which the facts came does not matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from billing.domain.policy import Policy
from billing.domain.split import lesson_part

CANCELLED, AFTER_END, NOT_FILLED = "cancelled", "after_end", "not_filled"
OUTCOMES = (CANCELLED, AFTER_END, NOT_FILLED)
"""Why nothing is charged for a lesson that has no mark that counts."""


@dataclass(frozen=True)
class Charge:
    """A charge that stands, by the mark that caused it; `amount` in hundredths, 0 where the mark charges nothing."""

    charge_id: str
    mark: str
    amount: int


@dataclass(frozen=True)
class ContractLesson:
    """A lesson of the contract's frozen list, all that is known of it, and what was posted for it so far.

    `k` is its place in the list, from 1; `on` the local day it is held on; `generation` counts its charges, reversed
    ones included; `released` is what of its part of the hold went back.
    """

    lesson_id: str
    k: int
    on: date
    mark: str | None = None
    cancelled: bool = False
    charge: Charge | None = None
    generation: int = 0
    released: int = 0
    outcome: str | None = None


@dataclass(frozen=True)
class Contract:
    """An opened contract: its certificate share over its `lessons` lessons, and what binds all of them.

    `ended_on` is the last day that counts, once there is one. Lessons before `journal_from` can get no mark any more.
    While `frozen`, nothing is debited or held; once the period is `closed`, never again.
    """

    share: int
    lessons: int
    policy: Policy
    journal_from: date
    ended_on: date | None = None
    frozen: bool = False
    closed: bool = False


@dataclass(frozen=True)
class Reversal:
    """Take back the charge of a lesson, since its mark changed or the lesson does not count."""

    lesson: ContractLesson
    charge: Charge
    outcome: str | None


@dataclass(frozen=True)
class Hold:
    """Hold again what of a lesson's part was released before its mark came."""

    lesson: ContractLesson
    amount: int


@dataclass(frozen=True)
class Debit:
    """Charge a lesson with `amount` hundredths; `uncovered` is what no hold could pay."""

    lesson: ContractLesson
    amount: int
    uncovered: int
    generation: int


@dataclass(frozen=True)
class Release:
    """Let go what of a lesson's part will not be charged; `outcome` says why, if the lesson has no mark that counts."""

    lesson: ContractLesson
    amount: int
    outcome: str | None


Step = Reversal | Release | Hold | Debit


@dataclass(frozen=True)
class Settlement:
    """What must be posted, in this order; `open` says that some lesson may still be charged."""

    steps: tuple[Step, ...]
    open: bool


def settle_lessons(contract: Contract, lessons: Iterable[ContractLesson], spare: int) -> Settlement:
    """What must be posted so that each lesson has charged and released what it should.

    `spare` is what the pocket has beside all holds. No lesson is charged more than its own part of the share, nor more
    than is held for it or can be held again: the rest is uncovered.
    """
    ordered = sorted(lessons, key=lambda one: one.k)
    spare += sum(step.amount for one in ordered for step in _settled(contract, one, 0)[0] if isinstance(step, Release))
    steps: list[Step] = []
    still_open = False
    for lesson in ordered:
        its_steps, its_open = _settled(contract, lesson, spare)
        spare -= sum(step.amount for step in its_steps if isinstance(step, Hold))
        still_open = still_open or its_open
        steps += its_steps
    return Settlement(tuple(sorted(steps, key=lambda step: _ORDER[type(step)])), still_open)


_ORDER: dict[type[Step], int] = {Reversal: 0, Release: 1, Hold: 2, Debit: 3}
"""What comes back is there before anything is taken."""


def _settled(contract: Contract, lesson: ContractLesson, spare: int) -> tuple[list[Step], bool]:
    """What one lesson calls for, and whether it may still be charged."""
    outcome = _outcome(contract, lesson)
    mark = None if outcome else lesson.mark
    part, charge = lesson_part(contract.share, lesson.k, contract.lessons), lesson.charge
    steps: list[Step] = []
    if charge is not None and charge.mark != mark:
        steps.append(Reversal(lesson, charge, outcome))
        charge = None
    unspent = part - lesson.released - (charge.amount if charge else 0)
    if _counts_again(contract, lesson, mark, outcome):
        again = min(lesson.released, spare)
        steps += [Hold(lesson, again)] if again else []
        unspent += again
    due = contract.policy.charge(part, mark) if mark and charge is None else 0
    postponed = contract.frozen and not contract.closed
    if mark and charge is None and not postponed:
        steps += _charging(contract, lesson, due, unspent, spare)
        unspent = max(0, unspent - due) if not contract.closed else unspent
        due = 0
    kept = _kept(contract, mark, outcome, unspent, due)
    if unspent > kept or outcome != lesson.outcome:
        steps.append(Release(lesson, unspent - kept, outcome))
    return steps, kept > 0 and (mark is None or due > 0)


def _counts_again(contract: Contract, lesson: ContractLesson, mark: str | None, outcome: str | None) -> bool:
    """Whether a mark may still come for a lesson that was released: it was moved to a day that counts."""
    may_be_marked = mark is None and outcome is None and not contract.closed
    return may_be_marked and lesson.outcome is not None and not contract.frozen


def _outcome(contract: Contract, lesson: ContractLesson) -> str | None:
    if lesson.cancelled:
        return CANCELLED
    if contract.ended_on is not None and lesson.on > contract.ended_on:
        return AFTER_END
    return NOT_FILLED if lesson.mark is None and lesson.on < contract.journal_from else None


def _charging(contract: Contract, lesson: ContractLesson, due: int, unspent: int, spare: int) -> list[Step]:
    """The debit for a mark, with a new hold before it for what was released before the mark came."""
    if contract.closed:
        return [Debit(lesson, 0, due, lesson.generation + 1)]
    again = min(max(0, due - unspent), spare)
    amount = min(due, unspent + again)
    debit = Debit(lesson, amount, due - amount, lesson.generation + 1)
    return [Hold(lesson, again), debit] if again else [debit]


def _kept(contract: Contract, mark: str | None, outcome: str | None, unspent: int, due: int) -> int:
    """What of a lesson's part stays held: all that a mark may still charge; after an absence, until the end."""
    if contract.closed or outcome:
        return 0
    return min(due, unspent) if mark and contract.ended_on else unspent
