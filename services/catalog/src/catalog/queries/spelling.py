"""The known words that a mistyped word may mean.

Candidates are known words: for a longer word those that share trigrams with it; for a short one, where one typo spoils
most trigrams, those of all the words one typo away that exist. Which of them are meant is counted letter by letter.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from catalog.domain.likeness import SHORT_LETTERS, closest_words, one_typo_away

LIKENESS = "0.2"
"""The least likeness (similarity of pg_trgm, 0 to 1) of two longer words that are looked at more closely."""
CANDIDATES_MAX = 40
_FORMS = text(
    """
    SELECT word, unnest(tsvector_to_array(to_tsvector('russian', word))) AS stem
    FROM unnest(CAST(:words AS text[])) AS word
    """
)
_SIMILARITY = text("SELECT set_config('pg_trgm.similarity_threshold', :likeness, true)")
_ALIKE = text(
    """
    SELECT form, alike.word FROM unnest(CAST(:forms AS text[])) AS form, LATERAL (
        SELECT word FROM search_word WHERE word % form AND abs(length(word) - length(form)) <= 2
        GROUP BY word ORDER BY similarity(word, form) DESC, word LIMIT :most
    ) AS alike
    """
)
_EXISTING = text("SELECT DISTINCT word FROM search_word WHERE word = ANY(:words)")


def near_words(session: Session, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each word of a search the known words and stems that are meant instead: none for a word that is known.

    Words that nobody searches for (in, with, for) have no stem and are left out.
    """
    forms = defaultdict[str, set[str]](set)
    for word, stem in session.execute(_FORMS, {"words": list(words)}).tuples():
        forms[word] |= {word, stem}
    known = _candidates(session, set().union(*forms.values()))
    closest = {word: closest_words(both, set().union(*(known[form] for form in both))) for word, both in forms.items()}
    return {word: tuple(each for each in near if each not in forms[word]) for word, near in closest.items()}


def _candidates(session: Session, forms: set[str]) -> dict[str, set[str]]:
    short = {form: one_typo_away(form) for form in forms if len(form) <= SHORT_LETTERS}
    session.execute(_SIMILARITY, {"likeness": LIKENESS})
    existing = set(session.scalars(_EXISTING, {"words": list(set().union(*short.values()))}))
    found = defaultdict[str, set[str]](set, {form: existing & near for form, near in short.items()})
    for form, word in session.execute(_ALIKE, {"forms": list(forms - set(short)), "most": CANDIDATES_MAX}).tuples():
        found[form].add(word)
    return found
