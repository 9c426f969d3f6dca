"""Search of programmes: Russian full text first; when it finds nothing, the known words that were probably meant.

A page continues after the last programme of the page before: by title, or by how well the text fits and then by id.
The cursor remembers which of the two searches it belongs to.
"""

from functools import reduce
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, select, text, tuple_
from sqlalchemy.orm import Session

from catalog.domain.likeness import closest_words
from catalog.domain.search import search_words
from catalog.models import SORT_LETTERS, ProgrammeRow, SearchWordRow
from catalog.queries.parts import open_groups, programme_summary, programmes
from chassis.pages import decode_cursor, encode_cursor, identifier, letters, question_mark, whole_number

LIKENESS = "0.2"
"""The least likeness (similarity of pg_trgm, 0 to 1) of two words that are looked at more closely."""
KNOWN_MAX = 200
BY_WORDS, BY_LIKENESS = "words", "likeness"
_RUSSIAN, _AS_THEY_ARE = text("'russian'::regconfig"), text("'simple'::regconfig")
_FILTERS = ("direction", "municipality_code", "age")


def search_programmes(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """A page of published programmes that have a published group and fit every given filter."""
    words = search_words(request["q"] or "")
    question = question_mark("programmes", words, *(request[name] for name in _FILTERS))
    if not words:
        return _page_by_title(session, request, question)
    if request["cursor"] is not None:
        way, *place = decode_cursor(question, request["cursor"], _way, whole_number, identifier)
        return _page_by_rank(session, request, question, words, way, place)
    page = _page_by_rank(session, request, question, words, BY_WORDS, [])
    return page if page["items"] else _page_by_rank(session, request, question, words, BY_LIKENESS, [])


def _page_by_title(session: Session, request: dict[str, Any], question: str) -> dict[str, Any]:
    place: list[Any] = []
    if request["cursor"] is not None:
        place = decode_cursor(question, request["cursor"], letters, identifier)
    order = (func.left(ProgrammeRow.search_title, SORT_LETTERS), ProgrammeRow.programme_id)
    return _page(session, request, question, [], order, place)


def _page_by_rank(
    session: Session, request: dict[str, Any], question: str, words: tuple[str, ...], way: str, place: list[Any]
) -> dict[str, Any]:
    wanted = _by_words(words) if way == BY_WORDS else _by_likeness(session, words)
    lexemes = ProgrammeRow.search_lexemes
    order = (cast(-1_000_000 * func.ts_rank(lexemes, wanted), BigInteger), ProgrammeRow.programme_id)
    return _page(session, request, question, [way], order, place, lexemes.bool_op("@@")(wanted))


def _page(
    session: Session,
    request: dict[str, Any],
    question: str,
    way: list[str],
    order: tuple[Any, Any],
    place: list[Any],
    *found: ColumnElement[bool],
) -> dict[str, Any]:
    statement = programmes(open_groups(), order[0].label("place")).where(*_fits(request), *found).order_by(*order)
    if place:
        statement = statement.where(tuple_(*order) > tuple_(*place))
    rows = session.execute(statement.limit(request["limit"] + 1)).mappings().all()
    shown, cursor = rows[: request["limit"]], None
    if len(rows) > len(shown):
        cursor = encode_cursor(question, [*way, shown[-1]["place"], shown[-1]["programme_id"]])
    return {"items": [programme_summary(row) for row in shown], "next_cursor": cursor}


def _fits(request: dict[str, Any]) -> list[ColumnElement[bool]]:
    conditions = []
    if request["direction"] is not None:
        conditions.append(ProgrammeRow.direction == request["direction"])
    if request["municipality_code"] is not None:
        conditions.append(ProgrammeRow.municipality_code == request["municipality_code"])
    if request["age"] is not None:
        conditions.append(and_(ProgrammeRow.age_min <= request["age"], ProgrammeRow.age_max >= request["age"]))
    return conditions


def _by_words(words: tuple[str, ...]) -> ColumnElement[Any]:
    """Every word, in any form and also as the beginning of a longer one."""
    return func.to_tsquery(_RUSSIAN, " & ".join(f"{word}:*" for word in words))


def _by_likeness(session: Session, words: tuple[str, ...]) -> ColumnElement[Any]:
    """Every word as above, or one of the known words that it is most like."""
    wanted = []
    for word in words:
        near = [near for stem in _stems(session, word) for near in closest_words(stem, _known(session, stem))]
        meant = func.to_tsquery(_AS_THEY_ARE, " | ".join(near))
        wanted.append(_by_words((word,)).op("||")(meant))
    return reduce(lambda all_before, one: all_before.op("&&")(one), wanted)


def _stems(session: Session, word: str) -> list[str]:
    return list(session.scalars(select(func.unnest(func.tsvector_to_array(func.to_tsvector(_RUSSIAN, word))))))


def _known(session: Session, stem: str) -> list[str]:
    """Known words that share enough with the stem to be looked at."""
    session.execute(select(func.set_config("pg_trgm.similarity_threshold", LIKENESS, True)))
    alike = select(SearchWordRow.word).where(SearchWordRow.word.bool_op("%")(stem)).group_by(SearchWordRow.word)
    likeness = func.similarity(SearchWordRow.word, stem)
    return list(session.scalars(alike.order_by(likeness.desc(), SearchWordRow.word).limit(KNOWN_MAX)))


def _way(value: Any) -> str:
    if value not in (BY_WORDS, BY_LIKENESS):
        raise ValueError("no such search")
    return str(value)
