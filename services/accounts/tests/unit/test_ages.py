"""Who is a child on which day."""

from datetime import date

from accounts.domain.ages import is_child


def test_a_person_is_a_child_from_birth_to_the_day_before_turning_18() -> None:
    assert is_child(date(2020, 9, 1), date(2020, 9, 1))
    assert not is_child(date(2020, 9, 2), date(2020, 9, 1))
    assert is_child(date(2002, 9, 2), date(2020, 9, 1))
    assert not is_child(date(2002, 9, 1), date(2020, 9, 1))


def test_who_was_born_on_29_february_is_a_child_to_the_end_of_february() -> None:
    assert is_child(date(2008, 2, 29), date(2026, 2, 28))
    assert not is_child(date(2008, 2, 29), date(2026, 3, 1))
