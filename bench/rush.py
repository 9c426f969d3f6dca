"""The opening of enrolment: many families at once for few places, through HTTP, against a single row's updates.

`python bench rush` starts the suite. Everybody is signed in and has an offer; at the signal all apply, each keeping on
with the same key until there is a decision.
"""

import http.client
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from math import ceil
from statistics import median
from threading import Barrier
from time import perf_counter, process_time, sleep
from typing import Any
from urllib.parse import urlsplit

from floor import transactions_per_second
from load import say
from processes import Meter, Seconds
from sqlalchemy import text
from wire import Wire

from chassis import clock
from chassis.context import Actor
from chassis.database import Transactions, create
from chassis.testing import Suite, running_suite, wait_for
from chassis.testing.broker import api

SAMPLE = ("catalog", "accounts", "billing")
REGION, MUNICIPALITY = "38", "25701000"
FAMILIES, GROUPS, PLACES = 2000, 40, 15
AT_ONCE, PREPARING = 64, 8
AGAIN_SECONDS, PATIENCE_SECONDS, TOKEN_SECONDS = 0.1, 60.0, 3600
FLOOR_ROUNDS, TOLD_SECONDS = 3, 300
BROKER_COUNTS_SECONDS = 7
"""The broker's own counts of messages are up to five seconds old."""
NICENESS = {"accounts": 5, "catalog": 5, "billing": 10, "certificates": 10, "notifications": 15}
"""As in the local stack: who decides comes before who hears of it."""
ROW = "CREATE TABLE floor_row (id integer PRIMARY KEY, taken bigint NOT NULL, capacity bigint NOT NULL)"
UPDATE = "UPDATE floor_row SET taken = taken + 1 WHERE id = 1 AND taken < capacity;"
ACCOUNTS = text(
    "INSERT INTO account (region_code, user_id, role, full_name, password_hash, version, created_at, confirmed_at)"
    " SELECT :region, CAST(user_id AS uuid), 'guardian', 'Анна Примерова', 'nobody signs in with it', 1, now(), now()"
    " FROM unnest(CAST(:user_ids AS text[])) AS user_id"
)


