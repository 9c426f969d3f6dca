"""The words that searches go through."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from catalog.domain.search import WORD_LENGTH_MAX, normalise

_LEARN = text(
    """
    INSERT INTO search_word (region_code, word)
    SELECT DISTINCT :region_code, word
    FROM unnest(tsvector_to_array(to_tsvector('russian', :text)) || string_to_array(:text, ' ')) AS word
    WHERE length(word) <= :longest ORDER BY word
    ON CONFLICT DO NOTHING
    """
)


def searchable(title: str, summary: str, provider_name: str) -> str:
    """The text that a programme is found by."""
    return normalise(f"{title} {summary} {provider_name}")


def learn_words(session: Session, region_code: str, search_text: str) -> None:
    """Remember a programme's words and their stems, so that mistyped ones can be understood."""
    session.execute(_LEARN, {"region_code": region_code, "text": search_text, "longest": WORD_LENGTH_MAX})
