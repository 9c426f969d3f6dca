"""What makes the ledger one: the database itself refuses all else.

Revision ID: 0002
"""

from alembic import op

from chassis.migrations import ensure_partitions

revision = "0002"
down_revision = "0001"

ROUTES = """
INSERT INTO ledger_route (kind, side, account) VALUES
    ('allocation', 'from', 'outside'), ('allocation', 'to', 'budget'),
    ('credit', 'from', 'budget'), ('credit', 'to', 'pocket_available'),
    ('hold', 'from', 'pocket_available'), ('hold', 'to', 'pocket_held'),
    ('debit', 'from', 'pocket_held'), ('debit', 'to', 'provider_earned'),
    ('reversal', 'from', 'provider_earned'), ('reversal', 'to', 'pocket_held');
"""

INSERT_ONLY = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is insert-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON posting
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON ledger_reversal
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON ledger_route
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_transaction EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON posting EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_reversal EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_route EXECUTE FUNCTION ledger_refuse_change();
"""

PARTITIONS = """
CREATE FUNCTION ledger_guard_partitions() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    unguarded regclass;
    guarded integer := 0;
BEGIN
    FOR unguarded IN
        SELECT i.inhrelid FROM pg_inherits i
        WHERE i.inhparent IN ('ledger_transaction'::regclass, 'posting'::regclass)
          AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = i.inhrelid AND t.tgname = 'never_emptied')
        ORDER BY i.inhrelid
    LOOP
        EXECUTE format(
            'CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %s EXECUTE FUNCTION ledger_refuse_change()', unguarded
        );
        guarded := guarded + 1;
    END LOOP;
    RETURN guarded;
END $$;
COMMENT ON FUNCTION ledger_guard_partitions() IS
    'Row triggers reach new partitions by themselves, triggers on TRUNCATE do not: this adds them.';
"""

BALANCED = """
CREATE FUNCTION ledger_check_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    units bigint;
    unbalanced bigint;
BEGIN
    IF NOT EXISTS (
        SELECT FROM ledger_transaction
        WHERE region_code = NEW.region_code AND recorded_at = NEW.recorded_at
          AND transaction_id = NEW.transaction_id AND kind = NEW.kind
    ) THEN
        RAISE EXCEPTION 'no ledger transaction % of kind % for its postings', NEW.transaction_id, NEW.kind
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT count(*), count(*) FILTER (WHERE total <> 0) INTO units, unbalanced
    FROM (
        SELECT sum(amount_minor) AS total FROM posting
        WHERE region_code = NEW.region_code AND recorded_at = NEW.recorded_at
          AND transaction_id = NEW.transaction_id
        GROUP BY unit
    ) AS by_unit;
    IF units = 0 OR unbalanced > 0 THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_transaction DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_transaction();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_transaction();
"""

GUARDED_BALANCES = """
CREATE FUNCTION ledger_move_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE NEW.account
    WHEN 'budget' THEN
        UPDATE funding_programme SET
            available_minor = available_minor + NEW.amount_minor,
            credited_minor = credited_minor - CASE NEW.kind WHEN 'credit' THEN NEW.amount_minor ELSE 0 END,
            certificates_credited = certificates_credited + CASE NEW.kind WHEN 'credit' THEN 1 ELSE 0 END
        WHERE region_code = NEW.region_code AND programme_id = NEW.programme_id AND unit = NEW.unit;
    WHEN 'pocket_available' THEN
        UPDATE pocket SET available_minor = available_minor + NEW.amount_minor
        WHERE region_code = NEW.region_code AND certificate_id = NEW.certificate_id
          AND period_id = NEW.period_id AND municipality_code = NEW.municipality_code AND unit = NEW.unit;
    WHEN 'pocket_held' THEN
        UPDATE pocket SET held_minor = held_minor + NEW.amount_minor
        WHERE region_code = NEW.region_code AND certificate_id = NEW.certificate_id
          AND period_id = NEW.period_id AND municipality_code = NEW.municipality_code AND unit = NEW.unit;
    ELSE
        RETURN NULL;
    END CASE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no % in % for ledger transaction %', NEW.account, NEW.unit, NEW.transaction_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER moves_balance AFTER INSERT ON posting FOR EACH ROW EXECUTE FUNCTION ledger_move_balance();
"""

REVERSED_ONCE = """
CREATE FUNCTION ledger_note_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_reversal (region_code, reverses, transaction_id)
    VALUES (NEW.region_code, NEW.reverses, NEW.transaction_id);
    RETURN NULL;
END $$;

CREATE TRIGGER reversed_once AFTER INSERT ON ledger_transaction
    FOR EACH ROW WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION ledger_note_reversal();
"""


def upgrade() -> None:
    """Fill the routes, and add the triggers, also to the partitions that there are."""
    for part in (ROUTES, INSERT_ONLY, PARTITIONS, BALANCED, GUARDED_BALANCES, REVERSED_ONCE):
        op.execute(part)
    ensure_partitions(op.get_bind())
    op.execute("SELECT ledger_guard_partitions()")
