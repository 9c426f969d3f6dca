"""Looks at billing's money in one snapshot after another, and notes every snapshot that is not as promised."""

import threading
import time
from itertools import pairwise
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from chassis.testing import engine_of

EVERY_SECONDS = 0.2
POCKET = "region_code, certificate_id, period_id, municipality_code, unit"
CHECKS = {
    "a pocket is negative": f"SELECT {POCKET} FROM pocket WHERE available_minor < 0 OR held_minor < 0",
    "a budget is overdrawn or past a cap": """
        SELECT region_code, programme_id FROM funding_programme LEFT JOIN (
            SELECT region_code, programme_id,
                   max(coalesce(certificates_max, 2147483647)) AS certificates,
                   max(coalesce(nominal_sum_max_minor, 9223372036854775807)) AS nominals
            FROM funding_rules GROUP BY region_code, programme_id
        ) AS caps USING (region_code, programme_id)
        WHERE available_minor < 0 OR certificates_credited > certificates OR credited_minor > nominals""",
    "a transaction does not balance": """
        SELECT region_code, transaction_id, unit, sum(amount_minor) FROM posting
        GROUP BY region_code, transaction_id, unit HAVING sum(amount_minor) <> 0""",
    "a posting has no transaction, or a transaction no postings": """
        SELECT transaction_id FROM ledger_transaction
        FULL JOIN (SELECT DISTINCT region_code, recorded_at, transaction_id FROM posting) AS lines
            USING (region_code, recorded_at, transaction_id)
        WHERE ledger_transaction.kind IS NULL OR lines IS NULL""",
    "a pocket is not the sum of its postings": f"""
        SELECT {POCKET} FROM pocket FULL JOIN (
            SELECT {POCKET},
                   coalesce(sum(amount_minor) FILTER (WHERE account = 'pocket_available'), 0) AS available,
                   coalesce(sum(amount_minor) FILTER (WHERE account = 'pocket_held'), 0) AS held
            FROM posting WHERE account IN ('pocket_available', 'pocket_held') GROUP BY {POCKET}
        ) AS postings USING ({POCKET})
        WHERE coalesce(available_minor, 0) <> coalesce(available, 0) OR coalesce(held_minor, 0) <> coalesce(held, 0)""",
    "credited and carried in is not balance, held, spent, returned and carried out": """
        WITH touched AS (
            SELECT DISTINCT region_code, recorded_at, transaction_id, certificate_id FROM posting
            WHERE certificate_id IS NOT NULL
        ), flows AS (
            SELECT region_code, touched.certificate_id,
                   -coalesce(sum(amount_minor) FILTER (WHERE account = 'budget'), 0) AS net_credited,
                   coalesce(sum(amount_minor) FILTER (WHERE account = 'provider_earned'), 0) AS spent,
                   coalesce(sum(amount_minor) FILTER (WHERE account = 'carried'), 0) AS carried
            FROM touched JOIN posting USING (region_code, recorded_at, transaction_id)
            WHERE account IN ('budget', 'provider_earned', 'carried') GROUP BY region_code, touched.certificate_id
        ), pockets AS (
            SELECT region_code, certificate_id, sum(available_minor) AS balance, sum(held_minor) AS held
            FROM pocket GROUP BY region_code, certificate_id
        )
        SELECT region_code, certificate_id FROM flows FULL JOIN pockets USING (region_code, certificate_id)
        WHERE coalesce(net_credited, 0)
           <> coalesce(balance, 0) + coalesce(held, 0) + coalesce(spent, 0) + coalesce(carried, 0)
           OR carried <> 0""",
    "a budget is not the sum of its postings": """
        SELECT region_code, programme_id FROM funding_programme LEFT JOIN (
            SELECT region_code, programme_id, sum(amount_minor) AS total,
                   -sum(amount_minor) FILTER (WHERE kind IN ('credit', 'returned')) AS credited
            FROM posting WHERE account = 'budget' GROUP BY region_code, programme_id
        ) AS postings USING (region_code, programme_id)
        WHERE available_minor <> coalesce(total, 0) OR credited_minor <> coalesce(credited, 0)""",
    "a debit has no charge, or a charge no debit": """
        SELECT charge_id, transaction_id FROM (
            SELECT region_code, charge_id FROM charge WHERE amount_minor > 0
            UNION ALL SELECT region_code, charge_id FROM month_charge
        ) AS charged
        FULL JOIN (SELECT * FROM ledger_transaction WHERE kind = 'debit') AS debit
            ON debit.region_code = charged.region_code AND debit.transaction_id = charged.charge_id
        WHERE charge_id IS NULL OR transaction_id IS NULL""",
    "a certificate is credited twice": """
        SELECT region_code, certificate_id, period_id, municipality_code FROM posting
        WHERE kind = 'credit' AND account = 'pocket_available'
        GROUP BY region_code, certificate_id, period_id, municipality_code HAVING count(*) > 1""",
}


def violations(connection: Connection) -> list[str]:
    """What one snapshot shows that should not be."""
    found = []
    for name, query in CHECKS.items():
        rows = connection.execute(text(query)).all()
        found += [f"{name}: {tuple(row)}" for row in rows[:3]]
    return found


class Prober:
    """Looks every 200 ms from a thread of its own; while the database is down it sees nothing, and says how often."""

    def __init__(self, url: str) -> None:
        self.engine = engine_of(url).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.found: list[str] = []
        self.seen_at: list[float] = []
        """When each snapshot had been looked through, on the monotonic clock."""
        self.blind = 0
        self.failure: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prober", daemon=True)

    def __enter__(self) -> "Prober":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join(30)

    def seen(self, began_at: float, ended_at: float) -> list[float]:
        """The snapshots of a span of time."""
        return [at for at in self.seen_at if began_at <= at <= ended_at]

    def longest_gap(self, began_at: float, ended_at: float) -> float:
        """The longest time in seconds, within a span, for which no snapshot was seen: all of it, if there was none."""
        return max(after - before for before, after in pairwise([began_at, *self.seen(began_at, ended_at), ended_at]))

    def _run(self) -> None:
        connection: Any = None
        while not self._stopped.wait(EVERY_SECONDS):
            try:
                connection = connection or self.engine.connect()
                with connection.begin():
                    seen = violations(connection)
            except Exception as error:
                if not _is_away(error):
                    self.failure = error
                    return
                self.blind += 1
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                connection = None
                continue
            self.seen_at.append(time.monotonic())
            self.found += [f"{time.strftime('%X')} {each}" for each in seen]


def _is_away(error: Exception) -> bool:
    """Whether it says no more than that the database cannot be asked just now."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "pgcode", None)
    return error.connection_invalidated or state is None or state.startswith(("57P", "08"))
