from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.search import WORD_LENGTH_MAX, WORDS_MAX, normalise, search_words


def test_spelling_of_search_is_one() -> None:
    assert normalise("  Ёлка-2026: «Хор»,\tАНГАРА! ") == "елка 2026 хор ангара"


def test_words_come_once_each_in_their_order() -> None:
    assert search_words("Лепка, лепка и Керамика") == ("лепка", "и", "керамика")
    assert search_words(" …!? ") == ()


@given(st.text(max_size=400))
def test_any_query_becomes_a_few_short_words_of_letters_and_digits(query: str) -> None:
    words = search_words(query)

    assert len(words) <= WORDS_MAX
    assert all(0 < len(word) <= WORD_LENGTH_MAX and not set(word) & set("&|!():*<>'\\ \x00") for word in words)


@given(st.text(max_size=400))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
