"""What a family finds that mistypes one letter of a title: recall@10 over titles of the catalogue."""

from collections.abc import Callable
from random import Random
from typing import Any

from sqlalchemy import text

from catalog.domain.search import normalise
from chassis.database import Transactions

QUERIES, FIRST_PAGE, SHORTEST_MISTYPED = 200, 10, 4
LETTERS = "абвгдежзийклмнопрстуфхцчшщыьэюя"
TITLES = text("SELECT search_title FROM programme ORDER BY md5(programme_id::text) LIMIT :count")
MEANT = text(
    """
    SELECT count(*) FROM programme JOIN provider USING (region_code, provider_id)
    WHERE string_to_array(search_title, ' ') @> :words
      AND programme.state = 'published' AND provider.state = 'active'
    """
)


def recall(transactions: Transactions, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Of the first ten that are found, how many hold all words that were meant in their title; of all that could.

    With the titles that were mistyped in vain.
    """
    rng, shares, missed = Random(10), [], []
    for title in titles(transactions):
        words = title.split()
        mistyped = " ".join(with_a_typo(rng, words))
        found = [set(normalise(each["title"]).split()) for each in ask({"q": mistyped, "limit": FIRST_PAGE})["items"]]
        hits = sum(set(words) <= each for each in found)
        shares.append(hits / min(FIRST_PAGE, count_of(transactions, words)))
        if not hits:
            missed.append(f"{title}: {mistyped}")
    return {"queries": len(shares), "recall_at_10": round(sum(shares) / len(shares), 3), "missed": missed}


def titles(transactions: Transactions) -> list[str]:
    """Titles of programmes here and there, with a word that is long enough to be mistyped."""
    with transactions.reading() as session:
        found = session.scalars(TITLES, {"count": QUERIES * 2}).all()
    return [each for each in found if any(map(is_long, each.split()))][:QUERIES]


def count_of(transactions: Transactions, words: list[str]) -> int:
    """How many visible programmes have all these words in their title."""
    with transactions.reading() as session:
        return int(session.execute(MEANT, {"words": words}).scalar_one())


def is_long(word: str) -> bool:
    """Whether a typo in it can be told from another word."""
    return len(word) >= SHORTEST_MISTYPED


def with_a_typo(rng: Random, words: list[str]) -> list[str]:
    """One letter of one longer word left out, doubled, replaced, or swapped with the next."""
    which = rng.choice([number for number, word in enumerate(words) if is_long(word)])
    word, mistyped = words[which], words[which]
    while mistyped == word:
        at = rng.randrange(len(word) - 1)
        before, letter, following, after = word[:at], word[at], word[at + 1], word[at + 2 :]
        changed = (following, letter * 2 + following, rng.choice(LETTERS) + following, following + letter)
        mistyped = before + rng.choice(changed) + after
    return [*words[:which], mistyped, *words[which + 1 :]]
