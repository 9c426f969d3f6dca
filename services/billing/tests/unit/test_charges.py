"""Each lesson of an opened contract by its own facts; whatever their order, the same sums."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.charges import (
    AFTER_END,
    CANCELLED,
    NOT_FILLED,
    Charge,
    Contract,
    ContractLesson,
    Debit,
    Hold,
    Release,
    Reversal,
    Step,
    settle_lessons,
)
from billing.domain.policy import ABSENT, EXCUSED, ILL, MARKS, PRESENT, Policy
from billing.domain.split import lesson_part

POLICY = Policy(absent_percent=100, ill_percent=0, excused_percent=50)
FIRST = date(2026, 10, 5)
WEEK = timedelta(days=7)
CONTRACT = Contract(share=100, lessons=3, policy=POLICY, journal_from=FIRST)


def lesson(k: int, mark: str | None = None, charge: Charge | None = None, **changes: object) -> ContractLesson:
    known = ContractLesson(f"lesson {k}", k, FIRST + (k - 1) * WEEK, mark, charge=charge, generation=1 if charge else 0)
    return replace(known, **changes)  # type: ignore[arg-type]


def steps(contract: Contract, *lessons: ContractLesson, spare: int = 0) -> Sequence[Step]:
    return settle_lessons(contract, lessons, spare).steps


@pytest.mark.parametrize(("mark", "amount"), [(PRESENT, 33), (ABSENT, 33), (EXCUSED, 16), (ILL, 0)])
def test_a_mark_charges_what_the_policy_says(mark: str, amount: int) -> None:
    assert steps(CONTRACT, lesson(1, mark)) == (Debit(lesson(1, mark), amount, 0, generation=1),)


def test_what_is_charged_already_is_left_alone() -> None:
    assert steps(CONTRACT, lesson(1, PRESENT, Charge("c", PRESENT, 33))) == ()


def test_a_lesson_without_a_mark_waits_for_it() -> None:
    settled = settle_lessons(CONTRACT, [lesson(1)], 0)
    assert (settled.steps, settled.open) == ((), True)


def test_a_corrected_mark_takes_the_old_charge_back_before_it_charges_anew() -> None:
    marked = lesson(2, EXCUSED, Charge("c", PRESENT, 33))
    assert steps(CONTRACT, marked) == (
        Reversal(marked, Charge("c", PRESENT, 33), None),
        Debit(marked, 16, 0, generation=2),
    )


def test_a_cancelled_lesson_gives_its_charge_and_its_part_of_the_hold_back() -> None:
    charged = lesson(2, PRESENT, Charge("c", PRESENT, 33), cancelled=True)
    assert steps(CONTRACT, charged) == (
        Reversal(charged, Charge("c", PRESENT, 33), CANCELLED),
        Release(charged, 33, CANCELLED),
    )
    assert steps(CONTRACT, replace(charged, charge=None, released=33, outcome=CANCELLED)) == ()


def test_an_unfilled_lesson_is_released_the_day_after_its_journal_has_closed() -> None:
    assert steps(CONTRACT, lesson(1)) == ()
    late = replace(CONTRACT, journal_from=FIRST + timedelta(days=1))
    settled = settle_lessons(late, [lesson(1)], 0)
    assert settled.steps == (Release(lesson(1), 33, NOT_FILLED),)
    assert not settled.open


def test_a_mark_that_comes_after_the_release_holds_its_part_again() -> None:
    late = replace(CONTRACT, journal_from=FIRST + WEEK)
    marked = lesson(1, PRESENT, released=33, outcome=NOT_FILLED)
    assert steps(late, marked, spare=500) == (
        Release(marked, 0, None),
        Hold(marked, 33),
        Debit(marked, 33, 0, generation=1),
    )


@pytest.mark.parametrize(("spare", "amount"), [(0, 0), (20, 20), (33, 33)])
def test_what_no_hold_can_pay_is_uncovered_and_nothing_goes_below_zero(spare: int, amount: int) -> None:
    marked = lesson(1, PRESENT, released=33, outcome=NOT_FILLED)
    debits = [step for step in steps(CONTRACT, marked, spare=spare) if isinstance(step, Debit)]
    assert debits == [Debit(marked, amount, 33 - amount, generation=1)]


def test_what_one_lesson_releases_another_may_hold_again() -> None:
    marked = lesson(1, PRESENT, released=33)
    settled = steps(CONTRACT, marked, lesson(2, cancelled=True))
    assert [type(step) for step in settled] == [Release, Hold, Debit]
    assert settled[-1] == Debit(marked, 33, 0, generation=1)


ENDED = replace(CONTRACT, ended_on=FIRST + WEEK)


def test_at_the_end_all_is_released_but_lessons_up_to_it_that_wait_for_their_marks() -> None:
    ill = lesson(1, ILL, Charge("c", ILL, 0))
    settled = settle_lessons(ENDED, [ill, lesson(2), lesson(3)], 0)
    assert settled.steps == (Release(ill, 33, None), Release(lesson(3), 34, AFTER_END))
    assert settled.open


def test_the_last_mark_closes_an_ended_contract() -> None:
    assert not settle_lessons(ENDED, [lesson(2, PRESENT), lesson(3, released=34, outcome=AFTER_END)], 0).open


def test_a_mark_on_a_lesson_after_the_end_counts_nothing() -> None:
    after = lesson(3, PRESENT, released=34, outcome=AFTER_END)
    assert steps(ENDED, after) == ()
    charged = lesson(3, PRESENT, Charge("c", PRESENT, 34))
    assert [type(step) for step in steps(ENDED, charged)] == [Reversal, Release]


def test_a_frozen_certificate_pays_nothing_and_keeps_what_marks_will_charge() -> None:
    settled = settle_lessons(replace(ENDED, frozen=True), [lesson(1, EXCUSED), lesson(3)], 0)
    assert settled.steps == (Release(lesson(1, EXCUSED), 17, None), Release(lesson(3), 34, AFTER_END))
    assert settled.open
    assert settle_lessons(replace(CONTRACT, frozen=True), [lesson(1, PRESENT)], 99).steps == ()


def test_a_frozen_certificate_takes_money_back() -> None:
    corrected = lesson(1, ILL, Charge("c", PRESENT, 33))
    assert [type(step) for step in steps(replace(CONTRACT, frozen=True), corrected)] == [Reversal]


def test_a_closed_period_charges_nothing_and_lets_all_go() -> None:
    closed = replace(CONTRACT, closed=True, frozen=True)
    settled = settle_lessons(closed, [lesson(1, PRESENT), lesson(2)], 99)
    assert settled.steps == (
        Release(lesson(1, PRESENT), 33, None),
        Release(lesson(2), 33, None),
        Debit(lesson(1, PRESENT), 0, 33, generation=1),
    )
    assert not settled.open


def test_a_correction_in_a_closed_period_gives_the_charge_back_and_leaves_the_rest_uncovered() -> None:
    corrected = lesson(1, EXCUSED, Charge("c", PRESENT, 33))
    assert steps(replace(CONTRACT, closed=True), corrected) == (
        Reversal(corrected, Charge("c", PRESENT, 33), None),
        Release(corrected, 33, None),
        Debit(corrected, 0, 16, generation=2),
    )


class Book:
    """What the steps leave behind: 40 lines that know nothing of how they are found."""

    def __init__(self, share: int, spare: int) -> None:
        self.held, self.spare, self.spent = share, spare, 0

    def post(self, lessons: dict[int, ContractLesson], settled: Sequence[Step]) -> None:
        for number, step in enumerate(settled):
            known = lessons[step.lesson.k]
            match step:
                case Reversal(charge=charge):
                    self.held, self.spent = self.held + charge.amount, self.spent - charge.amount
                    known = replace(known, charge=None)
                case Release(amount=amount, outcome=outcome):
                    self.held, self.spare = self.held - amount, self.spare + amount
                    known = replace(known, released=known.released + amount, outcome=outcome)
                case Hold(amount=amount):
                    self.held, self.spare = self.held + amount, self.spare - amount
                    known = replace(known, released=known.released - amount)
                case Debit(amount=amount, uncovered=uncovered, generation=generation):
                    assert known.charge is None
                    assert generation == known.generation + 1
                    assert uncovered >= 0
                    self.held, self.spent = self.held - amount, self.spent + amount
                    charge = Charge(str(number), known.mark or "", amount)
                    known = replace(known, charge=charge, generation=generation)
            lessons[step.lesson.k] = known
            assert min(self.held, self.spare, self.spent) >= 0


percents = st.integers(0, 100)
policies = st.builds(Policy, absent_percent=percents, ill_percent=percents, excused_percent=percents)
N = 8
facts = st.one_of(
    st.tuples(st.just("mark"), st.integers(1, N), st.sampled_from(MARKS)),
    st.tuples(st.just("cancelled"), st.integers(1, N), st.none()),
    st.tuples(st.just("moved"), st.integers(1, N), st.integers(-3, 12)),
    st.tuples(st.just("ended"), st.none(), st.integers(-2, N + 2)),
    st.tuples(st.just("time"), st.none(), st.integers(0, N + 3)),
)


def tell(contract: Contract, lessons: dict[int, ContractLesson], fact: tuple[str, int, object]) -> Contract:
    kind, k, value = fact
    match kind, value:
        case "mark", str(mark):
            lessons[k] = replace(lessons[k], mark=mark)
        case "cancelled", _:
            lessons[k] = replace(lessons[k], cancelled=True)
        case "moved", int(weeks):
            lessons[k] = replace(lessons[k], on=FIRST + weeks * WEEK)
        case "ended", int(weeks):
            return replace(contract, ended_on=FIRST + weeks * WEEK)
        case "time", int(weeks):
            return replace(contract, journal_from=max(contract.journal_from, FIRST + weeks * WEEK))
    return contract


def settle(book: Book, contract: Contract, lessons: dict[int, ContractLesson]) -> None:
    book.post(lessons, settle_lessons(contract, list(lessons.values()), book.spare).steps)
    assert settle_lessons(contract, list(lessons.values()), book.spare).steps == ()


@given(share=st.integers(0, 5000), spare=st.integers(0, 500), policy=policies, told=st.lists(facts, max_size=40))
def test_whatever_is_told_nothing_is_overdrawn_and_telling_it_again_moves_nothing(
    share: int, spare: int, policy: Policy, told: list[tuple[str, int, object]]
) -> None:
    contract = Contract(share, N, policy, FIRST)
    lessons = {k: lesson(k) for k in range(1, N + 1)}
    book = Book(share, spare)
    for fact in told:
        contract = tell(contract, lessons, fact)
        settle(book, contract, lessons)
        assert book.held + book.spare + book.spent == share + spare
        charged = {k: each.charge.amount if each.charge else 0 for k, each in lessons.items()}
        assert sum(charged.values()) == book.spent <= share
        for k, each in lessons.items():
            part = lesson_part(share, k, N)
            assert charged[k] <= part
            if each.charge:
                assert charged[k] <= policy.charge(part, each.mark or "")


@given(share=st.integers(0, 5000), policy=policies, told=st.lists(facts, max_size=12), data=st.data())
def test_the_same_facts_in_any_order_end_with_the_same_sums(
    share: int, policy: Policy, told: list[tuple[str, int, object]], data: st.DataObject
) -> None:
    """Of facts about the same thing the last one counts, as versions have it: only what is last of each is shuffled.

    The pocket has enough beside the contract; all ends with the end of the contract.
    """
    last = {(kind, k): (kind, k, value) for kind, k, value in told}
    last["ended", 0] = ("ended", 0, N - 2)
    last.pop(("ended", None), None)  # type: ignore[arg-type]
    ends = []
    for order in (list(last.values()), data.draw(st.permutations(list(last.values())))):
        contract, lessons, book = Contract(share, N, policy, FIRST), {k: lesson(k) for k in range(1, N + 1)}, None
        book = Book(share, 10**6)
        for fact in order:
            contract = tell(contract, lessons, fact)
            settle(book, contract, lessons)
        charges = {k: each.charge and each.charge.amount for k, each in lessons.items()}
        outcomes = {k: each.outcome for k, each in lessons.items()}
        ends.append((book.held, book.spare, book.spent, charges, outcomes))
    assert ends[0] == ends[1]


@given(share=st.integers(0, 10**7), lessons=st.integers(1, 80))
def test_a_child_who_never_misses_a_lesson_spends_exactly_the_share(share: int, lessons: int) -> None:
    contract = Contract(share, lessons, POLICY, FIRST)
    settled = settle_lessons(contract, [lesson(k, PRESENT) for k in range(lessons, 0, -1)], 0)
    assert sum(step.amount for step in settled.steps if isinstance(step, Debit)) == share
