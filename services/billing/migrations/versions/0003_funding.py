"""Versions of a programme's rules, periods that end, live places in the queue, and shares by the month.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"

PERIODS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE funding_period ADD COLUMN ended_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE funding_period ADD CONSTRAINT ex_funding_period_no_overlap
    EXCLUDE USING gist (region_code WITH =, daterange(starts_on, ends_on, '[]') WITH &&);
ALTER TABLE funding_period ADD CONSTRAINT ck_funding_period_closes_after_its_days
    CHECK (closes_at >= timezone(time_zone, (ends_on + 1)::timestamp));
CREATE INDEX ix_funding_period_open ON funding_period (closes_at) WHERE ended_at IS NULL;
CREATE INDEX ix_pocket_period ON pocket (region_code, period_id, certificate_id);
CREATE TABLE departure (
    region_code TEXT NOT NULL,
    certificate_id UUID NOT NULL,
    period_id UUID NOT NULL,
    municipality_code TEXT NOT NULL,
    CONSTRAINT pk_departure PRIMARY KEY (region_code, certificate_id, period_id, municipality_code),
    CONSTRAINT fk_departure_region_code_certificate_id_period_id_munic_64cf
        FOREIGN KEY(region_code, certificate_id, period_id, municipality_code)
        REFERENCES pocket (region_code, certificate_id, period_id, municipality_code)
);
"""

RULES = """
CREATE TABLE funding_rules (
    region_code TEXT NOT NULL,
    programme_id UUID NOT NULL,
    rule_version INTEGER NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE NOT NULL,
    nominal_minor BIGINT NOT NULL,
    certificates_max BIGINT,
    nominal_sum_max_minor BIGINT,
    charge TEXT NOT NULL,
    absent_percent INTEGER NOT NULL,
    ill_percent INTEGER NOT NULL,
    excused_percent INTEGER NOT NULL,
    copayment_allowed BOOLEAN NOT NULL,
    remainder TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    superseded_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_funding_rules PRIMARY KEY (region_code, programme_id, rule_version),
    CONSTRAINT fk_funding_rules_region_code_programme_id_funding_programme
        FOREIGN KEY(region_code, programme_id)
        REFERENCES funding_programme (region_code, programme_id),
    CONSTRAINT ex_funding_rules_no_overlap
        EXCLUDE USING gist (region_code WITH =, programme_id WITH =, daterange(valid_from, valid_until, '[]') WITH &&)
        WHERE (superseded_at IS NULL),
    CONSTRAINT ck_funding_rules_not_empty CHECK (valid_from <= valid_until),
    CONSTRAINT ck_funding_rules_nominal_positive CHECK (nominal_minor > 0),
    CONSTRAINT ck_funding_rules_caps_not_negative CHECK (certificates_max >= 0 AND nominal_sum_max_minor >= 0),
    CONSTRAINT ck_funding_rules_charge_known CHECK (charge IN ('per_attended_lesson', 'monthly_share')),
    CONSTRAINT ck_funding_rules_remainder_known CHECK (remainder IN ('burn', 'carry_over')),
    CONSTRAINT ck_funding_rules_percents_possible
        CHECK (absent_percent BETWEEN 0 AND 100 AND ill_percent BETWEEN 0 AND 100
            AND excused_percent BETWEEN 0 AND 100)
);
INSERT INTO funding_rules
SELECT region_code, programme_id, p.rule_version, starts_on, ends_on, nominal_minor, certificates_max,
    nominal_sum_max_minor, charge, absent_percent, ill_percent, excused_percent, copayment_allowed, remainder,
    'migration', now(), NULL
FROM funding_programme p JOIN funding_period USING (region_code, period_id);
ALTER TABLE funding_programme
    DROP CONSTRAINT ck_funding_programme_certificates_capped,
    DROP CONSTRAINT ck_funding_programme_nominals_capped,
    DROP COLUMN nominal_minor, DROP COLUMN certificates_max, DROP COLUMN nominal_sum_max_minor,
    DROP COLUMN rule_version, DROP COLUMN charge, DROP COLUMN absent_percent, DROP COLUMN ill_percent,
    DROP COLUMN excused_percent, DROP COLUMN copayment_allowed, DROP COLUMN remainder;

CREATE FUNCTION funding_rules_check_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    SELECT period.ends_on - period.starts_on + 1
        - sum(least(rules.valid_until, period.ends_on) - greatest(rules.valid_from, period.starts_on) + 1)
    INTO missing
    FROM funding_rules rules
    JOIN funding_programme programme USING (region_code, programme_id)
    JOIN funding_period period USING (region_code, period_id)
    WHERE rules.region_code = NEW.region_code AND rules.programme_id = NEW.programme_id AND superseded_at IS NULL
    GROUP BY period.starts_on, period.ends_on;
    IF missing <> 0 THEN
        RAISE EXCEPTION 'the rules of funding programme % leave % days of its period without any',
            NEW.programme_id, missing USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION funding_rules_check_days() IS
    'Versions do not overlap (exclusion constraint), so days that add up to the period leave no gap.';
CREATE CONSTRAINT TRIGGER no_gap AFTER INSERT OR UPDATE ON funding_rules DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION funding_rules_check_days();
"""

