import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.likeness import closest_words, one_typo_away, typos_allowed, typos_between

words = st.text("абвг", max_size=8)


@pytest.mark.parametrize(
    ("one", "other", "typos"),
    [
        ("школа", "школа", 0),
        ("школа", "шкала", 1),
        ("школа", "шкоола", 1),
        ("школа", "шкла", 1),
        ("школа", "шокла", 1),
        ("школа", "шкалла", 2),
        ("", "хор", 3),
        ("хор", "", 3),
        ("моделирован", "плаван", 7),
    ],
)
def test_typos_are_letters_lost_added_replaced_or_swapped(one: str, other: str, typos: int) -> None:
    assert typos_between(one, other) == typos


@given(words, words)
def test_typos_count_the_same_both_ways_and_none_means_equal(one: str, other: str) -> None:
    typos = typos_between(one, other)

    assert typos == typos_between(other, one)
    assert (typos == 0) == (one == other)
    assert abs(len(one) - len(other)) <= typos <= max(len(one), len(other))


@given(words, st.integers(0, 7), st.sampled_from("абвгд"))
def test_one_slip_is_one_typo(word: str, at: int, letter: str) -> None:
    at = min(at, len(word))

    assert typos_between(word, word[:at] + letter + word[at:]) == 1
    assert typos_between(word, word[:at] + letter + word[at + 1 :]) <= 1
    assert typos_between(word, word[:at] + word[at + 1 :]) <= 1


@given(words.filter(bool), words)
def test_one_typo_away_is_exactly_what_is_counted_as_one(word: str, other: str) -> None:
    near = one_typo_away(word)

    assert (other in near) == (typos_between(word, other) <= 1)
    assert all(typos_between(word, each) <= 1 for each in near)


def test_a_latin_word_is_one_typo_away_in_its_own_letters() -> None:
    assert "lego" in one_typo_away("leho")
    assert "3d" in one_typo_away("4d")


def test_short_words_are_taken_as_they_are_and_long_ones_forgive_more() -> None:
    assert [typos_allowed("а" * length) for length in (1, 3, 4, 5, 6, 12)] == [0, 0, 1, 1, 2, 2]


def test_only_the_nearest_known_words_are_meant() -> None:
    known = ("борьб", "барсук", "варьб", "борьб", "модел")

    assert closest_words({"борьб"}, known) == ("борьб",)
    assert closest_words({"дорьб"}, known) == ("борьб",)
    assert closest_words({"парьб"}, known) == ("варьб",)
    assert closest_words({"зарьб"}, (*known, "марьб")) == ("варьб", "марьб")
    assert closest_words({"плаван"}, known) == ()
    assert closest_words({"бор"}, ("вор",)) == ()
    assert closest_words({"борьб"}, ()) == ()


def test_the_longer_word_says_how_much_is_forgiven() -> None:
    assert closest_words({"шги"}, ("шаги", "шаг")) == ("шаги",)
    assert closest_words({"шги"}, ("ши", "шар")) == ()
    assert closest_words({"футол"}, ("футболл",)) == ("футболл",)


def test_a_word_is_compared_as_it_was_typed_and_by_its_stem() -> None:
    known = ("керамика", "керамик", "юный", "юн")

    assert closest_words({"кирамикой", "кирамик"}, known) == ("керамик",)
    assert closest_words({"нюый"}, known) == ("юный",)
