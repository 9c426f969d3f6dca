"""Two spellings of one name, and what is no name at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.names import is_name, normalised_email, same_person_key, written


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Анна   Мария ", "Анна Мария"),
        ("Римская - Корсакова", "Римская-Корсакова"),
        ("Римская\u2013Корсакова", "Римская-Корсакова"),
        ("Андреи\u0306", "Андрей"),
        ("Анна\u00a0Ивановна", "Анна Ивановна"),
        (" - ", ""),
    ],
)
def test_a_name_is_kept_with_single_spaces_and_plain_hyphens(typed: str, kept: str) -> None:
    assert written(typed) == kept


def test_case_yo_spaces_and_hyphens_do_not_tell_people_apart() -> None:
    assert same_person_key("Римская-Корсакова", "Алёна") == same_person_key("  РИМСКАЯ  КОРСАКОВА", "алена")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Мария", "Мари\u0301я"),
        ("О'Нил", "О’Нил"),
        ("Мария", "Мария."),
        ("Мария", "M\u0430pи\u044f"),
        ("Абд. Рахман", "Абд-Рахман"),
        ("Анна-Мария", "Аннамария"),
    ],
)
def test_a_name_that_looks_the_same_is_the_same(one: str, other: str) -> None:
    assert one != other
    assert same_person_key("Примерова", one) == same_person_key("Примерова", other)


def test_the_parts_of_a_name_stay_in_their_places() -> None:
    assert same_person_key("Анна", "Мария") != same_person_key("Анна Мария", "")
    assert same_person_key("Иванова", "Анна") != same_person_key("Анна", "Иванова")


@given(st.text(alphabet="аеёйиАЕЁ -\u2013 x", max_size=20))
def test_writing_a_name_twice_changes_nothing(typed: str) -> None:
    assert written(written(typed)) == written(typed)


@given(st.text(alphabet="аеёйАЕЁ -", min_size=1, max_size=20))
def test_the_key_of_a_written_name_is_the_key_of_what_was_typed(typed: str) -> None:
    assert same_person_key(written(typed), "я") == same_person_key(typed, "я")


@pytest.mark.parametrize("name", ["Анна", "О'Нил", "Анна-Мария", "Ли", "Абд. Рахман"])
def test_letters_with_usual_signs_are_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "-", "Анна7", "<b>", "Анна\n", "а@б"])
def test_anything_else_is_no_name(name: str) -> None:
    assert not is_name(name)


def test_an_address_has_one_spelling() -> None:
    assert normalised_email(" Anna@Example.ORG ") == normalised_email("anna@example.org") == "anna@example.org"