QUEUE = """
ALTER TABLE funding_request ADD COLUMN live_until DATE;
UPDATE funding_request r SET live_until = (
    SELECT max(e.group_ends_on)
    FROM certificate c
    JOIN enrollment e ON e.region_code = c.region_code AND e.child_id = c.child_id
    JOIN funding_programme g ON g.region_code = c.region_code AND g.municipality_code = c.payer_municipality_code
        AND g.unit = e.unit
    JOIN funding_period p ON p.region_code = g.region_code AND p.period_id = g.period_id
        AND greatest(e.enrolled_on, e.group_starts_on) BETWEEN p.starts_on AND p.ends_on
    WHERE c.region_code = r.region_code AND c.certificate_id = r.certificate_id AND g.programme_id = r.programme_id
);
DROP INDEX uq_funding_request_waiting;
CREATE UNIQUE INDEX uq_funding_request_waiting ON funding_request (region_code, programme_id, arrival)
    INCLUDE (live_until) WHERE granted_at IS NULL;
"""

MONTHS = """
CREATE TABLE contract_month (
    region_code TEXT NOT NULL,
    contract_id UUID NOT NULL,
    month_on DATE NOT NULL,
    amount_minor BIGINT NOT NULL,
    CONSTRAINT pk_contract_month PRIMARY KEY (region_code, contract_id, month_on),
    CONSTRAINT fk_contract_month_region_code_contract_id_contract
        FOREIGN KEY(region_code, contract_id)
        REFERENCES contract (region_code, contract_id),
    CONSTRAINT ck_contract_month_first_day CHECK (EXTRACT(day FROM month_on) = 1),
    CONSTRAINT ck_contract_month_amount_not_negative CHECK (amount_minor >= 0)
);
CREATE TABLE month_charge (
    region_code TEXT NOT NULL,
    charge_id UUID NOT NULL,
    contract_id UUID NOT NULL,
    month_on DATE NOT NULL,
    generation INTEGER NOT NULL,
    amount_minor BIGINT NOT NULL,
    unit TEXT NOT NULL,
    charged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reversal_id UUID,
    CONSTRAINT pk_month_charge PRIMARY KEY (region_code, charge_id),
    CONSTRAINT fk_month_charge_region_code_contract_id_month_on_contract_month
        FOREIGN KEY(region_code, contract_id, month_on)
        REFERENCES contract_month (region_code, contract_id, month_on),
    CONSTRAINT uq_month_charge_region_code_contract_id_month_on_generation
        UNIQUE (region_code, contract_id, month_on, generation),
    CONSTRAINT ck_month_charge_amount_positive CHECK (amount_minor > 0)
);
CREATE UNIQUE INDEX uq_month_charge_standing ON month_charge (region_code, contract_id, month_on)
    WHERE reversal_id IS NULL;
"""

