from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.charges import Charge, Debit, MarkedLesson, Reversal, corrections
from billing.domain.policy import ABSENT, EXCUSED, ILL, MARKS, PRESENT, Policy

POLICY = Policy(absent_percent=100, ill_percent=0, excused_percent=50)


def lesson(k: int, mark: str, charge: Charge | None = None, generation: int = 0) -> MarkedLesson:
    return MarkedLesson(f"lesson {k}", k, mark, charge, generation)


@pytest.mark.parametrize(("mark", "amount"), [(PRESENT, 33), (ABSENT, 33), (EXCUSED, 16)])
def test_a_mark_charges_what_the_policy_says(mark: str, amount: int) -> None:
    (posted,) = corrections(100, 3, POLICY, 100, [lesson(1, mark)])
    assert posted == Debit(lesson(1, mark), amount, generation=1)


def test_an_illness_that_charges_nothing_posts_nothing() -> None:
    assert corrections(100, 3, POLICY, 100, [lesson(1, ILL)]) == []


def test_what_is_charged_already_is_left_alone() -> None:
    assert corrections(100, 3, POLICY, 67, [lesson(1, PRESENT, Charge("c", PRESENT, 33), 1)]) == []


def test_a_corrected_mark_takes_the_old_charge_back_before_it_charges_anew() -> None:
    marked = lesson(2, EXCUSED, Charge("c", PRESENT, 33), 1)
    assert corrections(100, 3, POLICY, 67, [marked]) == [
        Reversal(marked, Charge("c", PRESENT, 33)),
        Debit(marked, 16, generation=2),
    ]


def test_a_correction_to_illness_only_takes_the_charge_back() -> None:
    marked = lesson(2, ILL, Charge("c", PRESENT, 33), 1)
    assert corrections(100, 3, POLICY, 67, [marked]) == [Reversal(marked, marked.charge or Charge("", "", 0))]


def test_a_charge_takes_no_more_than_is_held() -> None:
    posted = corrections(100, 3, POLICY, 40, [lesson(2, PRESENT), lesson(1, PRESENT), lesson(3, PRESENT)])
    assert [(each.lesson.k, each.amount) for each in posted if isinstance(each, Debit)] == [(1, 33), (2, 7)]


percents = st.integers(0, 100)
pages = st.lists(st.tuples(st.integers(1, 12), st.sampled_from(MARKS)), max_size=60)


@given(
    share=st.integers(0, 5000),
    policy=st.builds(Policy, absent_percent=percents, ill_percent=percents, excused_percent=percents),
    pages=pages,
)
def test_whatever_teachers_write_and_rewrite_the_hold_is_never_overdrawn(
    share: int, policy: Policy, pages: list[tuple[int, str]]
) -> None:
    lessons = 12
    known: dict[int, MarkedLesson] = {}
    held = share
    for number, (k, mark) in enumerate(pages):
        before = known.get(k, lesson(k, mark))
        for step in corrections(share, lessons, policy, held, [replace(before, mark=mark)]):
            if isinstance(step, Reversal):
                held += step.charge.amount
                before = replace(before, charge=None)
            else:
                held -= step.amount
                before = replace(before, charge=Charge(str(number), mark, step.amount), generation=step.generation)
            assert 0 <= held <= share
        known[k] = replace(before, mark=mark)
        standing = sum(each.charge.amount for each in known.values() if each.charge)
        assert held + standing == share
        due = share * k // lessons - share * (k - 1) // lessons
        assert (known[k].charge.amount if known[k].charge else 0) == due * policy.percent(mark) // 100


@given(share=st.integers(0, 10**7), lessons=st.integers(1, 80))
def test_a_child_who_never_misses_a_lesson_spends_exactly_the_share(share: int, lessons: int) -> None:
    marked = [lesson(k, PRESENT) for k in range(lessons, 0, -1)]
    posted = corrections(share, lessons, POLICY, share, marked)
    assert sum(each.amount for each in posted if isinstance(each, Debit)) == share
