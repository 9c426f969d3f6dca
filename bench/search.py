"""How long a family waits for search on 100,000 programmes: over RPC, in SQL, and in processor time.

`python bench search` fills a catalogue of its own; seven of ten groups are given children, every third is full.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from processes import Meter
from sqlalchemy import text
from typos import recall

from catalog.queries.search import search_programmes
from chassis.database import Transactions, create
from chassis.testing import Suite, running_suite
from contracts import catalog

PROGRAMMES = 100_000
FILL_SECONDS = 3600
CALLS, PAGES = 40, 40
ROUBLES = {"value": "3000.00", "unit": "RUB"}
QUESTIONS: dict[str, dict[str, Any]] = {
    "without_words": {},
    "one_word": {"q": "керамика"},
    "three_words": {"q": "английский язык для младших"},
    "a_word_of_every_tenth": {"q": "школа"},
    "words_of_summaries": {"q": "занятие игра"},
    "with_a_typo": {"q": "роботатехника"},
    "of_a_town": {"q": "шахматы иркутск"},
    "without_words_all_filters": {
        "municipality_code": "25701000",
        "direction": "sport",
        "age": 9,
        "weekday": 6,
        "price_max": ROUBLES,
        "with_places": True,
    },
    "words_and_filters": {"q": "танец", "age": 8, "weekday": 2, "price_max": ROUBLES, "with_places": True},
    "what_is_not_taught": {"q": "щщщыыы"},
    "what_no_group_fits": {
        "direction": "tourism",
        "age": 17,
        "weekday": 7,
        "price_max": {"value": "1.00", "unit": "HOUR"},
    },
    "a_common_word_at_a_price_of_none": {"q": "школа", "price_max": {"value": "1.00", "unit": "HOUR"}, "age": 17},
}
WALKED = ("one_word", "with_a_typo", "words_and_filters", "without_words_all_filters")
TAKEN = (
    """
    INSERT INTO seats (region_code, group_id, version, capacity, taken, waiting)
    SELECT region_code, group_id, 1, capacity,
           CASE get_byte(uuid_send(group_id), 15) % 3 WHEN 0 THEN capacity ELSE 5 END, 0
    FROM study_group WHERE get_byte(uuid_send(group_id), 14) % 10 < 7
    """,
    """
    UPDATE opening SET places_free = counted.places FROM (
        SELECT m.region_code, m.programme_id, sum(greatest(g.capacity - coalesce(s.taken, 0), 0)) AS places
        FROM module AS m JOIN study_group AS g USING (region_code, module_id)
        LEFT JOIN seats AS s USING (region_code, group_id) GROUP BY m.region_code, m.programme_id
    ) AS counted
    WHERE opening.region_code = counted.region_code AND opening.programme_id = counted.programme_id
    """,
    "ANALYZE seats, opening",
)


def measure() -> dict[str, Any]:
    """Milliseconds of each question, median and 95th percentile; what one search costs the processor."""
    with running_suite(["catalog"]) as suite:
        began_at = perf_counter()
        say(f"writing {PROGRAMMES} programmes")
        options = ("--programmes", str(PROGRAMMES), "--announce", "no")
        suite.run("catalog", "sample", *options, seconds=FILL_SECONDS)
        report: dict[str, Any] = {"programmes": PROGRAMMES, "written_in_seconds": round(perf_counter() - began_at, 1)}
        with answering(suite.database_url["catalog"]) as (transactions, in_sql):
            take_seats(transactions)
            with over_rpc(suite) as call:
                report["rpc_ms"] = {name: times(call, fields) for name, fields in QUESTIONS.items()}
                report["rpc_ms"]["page_after_page"] = page_after_page(call)
                report["cpu_ms_per_search"] = cpu_per_search(suite, call)
            report["sql_ms"] = {name: times(in_sql, fields) for name, fields in QUESTIONS.items()}
            report["walked"] = {name: walked(in_sql, QUESTIONS[name]) for name in WALKED}
            report["typos"] = recall(transactions, in_sql)
        return report


Ask = Callable[[dict[str, Any]], dict[str, Any]]


@contextmanager
def answering(url: str) -> Iterator[tuple[Transactions, Ask]]:
    """The service's own query on its database, without a bus between."""
    engine = create(url, "bench", pool_size=1)
    transactions, request = Transactions(engine), catalog.SEARCH_PROGRAMMES.request()

    def ask(fields: dict[str, Any]) -> dict[str, Any]:
        with transactions.reading() as session:
            return search_programmes(session, request.load(fields))

    yield transactions, ask
    engine.dispose()


@contextmanager
def over_rpc(suite: Suite) -> Iterator[Ask]:
    """As the gateway asks."""
    with suite.rpc("gateway") as client:

        def ask(fields: dict[str, Any]) -> dict[str, Any]:
            answer = client.call("catalog", catalog.SEARCH_PROGRAMMES.name, fields)
            if answer["error"]:
                raise SystemExit(f"refused: {answer['error']}")
            return dict(answer["result"])

        yield ask


def take_seats(transactions: Transactions) -> None:
    """As if enrollment had said how full the groups are."""
    with transactions.writing() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in TAKEN:
            session.execute(text(statement))


def times(ask: Ask, fields: dict[str, Any]) -> dict[str, Any]:
    """Of one question, asked again and again after two warm-ups."""
    ask(fields)
    found = len(ask(fields)["items"])
    return summary([timed(ask, fields)[0] for _ in range(CALLS)]) | {"found": found}


def page_after_page(ask: Ask) -> dict[str, Any]:
    """Of the pages of a broad question, one after the other."""
    fields, taken = dict(QUESTIONS["a_word_of_every_tenth"]), []
    for _ in range(PAGES):
        milliseconds, page = timed(ask, fields)
        taken.append(milliseconds)
        if page["next_cursor"] is None:
            break
        fields["cursor"] = page["next_cursor"]
    return summary(taken) | {"pages": len(taken)}


def walked(ask: Ask, fields: dict[str, Any]) -> dict[str, Any]:
    """Everything that a question finds, in pages of two sizes: how much, how often twice, and in one order or not."""
    small, large = ([each["programme_id"] for each in every_page(ask, fields, limit)] for limit in (37, 100))
    return {"found": len(large), "repeated": len(large) - len(set(large)), "same_order": small == large}


def every_page(ask: Ask, fields: dict[str, Any], limit: int) -> Iterator[dict[str, Any]]:
    """The items of all pages."""
    cursor = None
    while True:
        page = ask(fields | {"limit": limit, "cursor": cursor})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def cpu_per_search(suite: Suite, ask: Ask) -> dict[str, float]:
    """Milliseconds of service, broker and database for one search, over all questions alike."""
    meter, rounds = Meter(suite), 10
    before = meter.read()
    for _ in range(rounds):
        for fields in QUESTIONS.values():
            ask(fields)
    used = meter.used_since(before)
    return {name: round(seconds * 1000 / rounds / len(QUESTIONS), 1) for name, seconds in used.items()}


def timed(ask: Ask, fields: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Milliseconds, and the answer."""
    began_at = perf_counter()
    answer = ask(fields)
    return (perf_counter() - began_at) * 1000, answer


def summary(taken: list[float]) -> dict[str, Any]:
    """Median and 95th percentile."""
    ordered = sorted(taken)
    return {"p50": round(ordered[len(ordered) // 2], 1), "p95": round(ordered[int(len(ordered) * 0.95)], 1)}


def say(what: str) -> None:
    """Progress, for the person who waits."""
    print(f"   {what}", file=sys.stderr, flush=True)