ROUTES = """
INSERT INTO ledger_route (kind, side, account) VALUES
    ('release', 'from', 'pocket_held'), ('release', 'to', 'pocket_available'),
    ('returned', 'from', 'pocket_available'), ('returned', 'to', 'budget'),
    ('carried_out', 'from', 'pocket_available'), ('carried_out', 'to', 'carried'),
    ('carried_in', 'from', 'carried'), ('carried_in', 'to', 'pocket_available');
ALTER TABLE posting DROP CONSTRAINT ck_posting_account_named;
ALTER TABLE posting ADD CONSTRAINT ck_posting_account_named
    CHECK (CASE account
        WHEN 'outside' THEN municipality_code IS NOT NULL
        WHEN 'budget' THEN programme_id IS NOT NULL
        WHEN 'pocket_available' THEN num_nulls(certificate_id, period_id, municipality_code) = 0
        WHEN 'pocket_held' THEN num_nulls(certificate_id, period_id, municipality_code, contract_id) = 0
        WHEN 'provider_earned' THEN num_nulls(provider_id, period_id, municipality_code) = 0
        WHEN 'carried' THEN num_nulls(certificate_id, period_id, municipality_code) = 0 ELSE false END);

CREATE FUNCTION ledger_check_carried() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total bigint;
BEGIN
    SELECT sum(amount_minor) INTO total FROM posting
    WHERE region_code = NEW.region_code AND certificate_id = NEW.certificate_id AND account = 'carried'
      AND municipality_code = NEW.municipality_code AND unit = NEW.unit;
    IF total <> 0 THEN
        RAISE EXCEPTION 'ledger transaction % leaves % between two periods', NEW.transaction_id, total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER arrives AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.account = 'carried') EXECUTE FUNCTION ledger_check_carried();
"""

PERIOD_GUARD = """
CREATE FUNCTION ledger_check_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ends timestamptz;
BEGIN
    IF NEW.account = 'budget' THEN
        SELECT closes_at INTO ends FROM funding_programme JOIN funding_period USING (region_code, period_id)
        WHERE region_code = NEW.region_code AND programme_id = NEW.programme_id;
    ELSE
        SELECT closes_at INTO ends FROM funding_period
        WHERE region_code = NEW.region_code AND period_id = NEW.period_id;
    END IF;
    IF NEW.recorded_at >= ends THEN
        RAISE EXCEPTION 'the period of ledger transaction % was closed at %', NEW.transaction_id, ends
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER within_period AFTER INSERT ON posting FOR EACH ROW
    WHEN (NEW.side = 'to' AND NEW.kind IN ('allocation', 'credit', 'hold', 'debit', 'carried_in'))
    EXECUTE FUNCTION ledger_check_period();
"""

BALANCES = """
CREATE OR REPLACE FUNCTION ledger_move_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE NEW.account
    WHEN 'budget' THEN
        UPDATE funding_programme SET
            available_minor = available_minor + NEW.amount_minor,
            credited_minor = credited_minor
                - CASE WHEN NEW.kind IN ('credit', 'returned') THEN NEW.amount_minor ELSE 0 END,
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

CREATE FUNCTION ledger_check_caps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    passed boolean;
BEGIN
    SELECT coalesce(programme.certificates_credited > rules.certificates_max, false)
        OR coalesce(programme.credited_minor > rules.nominal_sum_max_minor, false)
    INTO passed
    FROM funding_programme programme
    JOIN funding_period period USING (region_code, period_id)
    JOIN funding_rules rules USING (region_code, programme_id)
    WHERE programme.region_code = NEW.region_code AND programme.programme_id = NEW.programme_id
      AND rules.superseded_at IS NULL
      AND timezone(period.time_zone, NEW.recorded_at)::date BETWEEN rules.valid_from AND rules.valid_until;
    IF passed IS DISTINCT FROM false THEN
        RAISE EXCEPTION 'ledger transaction % is capped: no rule of its programme allows one more nominal that day',
            NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION ledger_check_caps() IS
    'No version of the rules holds outside the period, so neither does a credit.';
CREATE TRIGGER within_caps AFTER INSERT ON posting FOR EACH ROW
    WHEN (NEW.kind = 'credit' AND NEW.account = 'budget') EXECUTE FUNCTION ledger_check_caps();
"""


def upgrade() -> None:
    """Rules get versions; the ledger gets the routes of released, returned and carried money."""
    for part in (PERIODS, RULES, QUEUE, MONTHS, ROUTES, PERIOD_GUARD, BALANCES):
        op.execute(part)
