"""How often a password may be tried, and an exchange of tokens repeated."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.signing_in import (
    ATTEMPTS_PER_WINDOW,
    REPEATABLE_FOR,
    WINDOW,
    Attempts,
    after_another,
    may_repeat,
    too_many,
)

NOW = datetime(2020, 9, 1, 12, tzinfo=UTC)
PAUSES = st.lists(st.integers(min_value=0, max_value=1200), min_size=1, max_size=60)


def test_ten_attempts_are_answered_and_the_eleventh_is_not() -> None:
    attempts, answers = Attempts(0, NOW), []
    for _ in range(11):
        attempts = after_another(attempts, NOW)
        answers.append(not too_many(attempts))
    assert answers == [True] * 10 + [False]


def test_a_new_window_opens_after_a_quarter_of_an_hour() -> None:
    exhausted = Attempts(11, NOW)
    assert too_many(after_another(exhausted, NOW + WINDOW - timedelta(seconds=1)))
    assert after_another(exhausted, NOW + WINDOW) == Attempts(1, NOW + WINDOW)


@given(PAUSES)
def test_no_window_lets_more_than_ten_through(pauses: list[int]) -> None:
    attempts, now, through = Attempts(0, NOW), NOW, dict[datetime, int]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        attempts = after_another(attempts, now)
        if not too_many(attempts):
            through[attempts.opened_at] = through.get(attempts.opened_at, 0) + 1
    assert max(through.values()) <= ATTEMPTS_PER_WINDOW


def test_an_exchange_may_be_repeated_once_at_once_and_while_its_answer_is_unused() -> None:
    assert may_repeat(NOW, False, True, NOW + REPEATABLE_FOR)
    assert not may_repeat(NOW, False, True, NOW + REPEATABLE_FOR + timedelta(milliseconds=1))
    assert not may_repeat(NOW, True, True, NOW)
    assert not may_repeat(NOW, False, False, NOW)