class Door:
    """One kept-alive connection to the API."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)

    def ask(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Status and JSON of the answer."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(uuid.uuid4())}
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def sure(self, method: str, path: str, token: str, body: Any = None) -> Any:
        """The JSON of an answer that must be a good one, asked again while the suite is busy."""
        key, until = str(uuid.uuid4()), perf_counter() + PATIENCE_SECONDS
        while True:
            status, answer = self.ask(method, path, token, body, key)
            if status < 300:
                return answer
            if status not in (404, 409, 503) or perf_counter() > until:
                raise SystemExit(f"{method} {path}: {status} {answer}")
            sleep(AGAIN_SECONDS)


@dataclass
class Family:
    """A guardian with a child and an offer for a group, and how its application went."""

    user_id: str
    token: str
    application: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    """Until the decision."""
    waits: list[float] = field(default_factory=list)
    """For each answer, a refusal for now included."""
    answer: dict[str, Any] = field(default_factory=dict)


def measure() -> dict[str, Any]:
    """Decisions a second, how long they took and cost, and whether the places were given out rightly."""
    with running_suite(sample=SAMPLE, niceness=NICENESS) as suite:
        groups = _groups(suite)
        say(f"preparing {FAMILIES} families for {len(groups)} groups of {PLACES}")
        families = _families(suite, groups)
        _wait_for_rest(suite)
        floor = _floor(suite)
        say("everybody applies")
        seconds, cpu = _rush(suite, families)
        wrong = _wrong(suite, families, groups)
        said = _until_all_is_said(suite)
    rate = FAMILIES / seconds
    waits = [wait for family in families for wait in family.waits]
    return {
        "families": FAMILIES,
        "places": len(groups) * PLACES,
        "seconds": round(seconds, 1),
        "decisions_per_second": round(rate),
        "single_row_updates_per_second": [round(tps) for tps in floor],
        "decisions_to_single_row": round(rate / median(floor), 3),
        "decided_ms": _percentiles([family.seconds for family in families]),
        "answered_ms": _percentiles(waits),
        "refused_for_now": len(waits) - FAMILIES,
        "cpu_ms_per_decision": {name: round(each * 1000 / FAMILIES, 2) for name, each in cpu.items()},
        "statuses": dict(Counter(family.answer["status"] for family in families)),
        "all_told_after_seconds": round(said, 1),
        "oversold": wrong["oversold"],
        "out_of_order": wrong["out_of_order"],
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, int]:
    each = sorted(seconds)
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(each[ceil(share * len(each)) - 1] * 1000) for name, share in ranks.items()}


def _groups(suite: Suite) -> list[str]:
    """Groups that admit at once, each with so few places."""
    suite.run("catalog", "sample", "--seed", "7", "--programmes", "120", seconds=300)
    door = Door(suite.url)
    found = list(islice(_instant(door), GROUPS))
    if len(found) < GROUPS:
        raise SystemExit(f"only {len(found)} groups to apply to")
    for group in found:
        provider = _token(suite, "provider", provider_id=group["provider_id"])
        door.sure("PATCH", f"/provider/groups/{group['group_id']}", provider, {"capacity": PLACES})
    return [group["group_id"] for group in found]


def _instant(door: Door) -> Iterator[dict[str, Any]]:
    now, cursor = clock.now().isoformat(), ""
    while cursor is not None:
        page = door.sure("GET", f"/programmes?age=10&limit=100{cursor and f'&cursor={cursor}'}", "")
        for programme in page["items"]:
            if programme["region_code"] != REGION:
                continue
            for group in door.sure("GET", f"/programmes/{programme['programme_id']}", "")["groups"]:
                fits = group["age_min"] <= 9 and group["age_max"] >= 11 and group["price"]["unit"] == "RUB"
                if group["admission"] == "instant" and fits and group["opens_at"] < now < group["closes_at"]:
                    yield group
        cursor = page["next_cursor"]


def _token(suite: Suite, role: str, subject: str = "", **scope: str) -> str:
    actor = Actor(subject=subject or str(uuid.uuid4()), role=role, region_code=REGION, scope=scope)
    return suite.token(actor, TOKEN_SECONDS)


def _families(suite: Suite, groups: Sequence[str]) -> list[Family]:
    """People whom accounts knows without their having spent 40 ms of hashing on a password each."""
    families = [
        Family(user_id, _token(suite, "guardian", user_id)) for user_id in (str(uuid.uuid4()) for _ in range(FAMILIES))
    ]
    transactions = Transactions(create(suite.database_url["accounts"], "bench", pool_size=1))
    with transactions.writing() as session:
        session.execute(ACCOUNTS, {"region": REGION, "user_ids": [family.user_id for family in families]})
    with ThreadPoolExecutor(PREPARING) as pool:
        parts = [range(start, FAMILIES, PREPARING) for start in range(PREPARING)]
        list(pool.map(lambda part: _prepare(suite, families, groups, part), parts))
    return families


def _prepare(suite: Suite, families: Sequence[Family], groups: Sequence[str], part: range) -> None:
    door = Door(suite.url)
    for number in part:
        family, letters = families[number], "".join("абвгдежиклмнопрс"[int(each, 16)] for each in uuid.uuid4().hex[:10])
        child = {
            "family_name": f"Примерова-{letters.capitalize()}", "given_name": "Мария",
            "born_on": date(date.today().year - 10, 1, 15).isoformat(), "municipality_code": MUNICIPALITY,
        }  # fmt: skip
        child_id = door.sure("POST", "/children", family.token, child)["child_id"]
        asked = {"child_id": child_id, "group_id": groups[number % len(groups)]}
        offer = door.sure("POST", "/offers", family.token, asked)
        family.application = {name: offer[name] for name in ("child_id", "group_id", "offer_id")}


def _wait_for_rest(suite: Suite) -> None:
    """Until enrollment knows the last of the offers."""
    transactions = Transactions(create(suite.database_url["enrollment"], "bench", pool_size=1))

    def all_known() -> bool:
        with transactions.reading() as session:
            known = session.scalar(text("SELECT count(*) FROM fact WHERE kind = 'offer'"))
        return int(known or 0) >= FAMILIES

    wait_for(all_known, 120, "the offers in enrollment")
    sleep(2)


def _rush(suite: Suite, families: Sequence[Family]) -> tuple[float, Seconds]:
    """Seconds from the signal until the last family has its decision, and the CPU seconds of each party."""
    signal = Barrier(AT_ONCE + 1)

    def take_turns(part: range) -> None:
        wire = Wire(suite.url)
        signal.wait()
        for number in part:
            _apply(wire, families[number])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = [range(start, len(families), AT_ONCE) for start in range(AT_ONCE)]
        waiting = [pool.submit(take_turns, part) for part in parts]
        meter = Meter(suite)
        before, asking = meter.read(), process_time()
        signal.wait()
        began_at = perf_counter()
        for each in waiting:
            each.result()
        seconds = perf_counter() - began_at
        return seconds, meter.used_since(before) | {"asking": process_time() - asking}


def _apply(wire: Wire, family: Family) -> None:
    key, began_at = str(uuid.uuid4()), perf_counter()
    body = json.dumps(family.application).encode()
    while True:
        asked_at = perf_counter()
        status, answer = wire.post("/applications", family.token, key, body)
        family.waits.append(perf_counter() - asked_at)
        if status == 201:
            family.seconds, family.answer = perf_counter() - began_at, json.loads(answer)
            return
        if status not in (409, 503) or perf_counter() - began_at > PATIENCE_SECONDS:
            raise SystemExit(f"POST /applications: {status} {answer.decode()}")
        sleep(AGAIN_SECONDS)


def _until_all_is_said(suite: Suite) -> float:
    """Seconds from the last decision until all services have heard of all of them."""
    transactions = Transactions(create(suite.database_url["enrollment"], "bench", pool_size=1))
    began_at = busy_at = perf_counter()
    while perf_counter() - busy_at < BROKER_COUNTS_SECONDS:
        if busy_at - began_at > TOLD_SECONDS:
            raise SystemExit(f"not everything was told within {TOLD_SECONDS} s")
        sleep(1)
        with transactions.reading() as session:
            unsaid = session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
        queues = [each for each in api("GET", f"queues/{suite.vhost}") if each["name"].startswith("evt.")]
        if unsaid or any(each.get("messages") for each in queues):
            busy_at = perf_counter()
    return busy_at - began_at


def _floor(suite: Suite) -> list[float]:
    """Updates of one row a second, when nothing else is done."""
    url = suite.database_url["enrollment"]
    transactions = Transactions(create(url, "bench", pool_size=1))
    with transactions.writing() as session:
        session.execute(text(ROW))
        session.execute(text("INSERT INTO floor_row VALUES (1, 0, 1000000000000)"))
    return [transactions_per_second(url, UPDATE) for _ in range(FLOOR_ROUNDS)]


def _wrong(suite: Suite, families: Sequence[Family], groups: Sequence[str]) -> dict[str, int]:
    """Places given twice, and families that wait although somebody later got a place."""
    transactions = Transactions(create(suite.database_url["enrollment"], "bench", pool_size=1))
    query = text(
        "SELECT group_id::text, status, arrival FROM application WHERE group_id::text = ANY(:groups) ORDER BY arrival"
    )
    with transactions.reading() as session:
        rows = session.execute(query, {"groups": list(groups)}).all()
    if len(rows) != len(families):
        raise SystemExit(f"{len(rows)} applications of {len(families)} families")
    oversold = out_of_order = 0
    for group_id in groups:
        statuses = [row.status for row in rows if row.group_id == group_id]
        oversold += max(0, statuses.count("enrolled") - PLACES)
        out_of_order += statuses[:PLACES].count("waitlisted")
    return {"oversold": oversold, "out_of_order": out_of_order}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
