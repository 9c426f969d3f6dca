"""Debits from marked lesson pages, through broker and billing, against the same rows written one debit at a time.

`python bench debits` starts billing alone and gives it 15 children a group with active contracts. The pages come
as enrollment would send them. Half of the groups are paid from one municipality's budget, half from twenty.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from time import perf_counter, sleep
from typing import Any

import pika
import psycopg2
from floor import transactions_per_second
from load import say
from processes import Meter, Seconds
from sqlalchemy import text

from billing.commands.opening import NewProgramme, open_period, open_programme
from billing.domain.policy import Policy
from billing.models import Offer
from billing.service import BillingService
from chassis import clock
from chassis.database import Transactions, create
from chassis.testing import Suite, apply, received, running_suite, wait_for
from chassis.values import Amount
from contracts import accounts, certificates, enrollment

REGION, ZONE = "77", "Europe/Moscow"
GROUPS, CHILDREN, LESSONS_A_ROUND, ROUNDS = 20, 15, 10, 4
LESSONS = LESSONS_A_ROUND * ROUNDS
BUSY = ("billing", "postgres", "rabbitmq")
DEBITS = GROUPS * CHILDREN * LESSONS_A_ROUND
"""In a round."""
MUNICIPALITIES = 20
NOMINAL, BUDGET = Amount(10_000_000, "RUB"), Amount(100_000_000_000, "RUB")
PRICE = {"value": "8000.00", "unit": "RUB"}
PATIENCE_SECONDS = 60
"""Of one round."""
WRITTEN = ("ledger_transaction", "posting", "posting", "charge", "attendance_mark", "outbox")
"""What a debit inserts, beside its update of the pocket."""
_POSTED = "SELECT last_value FROM ledger_sequence"
"""How many were tried: costs nothing to ask, and cannot be less than what was committed."""
_CHARGED = "SELECT count(*) FROM charge"
_UNTOLD = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


@dataclass(frozen=True)
class Group:
    """A group with its lessons and those who are enrolled."""

    group_id: str
    lesson_ids: tuple[str, ...]
    enrollment_ids: tuple[str, ...]


def measure() -> dict[str, Any]:
    """Debits a second from one budget's pages and from many budgets', and of the floor, turn by turn."""
    rates: dict[str, list[float]] = {"one_budget": [], "many_budgets": [], "floor": []}
    used: list[Seconds] = []
    with running_suite(services=("billing",)) as suite:
        url, meter = suite.database_url["billing"], Meter(suite)
        sides = {name: _prepared(url, name) for name in ("one_budget", "many_budgets")}
        say("contracts are active")
        for number in range(ROUNDS):
            for name in list(rates) if number % 2 == 0 else list(rates)[::-1]:
                say(f"round {number + 1}: {name}")
                if name == "floor":
                    rates[name].append(_floor(url))
                    continue
                before = meter.read()
                rates[name].append(_round(suite, sides[name], number))
                wait_for(lambda: not _asked(url, _UNTOLD)[0][0], PATIENCE_SECONDS, "the news of all debits to be out")
                used.append(meter.used_since(before))
        _check(url)
    middle = {name: median(found) for name, found in rates.items()}
    pages = (middle["one_budget"] + middle["many_budgets"]) / 2
    return {
        "debits_per_second": {name: [round(rate) for rate in found] for name, found in rates.items()},
        "cpu_ms_per_debit": {party: round(median(each[party] for each in used) * 1000 / DEBITS, 2) for party in BUSY},
        "debits_to_floor": round(pages / middle["floor"], 2),
        "one_budget_to_many": round(middle["one_budget"] / middle["many_budgets"], 2),
    }


def _prepared(url: str, side: str) -> list[Group]:
    """Groups full of children whose contracts are active."""
    transactions = Transactions(create(url, "bench", pool_size=2))
    payers = [f"{100 if side == 'one_budget' else 200 + n}00000" for n in range(MUNICIPALITIES)]
    payers = sorted(set(payers))
    with transactions.writing() as session:
        today = clock.today(ZONE)
        _open(session, today, payers)
    groups = [_group() for _ in range(GROUPS)]
    for number, group in enumerate(groups):
        with transactions.writing() as session:
            for place, enrollment_id in enumerate(group.enrollment_ids):
                session.add(_accepted_offer(group, enrollment_id))
                for event in _facts(group, enrollment_id, payers[(number + place) % len(payers)], today):
                    apply(BillingService, session, event)
    _check_active(url)
    _analyse(url)
    return groups


def _analyse(url: str) -> None:
    """What autovacuum does a minute after such a load."""
    with _connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _accepted_offer(group: Group, enrollment_id: str) -> Offer:
    """What the guardian accepted; in this run an enrolment, its child, guardian and offer share one id."""
    price = Amount.from_wire(PRICE)
    return Offer(
        region_code=REGION, offer_id=enrollment_id, child_id=enrollment_id, group_id=group.group_id,
        guardian_id=enrollment_id, title="Вымышленная группа", terms="Вымышленные условия", terms_version=1,
        unit=price.unit, price_minor=price.minor, certificate_share_minor=price.minor, parent_share_minor=0,
        max_parent_share_minor=price.minor, made_at=clock.now(), expires_at=clock.now() + timedelta(days=1),
        enrollment_id=None,
    )  # fmt: skip


def _check_active(url: str) -> None:
    waiting = _asked(url, "SELECT state, reason, count(*) FROM contract WHERE state <> 'active' GROUP BY 1, 2")
    if waiting:
        raise SystemExit(f"contracts are not active: {waiting}")


def _open(session: Any, today: date, payers: Sequence[str]) -> None:
    starts_on, ends_on = today - timedelta(days=30), today + timedelta(days=300)
    period_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, "period.bench.kruzhok.example"))
    closes_at = clock.end_of_day(ends_on + timedelta(days=30), ZONE)
    open_period(session, REGION, period_id, starts_on=starts_on, ends_on=ends_on, closes_at=closes_at, time_zone=ZONE)
    policy = Policy(absent_percent=100, ill_percent=0, excused_percent=0)
    for payer in payers:
        new = NewProgramme(str(uuid.uuid4()), period_id, payer, "Вымышленный плательщик", NOMINAL, policy)
        open_programme(session, REGION, new, budget=BUDGET, basis="Вымышленное постановление")


def _group() -> Group:
    def ids(count: int) -> tuple[str, ...]:
        return tuple(str(uuid.uuid4()) for _ in range(count))

    return Group(str(uuid.uuid4()), ids(LESSONS), ids(CHILDREN))


def _facts(group: Group, enrollment_id: str, payer: str, today: date) -> Iterator[Any]:
    """What neighbours say of an enrolled child, in the order in which it came about."""
    child_id = guardian_id = enrollment_id
    certificate_id, now, year = str(uuid.uuid4()), clock.now(), today.year - 10
    child = {
        "child_id": child_id, "guardian_ids": [guardian_id], "born_on": date(year, 1, 15),
        "municipality_code": payer, "payer_code": "01", "time_zone": ZONE,
    }  # fmt: skip
    yield received(accounts.CHILD_REGISTERED, subject=child_id, region_code=REGION, data=child)
    issued = {
        "certificate_id": certificate_id, "number": f"{uuid.uuid4().int % 10**10:010}", "child_id": child_id,
        "payer_municipality_code": payer, "valid_from": today, "valid_until": date(year + 18, 1, 15), "issued_at": now,
    }  # fmt: skip
    yield received(certificates.CERTIFICATE_ISSUED, subject=certificate_id, region_code=REGION, data=issued)
    days = [today + timedelta(days=number) for number in range(LESSONS)]
    enrolled = {
        "enrollment_id": enrollment_id, "application_id": enrollment_id, "child_id": child_id,
        "group_id": group.group_id, "module_id": group.group_id, "programme_id": group.group_id,
        "provider_id": group.group_id, "direction": "technical", "payer_municipality_code": payer, "time_zone": ZONE,
        "submitted_at": now, "enrolled_at": now, "enrolled_on": today, "group_starts_on": days[0],
        "group_ends_on": days[-1], "price": PRICE, "normative_price": PRICE, "terms_version": 1,
        "offer_id": enrollment_id, "accepted_by": guardian_id,
        "lessons": [
            {"lesson_id": lesson_id, "number": number, "on": on}
            for number, (lesson_id, on) in enumerate(zip(group.lesson_ids, days, strict=True), 1)
        ],
    }  # fmt: skip
    yield received(enrollment.ENROLLED, subject=enrollment_id, region_code=REGION, version=2, data=enrolled)


def _round(suite: Suite, groups: Sequence[Group], number: int) -> float:
    """Debits a second from the first page's sending to the last debit's commit."""
    with _connected(suite.database_url["billing"]) as connection, connection.cursor() as cursor:
        goal = _number(cursor, _POSTED) + DEBITS, _number(cursor, _CHARGED) + DEBITS
        began_at = perf_counter()
        _send(suite, groups, range(number * LESSONS_A_ROUND, (number + 1) * LESSONS_A_ROUND))
        while _number(cursor, _POSTED) < goal[0] or _number(cursor, _CHARGED) < goal[1]:
            if perf_counter() - began_at > PATIENCE_SECONDS:
                said = "\n".join(process.output.read_text()[-2000:] for process in suite.processes["billing"])
                missing = goal[1] - _number(cursor, _CHARGED)
                raise SystemExit(f"{missing} of {DEBITS} debits missing after {PATIENCE_SECONDS} s\n{said}")
            sleep(0.02)
        return DEBITS / (perf_counter() - began_at)


def _send(suite: Suite, groups: Sequence[Group], lessons: range) -> None:
    """Pages of all groups, lesson by lesson, as enrollment's relay would send them."""
    connection = pika.BlockingConnection(pika.URLParameters(suite.amqp_url("enrollment")))
    channel = connection.channel()
    kind = enrollment.ATTENDANCE_RECORDED
    for lesson in lessons:
        for group in groups:
            lesson_id = group.lesson_ids[lesson]
            page = {
                "lesson_id": lesson_id, "group_id": group.group_id, "provider_id": group.group_id,
                "lesson_on": clock.today(ZONE).isoformat(), "page_version": 1,
                "marks": [{"enrollment_id": each, "mark": "present"} for each in group.enrollment_ids],
            }  # fmt: skip
            headers = {
                "ce-id": str(uuid.uuid4()), "ce-type": kind.type, "ce-source": "enrollment",
                "ce-time": datetime.now(tz=clock.now().tzinfo).isoformat(), "ce-subject": lesson_id,
                "ce-specversion": "1.0", "version": "1", "region": REGION,
            }  # fmt: skip
            properties = pika.BasicProperties(
                headers=headers, content_type="application/json", delivery_mode=2, user_id="enrollment"
            )
            channel.basic_publish("enrollment.events", f"{kind.type}.{REGION}", json.dumps(page), properties)
    connection.close()


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    """One connection for all the looking: opening one for each look would take from what is measured."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    with closing(connection):
        yield connection


def _number(cursor: Any, query: str) -> int:
    cursor.execute(query)
    return int(cursor.fetchone()[0])


def _check(url: str) -> None:
    """Every debit is there once, and the held money is what is left."""
    ((charges, charged),) = _asked(url, "SELECT count(*), sum(amount_minor) FROM charge")
    wanted = 2 * GROUPS * CHILDREN * LESSONS
    earned = _asked(url, "SELECT sum(amount_minor) FROM posting WHERE account = 'provider_earned'")[0][0]
    if charges != wanted or charged != earned:
        raise SystemExit(f"{charges} debits instead of {wanted}, {charged} charged, {earned} earned")


def _floor(url: str) -> float:
    """One debit a transaction: the same rows into copies of the same tables, without their triggers."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        script = _script(cursor)
    connection.close()
    return transactions_per_second(url, script, clients=4)


