"""Each certificate's transactions, and each budget's allocations, are one chain of digests: no edit goes unnoticed.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"

CHAIN = """
CREATE TABLE ledger_chain (
    region_code TEXT NOT NULL,
    chain_id UUID NOT NULL,
    number BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_ledger_chain PRIMARY KEY (region_code, chain_id)
);
ALTER TABLE ledger_transaction
    ADD COLUMN chain_id UUID, ADD COLUMN chain_number BIGINT, ADD COLUMN digest BYTEA;

CREATE FUNCTION ledger_content(t ledger_transaction, lines jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_to(jsonb_build_array(
        t.region_code, extract(epoch FROM t.recorded_at), t.transaction_id, t.sequence, t.kind, t.cause, t.details,
        t.rule_version, t.actor, extract(epoch FROM t.occurred_at), t.reverses, t.chain_id, lines
    )::text, 'UTF8')
$$;
CREATE FUNCTION ledger_line(p posting) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_array(p.line, p.kind, p.side, p.account, p.municipality_code, p.programme_id, p.certificate_id,
        p.period_id, p.contract_id, p.provider_id, p.amount_minor, p.unit)
$$;

CREATE FUNCTION ledger_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines jsonb;
    balances boolean;
    alike boolean;
BEGIN
    SELECT jsonb_agg(ledger_line(p) ORDER BY p.line), sum(p.amount_minor) = 0 AND count(DISTINCT p.unit) = 1,
        bool_and(p.kind = NEW.kind),
        (array_agg(coalesce(p.certificate_id, p.programme_id)
            ORDER BY p.certificate_id IS NULL, p.programme_id IS NULL, p.line))[1]
    INTO lines, balances, alike, NEW.chain_id
    FROM posting p
    WHERE p.region_code = NEW.region_code AND p.recorded_at = NEW.recorded_at
      AND p.transaction_id = NEW.transaction_id;
    IF balances IS DISTINCT FROM true THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    IF NOT alike THEN
        RAISE EXCEPTION 'postings of ledger transaction % are not of kind %', NEW.transaction_id, NEW.kind
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO ledger_chain AS head (region_code, chain_id, number, digest)
    VALUES (NEW.region_code, NEW.chain_id, 1, sha256(ledger_content(NEW, lines)))
    ON CONFLICT (region_code, chain_id) DO UPDATE SET
        number = head.number + 1, digest = sha256(head.digest || ledger_content(NEW, lines))
    RETURNING number, digest INTO NEW.chain_number, NEW.digest;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION ledger_seal() IS
    'The postings come first; then their transaction is checked, and sealed with the digest of all before it.';
"""

BACKFILL = """
ALTER TABLE ledger_transaction DISABLE TRIGGER USER;
DO $$
DECLARE
    t ledger_transaction;
    lines jsonb;
    head ledger_chain;
BEGIN
    FOR t IN SELECT * FROM ledger_transaction ORDER BY region_code, sequence LOOP
        SELECT jsonb_agg(ledger_line(p) ORDER BY p.line),
            (array_agg(coalesce(p.certificate_id, p.programme_id)
                ORDER BY p.certificate_id IS NULL, p.programme_id IS NULL, p.line))[1]
        INTO lines, t.chain_id
        FROM posting p
        WHERE p.region_code = t.region_code AND p.recorded_at = t.recorded_at
          AND p.transaction_id = t.transaction_id;
        INSERT INTO ledger_chain AS known (region_code, chain_id, number, digest)
        VALUES (t.region_code, t.chain_id, 1, sha256(ledger_content(t, lines)))
        ON CONFLICT (region_code, chain_id) DO UPDATE SET
            number = known.number + 1, digest = sha256(known.digest || ledger_content(t, lines))
        RETURNING * INTO head;
        UPDATE ledger_transaction SET chain_id = head.chain_id, chain_number = head.number, digest = head.digest
        WHERE region_code = t.region_code AND recorded_at = t.recorded_at AND transaction_id = t.transaction_id;
    END LOOP;
END $$;
ALTER TABLE ledger_transaction ENABLE TRIGGER USER;
ALTER TABLE ledger_transaction
    ALTER COLUMN chain_id SET NOT NULL, ALTER COLUMN chain_number SET NOT NULL, ALTER COLUMN digest SET NOT NULL;
"""

SEALED = """
DROP TRIGGER balanced ON ledger_transaction;
DROP TRIGGER balanced ON posting;
DROP FUNCTION ledger_check_transaction();
CREATE TRIGGER sealed BEFORE INSERT ON ledger_transaction FOR EACH ROW EXECUTE FUNCTION ledger_seal();

CREATE FUNCTION ledger_check_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    recorded boolean := EXISTS (
        SELECT FROM ledger_transaction
        WHERE region_code = NEW.region_code AND recorded_at = NEW.recorded_at
          AND transaction_id = NEW.transaction_id
    );
BEGIN
    IF TG_NAME = 'before_its_seal' AND recorded THEN
        RAISE EXCEPTION 'ledger transaction % is sealed', NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_NAME = 'recorded' AND NOT recorded THEN
        RAISE EXCEPTION 'no ledger transaction % for its postings', NEW.transaction_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER before_its_seal AFTER INSERT ON posting FOR EACH ROW EXECUTE FUNCTION ledger_check_posting();
CREATE CONSTRAINT TRIGGER recorded AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.line = 1) EXECUTE FUNCTION ledger_check_posting();
ALTER TABLE posting ADD CONSTRAINT ck_posting_numbered CHECK (line >= 1);

CREATE TRIGGER never_removed BEFORE DELETE ON ledger_chain
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_chain EXECUTE FUNCTION ledger_refuse_change();
"""

RIGHTS = """
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_transaction, posting, ledger_reversal FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE ON ledger_route, ledger_chain FROM CURRENT_USER;
COMMENT ON TABLE ledger_route IS
    'The service keeps the right to UPDATE it: a foreign key locks the row it refers to. A trigger refuses updates.';

CREATE OR REPLACE FUNCTION ledger_guard_partitions() RETURNS integer LANGUAGE plpgsql AS $$
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
        EXECUTE format('REVOKE UPDATE, TRUNCATE ON %s FROM CURRENT_USER', unguarded);
        guarded := guarded + 1;
    END LOOP;
    RETURN guarded;
END $$;
COMMENT ON FUNCTION ledger_guard_partitions() IS
    'Row triggers reach new partitions by themselves, triggers on TRUNCATE and rights do not: this adds them. The '
    'right to DELETE stays on partitions: rows that wait in the default partition move when their month gets its own.';
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN
        SELECT inhrelid FROM pg_inherits WHERE inhparent IN ('ledger_transaction'::regclass, 'posting'::regclass)
    LOOP
        EXECUTE format('REVOKE UPDATE, TRUNCATE ON %s FROM CURRENT_USER', partition);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    """Seal what there is, then let nothing in unsealed, and take the rights to change it away."""
    for part in (CHAIN, BACKFILL, SEALED, RIGHTS):
        op.execute(part)
