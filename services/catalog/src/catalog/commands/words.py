"""The words that searches go through."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from catalog.domain.search import normalise

_LEARN = text(
    """
    INSERT INTO search_word (region_code, word)
    SELECT :region_code, word FROM unnest(tsvector_to_array(to_tsvector('russian', :text))) AS word ORDER BY word
    ON CONFLICT DO NOTHING
    """
)


def searchable(title: str, summary: str, provider_name: str) -> str:
    """The text that a programme is found by."""
    return normalise(f"{title} {summary} {provider_name}")


def learn_words(session: Session, region_code: str, search_text: str) -> None:
    """Remember the stems of a programme's words, so that mistyped ones can be understood."""
    session.execute(_LEARN, {"region_code": region_code, "text": search_text})