def _script(cursor: Any) -> str:
    """A pgbench script that writes a debit like the last one, under new ids."""
    cursor.execute("CREATE SCHEMA IF NOT EXISTS floor")
    for table in (*dict.fromkeys(WRITTEN), "pocket"):
        cursor.execute(f"CREATE TABLE IF NOT EXISTS floor.{table} (LIKE public.{table} INCLUDING ALL)")
    cursor.execute("INSERT INTO floor.pocket SELECT * FROM public.pocket ON CONFLICT DO NOTHING")
    cursor.execute("SELECT count(*) FROM floor.pocket")
    (pockets,) = cursor.fetchone()
    cursor.execute("ALTER TABLE floor.pocket ADD COLUMN IF NOT EXISTS number bigserial")
    cursor.execute("CREATE INDEX IF NOT EXISTS pocket_number ON floor.pocket (number)")
    transaction_id = _one(cursor, "ledger_transaction", "kind = 'debit'", "transaction_id")
    where = {
        "ledger_transaction": f"transaction_id = '{transaction_id}'",
        "charge": f"charge_id = '{transaction_id}'",
        "attendance_mark": "true",
        "outbox": "type = 'billing.debit.posted.v1'",
    }
    lines = [f"\\set n random(1, {pockets})", "BEGIN;"]
    lines += [_insert(cursor, table, condition) for table, condition in where.items()]
    lines += [_insert(cursor, "posting", f"transaction_id = '{transaction_id}' AND line = {n}") for n in (1, 2)]
    lines += ["UPDATE floor.pocket SET held_minor = held_minor + 1 WHERE number = :n;", "COMMIT;"]
    return "\n".join(lines)


def _one(cursor: Any, table: str, condition: str, column: str) -> str:
    cursor.execute(f"SELECT {column} FROM public.{table} WHERE {condition} LIMIT 1")
    return str(cursor.fetchone()[0])


FRESH = {"transaction_id", "charge_id", "lesson_id", "event_id", "subject"}
"""Columns that are different in every row."""


def _insert(cursor: Any, table: str, condition: str) -> str:
    cursor.execute(f"SELECT * FROM public.{table} WHERE {condition} LIMIT 1")
    row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    row = {name: value for name, value in row.items() if name not in ("sequence", "position")}
    values = [
        "gen_random_uuid()" if name in FRESH else cursor.mogrify("%s", (_literal(value),)).decode()
        for name, value in row.items()
    ]
    return f"INSERT INTO floor.{table} ({', '.join(row)}) VALUES ({', '.join(values)});".replace("%%", "%")


def _literal(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _asked(url: str, query: str) -> list[tuple[Any, ...]]:
    transactions = Transactions(create(url, "bench", pool_size=1))
    with transactions.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
