"""Search of programmes: Russian full text first; when it finds nothing, the known words that were probably meant.

What is found comes in stages: all words in the title as they were written (in any form), all in the title as
beginnings of its words, all anywhere in the text. Within a stage the order is that of the identifiers: nobody comes
first by merit of a name, and the planner may take what it can expect (titles in order would be no sample of those that
hold a word). Without words programmes come by title. A page continues after the last programme of the page before; the
cursor remembers the search and the stage.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, func, not_, select, text, tuple_
from sqlalchemy.orm import Session

from catalog.domain.search import search_words
from catalog.models import SORT_LETTERS, GroupRow, ModuleRow, OpeningRow, ProgrammeRow, SeatsRow
from catalog.queries.parts import (
    LOWEST_PRICE,
    MODULE_OF_GROUP,
    SEATS_OF_GROUP,
    places_free,
    price_minor,
    programme_summary,
    programmes,
)
from catalog.queries.spelling import near_words
from chassis.pages import decode_cursor, encode_cursor, identifier, letters, question_mark, whole_number
from chassis.values import Amount

BY_WORDS, BY_LIKENESS = "words", "likeness"
_TITLE, _WHOLE = ProgrammeRow.title_lexemes, ProgrammeRow.search_lexemes
_RUSSIAN, _AS_THEY_ARE = text("'russian'::regconfig"), text("'simple'::regconfig")
_BY_TITLE = (func.left(ProgrammeRow.search_title, SORT_LETTERS), ProgrammeRow.programme_id)
_BY_ID = (ProgrammeRow.programme_id,)
_FILTERS = (
    "direction",
    "region_code",
    "municipality_code",
    "age",
    "weekday",
    "price_max",
    "with_places",
)
_ALONE = text("SET LOCAL max_parallel_workers_per_gather = 0")
"""Some ten milliseconds of work are done sooner than other processes are called to help."""
Stages = list[ColumnElement[bool]]


def search_programmes(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """A page of visible programmes that fit; age, weekday, price and free places are those of one group."""
    session.execute(_ALONE)
    words = search_words(request["q"] or "")
    question = question_mark("programmes", words, *(request[name] for name in _FILTERS))
    if not words:
        return _page_by_title(session, request, question)
    way, stage, place = BY_WORDS, 0, list[Any]()
    if request["cursor"] is not None:
        readers = (_way, whole_number, identifier)
        way, stage, *place = decode_cursor(question, request["cursor"], *readers)
    stages = _by_words(words) if way == BY_WORDS else _by_likeness(session, words)
    page = _page(session, request, question, way, stages, stage, place)
    if page["items"] or request["cursor"] is not None:
        return page
    return _page(session, request, question, BY_LIKENESS, _by_likeness(session, words), 0, [])


def _page_by_title(session: Session, request: dict[str, Any], question: str) -> dict[str, Any]:
    place: list[Any] = []
    if request["cursor"] is not None:
        place = decode_cursor(question, request["cursor"], letters, identifier)
    limit = request["limit"]
    rows = _found(session, request, [], _BY_TITLE, place, limit + 1)
    cursor = None
    if len(rows) > limit:
        cursor = encode_cursor(question, [rows[limit - 1]["place"], rows[limit - 1]["programme_id"]])
    return {"items": [programme_summary(row) for row in rows[:limit]], "next_cursor": cursor}


def _page(
    session: Session,
    request: dict[str, Any],
    question: str,
    way: str,
    stages: Stages,
    stage: int,
    place: list[Any],
) -> dict[str, Any]:
    """From a place in a stage on, through the stages after it, until the page is full."""
    limit = request["limit"]
    rows: list[tuple[int, Any]] = []
    for number in range(max(stage, 0), len(stages)):
        earlier = [not_(condition) for condition in stages[:number][-1:]]
        after = place if number == stage else []
        found = _found(session, request, [stages[number], *earlier], _BY_ID, after, limit + 1 - len(rows))
        rows += [(number, row) for row in found]
        if len(rows) > limit:
            break
    cursor = None
    if len(rows) > limit:
        number, last = rows[limit - 1]
        cursor = encode_cursor(question, [way, number, last["programme_id"]])
    return {"items": [programme_summary(row) for _, row in rows[:limit]], "next_cursor": cursor}


def _found(
    session: Session,
    request: dict[str, Any],
    matches: Stages,
    order: tuple[Any, ...],
    place: Sequence[Any],
    limit: int,
) -> Sequence[Any]:
    """The next programmes in an order.

    The inner query puts candidates in order by what is known of each programme; whether one group of it fits is then
    asked of one candidate after the other, until there are enough. (Ordering the outer query, too, would make the
    planner sort all candidates first.)
    """
    inner = programmes(order[0].label("place")).where(*matches, *_programme_fits(request)).order_by(*order)
    if place:
        inner = inner.where(tuple_(*order) > tuple_(*place))
    wanted = _group_fits(request)
    if not wanted:
        return session.execute(inner.limit(limit)).mappings().all()
    candidates = inner.subquery("candidates")
    one_group = (
        select(text("true"))
        .select_from(ModuleRow)
        .join(GroupRow, MODULE_OF_GROUP)
        .outerjoin(SeatsRow, SEATS_OF_GROUP)
        .where(
            ModuleRow.region_code == candidates.c.region_code,
            ModuleRow.programme_id == candidates.c.programme_id,
            GroupRow.state == "published",
            *wanted,
        )
        .limit(1)
        .scalar_subquery()
    )
    return session.execute(select(candidates).where(one_group).limit(limit)).mappings().all()


def _programme_fits(request: dict[str, Any]) -> Stages:
    """What is true of every programme with a group that fits."""
    conditions: Stages = [
        getattr(ProgrammeRow, name) == request[name]
        for name in ("region_code", "municipality_code", "direction")
        if request[name] is not None
    ]
    if request["age"] is not None:
        conditions += [ProgrammeRow.age_min <= request["age"], ProgrammeRow.age_max >= request["age"]]
    if request["weekday"] is not None:
        conditions.append(OpeningRow.weekdays.bitwise_and(1 << (request["weekday"] - 1)) != 0)
    if request["price_max"] is not None:
        most = Amount.from_wire(request["price_max"])
        conditions.append(LOWEST_PRICE[most.unit] <= most.minor)
    if request["with_places"]:
        conditions.append(OpeningRow.places_free > 0)
    return conditions


def _group_fits(request: dict[str, Any]) -> Stages:
    """What must be true of one and the same group; nothing when what is known of its programme says as much."""
    wishes = [name for name in ("age", "weekday", "price_max") if request[name] is not None]
    wishes += ["with_places"] * request["with_places"]
    if len(wishes) < 2 and wishes != ["age"]:
        return []
    conditions: Stages = []
    if request["age"] is not None:
        conditions += [GroupRow.age_min <= request["age"], GroupRow.age_max >= request["age"]]
    if request["weekday"] is not None:
        conditions.append(GroupRow.weekdays.bitwise_and(1 << (request["weekday"] - 1)) != 0)
    if request["price_max"] is not None:
        most = Amount.from_wire(request["price_max"])
        conditions += [ModuleRow.unit == most.unit, price_minor <= most.minor]
    if request["with_places"]:
        conditions.append(places_free > 0)
    return conditions


def _by_words(words: tuple[str, ...]) -> Stages:
    """Every word, in any form and also as the beginning of a longer one."""
    exactly, beginnings = func.to_tsquery(_RUSSIAN, " & ".join(words)), _beginnings(words)
    return [_TITLE.bool_op("@@")(exactly), _TITLE.bool_op("@@")(beginnings), _WHOLE.bool_op("@@")(beginnings)]


def _by_likeness(session: Session, words: tuple[str, ...]) -> Stages:
    """Every word as above, or one of the known words that it is most like; nothing new when all words are known."""
    near = near_words(session, words)
    if not any(near.values()):
        return []
    wanted = [_beginnings((word,)).op("||")(_any_of(known)) for word, known in near.items()]
    alike = reduce(lambda all_before, one: all_before.op("&&")(one), wanted)
    return [_TITLE.bool_op("@@")(alike), _WHOLE.bool_op("@@")(alike)]


def _beginnings(words: Sequence[str]) -> ColumnElement[Any]:
    return func.to_tsquery(_RUSSIAN, " & ".join(f"{word}:*" for word in words))


def _any_of(known: Sequence[str]) -> ColumnElement[Any]:
    """Words by their stems, and stems as they are."""
    either = " | ".join(known)
    return func.to_tsquery(_RUSSIAN, either).op("||")(func.to_tsquery(_AS_THEY_ARE, either))


def _way(value: Any) -> str:
    if value not in (BY_WORDS, BY_LIKENESS):
        raise ValueError("no such search")
    return str(value)
