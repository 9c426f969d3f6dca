"""The words of a search and of the texts it goes through, brought to one spelling."""

import re

_NOT_WORD = re.compile(r"[\W_]+")
WORDS_MAX = 8
WORD_LENGTH_MAX = 40


def normalise(text: str) -> str:
    """Lower case, ё as е, words separated by one space, nothing but letters and digits."""
    return _NOT_WORD.sub(" ", text.casefold().replace("ё", "е")).strip()


def search_words(query: str) -> tuple[str, ...]:
    """The different words of a query in their order; at most eight, cut to forty letters."""
    words = (word[:WORD_LENGTH_MAX] for word in normalise(query).split())
    return tuple(dict.fromkeys(words))[:WORDS_MAX]
