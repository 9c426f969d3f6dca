"""Checks of the whole ledger: each is a query for rows that must not exist, and names the first one it finds."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.domain.ledger import ROUTES

TABLES = ("ledger_transaction", "posting", "ledger_reversal", "ledger_route", "ledger_chain")
_ROUTES = ", ".join(
    f"('{kind}', '{side}', '{account}')"
    for kind, accounts in ROUTES.items()
    for side, account in zip(("from", "to"), accounts, strict=True)
)
_POCKET = "region_code, certificate_id, period_id, municipality_code, unit"
_NAME_POCKET = "format('pocket of certificate %s in period %s from %s', certificate_id, period_id, municipality_code)"
_SUMMED = f"""
    SELECT {_POCKET},
        coalesce(sum(amount_minor) FILTER (WHERE account = 'pocket_available'), 0) AS available,
        coalesce(sum(amount_minor) FILTER (WHERE account = 'pocket_held'), 0) AS held,
        coalesce(sum(amount_minor) FILTER (WHERE kind = 'credit' AND account = 'pocket_available'), 0) AS credited,
        coalesce(sum(amount_minor) FILTER (WHERE kind = 'carried_in' AND account = 'pocket_available'), 0)
            AS carried_in,
        -coalesce(sum(amount_minor) FILTER (WHERE kind IN ('debit', 'reversal') AND account = 'pocket_held'), 0)
            AS spent,
        -coalesce(sum(amount_minor) FILTER (WHERE kind = 'returned' AND account = 'pocket_available'), 0) AS returned,
        -coalesce(sum(amount_minor) FILTER (WHERE kind = 'carried_out' AND account = 'pocket_available'), 0)
            AS carried_out
    FROM posting WHERE account IN ('pocket_available', 'pocket_held') GROUP BY {_POCKET}"""
_CHARGES = """
    SELECT region_code, charge_id, contract_id, amount_minor, reversal_id FROM charge WHERE amount_minor > 0
    UNION ALL SELECT region_code, charge_id, contract_id, amount_minor, reversal_id FROM month_charge"""
_DEBITS = """
    SELECT region_code, transaction_id, kind, contract_id, abs(amount_minor) AS amount_minor
    FROM posting WHERE kind IN ('debit', 'reversal') AND account = 'pocket_held'"""

CHECKS = {
    "the database guards the ledger": f"""
        SELECT '' AS region_code, format('trigger %s on %s is switched off', tgname, tgrelid::regclass) AS what
        FROM pg_trigger WHERE NOT tgisinternal AND tgenabled NOT IN ('O', 'A')
          AND tgrelid IN (SELECT unnest('{{{",".join(TABLES)}}}'::regclass[]) UNION
              SELECT inhrelid FROM pg_inherits WHERE inhparent IN ('posting'::regclass, 'ledger_transaction'::regclass))
        UNION ALL SELECT '', format('%s may be changed by %s', name, current_user)
        FROM unnest('{{ledger_transaction,posting,ledger_reversal}}'::text[]) AS name
        WHERE has_table_privilege(name, 'UPDATE, DELETE, TRUNCATE')
          AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        ORDER BY 1, 2""",
    "every transaction is as it was sealed": """
        WITH lines AS (
            SELECT region_code, recorded_at, transaction_id, jsonb_agg(ledger_line(p) ORDER BY p.line) AS lines
            FROM posting p GROUP BY region_code, recorded_at, transaction_id
        ), chained AS (
            SELECT t AS entry, t.region_code, t.recorded_at, t.transaction_id, t.sequence, t.chain_id, t.chain_number,
                t.digest, lag(t.digest) OVER chain AS digest_before, lag(t.chain_number) OVER chain AS number_before
            FROM ledger_transaction t WINDOW chain AS (PARTITION BY t.region_code, t.chain_id ORDER BY t.chain_number)
        )
        SELECT region_code, CASE WHEN chain_number <> coalesce(number_before, 0) + 1
            THEN format('transaction %s of %s: %s before it in chain %s are missing or doubled', transaction_id,
                recorded_at, chain_number - coalesce(number_before, 0) - 1, chain_id)
            ELSE format('transaction %s of %s, number %s of chain %s, or one of its postings was changed',
                transaction_id, recorded_at, chain_number, chain_id) END AS what
        FROM chained LEFT JOIN lines USING (region_code, recorded_at, transaction_id)
        WHERE chain_number <> coalesce(number_before, 0) + 1
           OR digest IS DISTINCT FROM sha256(coalesce(digest_before, ''::bytea) || ledger_content(entry, lines))
        ORDER BY region_code, sequence""",
    "every chain ends where it ended": """
        SELECT region_code, format('chain %s has %s transactions, its head says %s', chain_id, last, head.number)
            AS what
        FROM (SELECT region_code, chain_id, max(chain_number) AS last FROM ledger_transaction GROUP BY 1, 2) AS ends
        FULL JOIN ledger_chain head USING (region_code, chain_id)
        LEFT JOIN ledger_transaction t USING (region_code, chain_id)
        WHERE (t.chain_number = last OR last IS NULL)
          AND (last IS DISTINCT FROM head.number OR t.digest IS DISTINCT FROM head.digest)
        ORDER BY region_code, chain_id""",
    "every posting has its transaction": """
        SELECT region_code, format('posting %s of transaction %s of %s has no transaction', line, transaction_id,
            recorded_at) AS what
        FROM posting p LEFT JOIN ledger_transaction t USING (region_code, recorded_at, transaction_id)
        WHERE t.kind IS DISTINCT FROM p.kind ORDER BY region_code, recorded_at, transaction_id, line""",
    "debits equal credits": """
        SELECT region_code, format('transaction %s of %s is out of balance by %s', transaction_id, recorded_at,
            sum(amount_minor)) AS what
        FROM posting GROUP BY region_code, recorded_at, transaction_id, unit HAVING sum(amount_minor) <> 0
        ORDER BY region_code, recorded_at, transaction_id""",
    "money takes its routes": f"""
        SELECT region_code, format('posting %s of transaction %s of %s: no %s goes %s %s', line, transaction_id,
            recorded_at, kind, side, account) AS what
        FROM posting WHERE (kind, side, account) NOT IN (VALUES {_ROUTES})
        UNION ALL SELECT '', format('the route %s %s %s is not one of ours', kind, side, account)
        FROM ledger_route WHERE (kind, side, account) NOT IN (VALUES {_ROUTES})
        ORDER BY 1, 2""",
    "every pocket is the sum of its postings": f"""
        SELECT region_code, format('%s holds %s and %s, its postings %s and %s', {_NAME_POCKET}, available_minor,
            held_minor, available, held) AS what
        FROM pocket FULL JOIN ({_SUMMED}) AS summed USING ({_POCKET})
        WHERE (available_minor, held_minor) IS DISTINCT FROM (coalesce(available, 0), coalesce(held, 0))
        ORDER BY region_code, certificate_id, period_id""",
    "what came into a pocket is there or accounted for": f"""
        SELECT region_code, {_NAME_POCKET} AS what
        FROM pocket JOIN ({_SUMMED}) AS summed USING ({_POCKET})
        WHERE credited + carried_in <> available_minor + held_minor + spent + returned + carried_out
           OR least(available_minor, held_minor, spent, returned, carried_out) < 0
        ORDER BY region_code, certificate_id, period_id""",
    "every budget is the sum of its postings": """
        SELECT region_code, format('budget of programme %s has %s, its postings %s', programme_id, available_minor,
            coalesce(total, 0)) AS what
        FROM funding_programme LEFT JOIN (
            SELECT region_code, programme_id, sum(amount_minor) AS total,
                -coalesce(sum(amount_minor) FILTER (WHERE kind IN ('credit', 'returned')), 0) AS credited,
                count(*) FILTER (WHERE kind = 'credit') AS certificates
            FROM posting WHERE account = 'budget' GROUP BY region_code, programme_id
        ) AS summed USING (region_code, programme_id)
        WHERE available_minor < 0 OR (available_minor, credited_minor, certificates_credited) IS DISTINCT FROM
            (coalesce(total, 0), coalesce(credited, 0), coalesce(certificates, 0))
        ORDER BY region_code, programme_id""",
    "nothing is left between two periods": """
        SELECT region_code, format('%s of certificate %s is between two periods', sum(amount_minor), certificate_id)
            AS what
        FROM posting WHERE account = 'carried'
        GROUP BY region_code, certificate_id, municipality_code, unit HAVING sum(amount_minor) <> 0
        ORDER BY region_code, certificate_id""",
    "every credit is the nominal of its certificate": """
        SELECT region_code, format('credit of certificate %s, transaction %s, by version %s of the rules',
            certificate_id, transaction_id, rule_version) AS what
        FROM credit FULL JOIN (
            SELECT region_code, certificate_id, period_id, municipality_code, transaction_id, amount_minor,
                rule_version, sequence
            FROM posting JOIN ledger_transaction USING (region_code, recorded_at, transaction_id)
            WHERE posting.kind = 'credit' AND account = 'pocket_available'
        ) AS posted USING (region_code, certificate_id, period_id, municipality_code, transaction_id)
        LEFT JOIN funding_rules USING (region_code, programme_id, rule_version)
        WHERE credit.amount_minor IS DISTINCT FROM posted.amount_minor
           OR posted.amount_minor IS DISTINCT FROM nominal_minor
        ORDER BY region_code, sequence""",
    "no credit passes a cap of its rules": """
        WITH so_far AS (
            SELECT region_code, programme_id, transaction_id, t.kind, rule_version, sequence,
                count(*) FILTER (WHERE t.kind = 'credit') OVER line AS certificates, -sum(amount_minor) OVER line AS sum
            FROM posting p JOIN ledger_transaction t USING (region_code, recorded_at, transaction_id)
            WHERE account = 'budget' AND t.kind IN ('credit', 'returned')
            WINDOW line AS (PARTITION BY region_code, programme_id ORDER BY sequence)
        )
        SELECT region_code, format('credit %s: certificate %s and %s in all from programme %s, the rules allow %s, %s',
            transaction_id, certificates, sum, programme_id, certificates_max, nominal_sum_max_minor) AS what
        FROM so_far JOIN funding_rules USING (region_code, programme_id, rule_version)
        WHERE kind = 'credit' AND (certificates > certificates_max OR sum > nominal_sum_max_minor)
        ORDER BY region_code, sequence""",
    "every debit has its charge": f"""
        SELECT region_code, format('charge or debit %s', transaction_id) AS what
        FROM (SELECT region_code, charge_id AS transaction_id, contract_id, amount_minor, reversal_id
              FROM ({_CHARGES}) AS all_of_them) AS charged
        FULL JOIN (SELECT * FROM ({_DEBITS}) AS posted WHERE kind = 'debit') AS debit
            USING (region_code, transaction_id)
        WHERE (charged.contract_id, charged.amount_minor) IS DISTINCT FROM (debit.contract_id, debit.amount_minor)
        ORDER BY 1, 2""",
    "every reversal takes back one charge, whole and once": f"""
        SELECT region_code, format('reversal %s', transaction_id) AS what
        FROM (SELECT region_code, reversal_id AS transaction_id, charge_id, contract_id, amount_minor
              FROM ({_CHARGES}) AS all_of_them WHERE reversal_id IS NOT NULL) AS charged
        FULL JOIN (SELECT * FROM ({_DEBITS}) AS posted WHERE kind = 'reversal') AS reversal
            USING (region_code, transaction_id)
        FULL JOIN (SELECT region_code, transaction_id, reverses FROM ledger_transaction WHERE reverses IS NOT NULL)
            AS named USING (region_code, transaction_id)
        FULL JOIN ledger_reversal noted USING (region_code, transaction_id)
        WHERE (charged.contract_id, charged.amount_minor, charged.charge_id, charged.charge_id) IS DISTINCT FROM
            (reversal.contract_id, reversal.amount_minor, named.reverses, noted.reverses)
        ORDER BY 1, 2""",
    "every hold belongs to an open contract": """
        SELECT region_code, format('contract %s (%s) holds %s of its %s', contract_id, coalesce(state, 'unknown'), held,
            certificate_share_minor) AS what
        FROM (SELECT region_code, contract_id, sum(amount_minor) AS held FROM posting
              WHERE account = 'pocket_held' GROUP BY region_code, contract_id) AS holds
        LEFT JOIN contract USING (region_code, contract_id)
        WHERE held < 0 OR held > coalesce(certificate_share_minor, 0) OR (held > 0 AND state <> 'active')
        ORDER BY region_code, contract_id""",
    "nothing was posted into a closed period": """
        SELECT p.region_code, format('%s %s of %s', p.kind, p.transaction_id, p.recorded_at) AS what
        FROM posting p LEFT JOIN funding_programme g USING (region_code, programme_id)
        JOIN funding_period f ON f.region_code = p.region_code AND f.period_id = coalesce(p.period_id, g.period_id)
        WHERE p.recorded_at >= f.closes_at AND p.side = 'to'
          AND p.kind IN ('allocation', 'credit', 'hold', 'debit', 'carried_in')
        ORDER BY 1, 2""",
}
"""What must be so, and the query for what is not: (region_code, what), the first bad row first."""


@dataclass(frozen=True)
class Finding:
    """A check that failed, and the first row that it found."""

    check: str
    region_code: str
    row: str

    def __str__(self) -> str:
        where = f"region {self.region_code}: " if self.region_code else ""
        return f"NOT TRUE that {self.check}. First: {where}{self.row}"


def verify(session: Session) -> list[Finding]:
    """All that is not as it must be, one finding for each check, all in the session's one snapshot."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    return [
        Finding(check, row.region_code, row.what)
        for check, query in CHECKS.items()
        if (row := session.execute(text(f"SELECT * FROM ({query}) AS found LIMIT 1")).first()) is not None
    ]
