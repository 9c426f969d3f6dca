"""Billing's tables, on those of the chassis.

Revision ID: 0001
"""

from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE SEQUENCE funding_arrival;
CREATE SEQUENCE ledger_sequence;
CREATE TABLE attendance_mark (
    region_code TEXT NOT NULL,
    enrollment_id UUID NOT NULL,
    lesson_id UUID NOT NULL,
    mark TEXT NOT NULL,
    page_version INTEGER NOT NULL,
    marked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_attendance_mark PRIMARY KEY (region_code, enrollment_id, lesson_id),
    CONSTRAINT ck_attendance_mark_mark_known CHECK (mark IN ('present', 'absent', 'ill', 'excused'))
);
CREATE TABLE certificate (
    region_code TEXT NOT NULL,
    certificate_id UUID NOT NULL,
    child_id UUID NOT NULL,
    payer_municipality_code TEXT NOT NULL,
    valid_until DATE NOT NULL,
    fact_version BIGINT NOT NULL,
    version BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_certificate PRIMARY KEY (region_code, certificate_id),
    CONSTRAINT uq_certificate_region_code_child_id UNIQUE (region_code, child_id)
);
CREATE TABLE enrollment (
    region_code TEXT NOT NULL,
    enrollment_id UUID NOT NULL,
    child_id UUID NOT NULL,
    group_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    enrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    enrolled_on DATE NOT NULL,
    group_starts_on DATE NOT NULL,
    group_ends_on DATE NOT NULL,
    unit TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    normative_minor BIGINT NOT NULL,
    terms_version BIGINT NOT NULL,
    offer_id UUID NOT NULL,
    accepted_by UUID NOT NULL,
    lessons JSONB NOT NULL,
    fact_version BIGINT NOT NULL,
    CONSTRAINT pk_enrollment PRIMARY KEY (region_code, enrollment_id),
    CONSTRAINT ck_enrollment_unit_known CHECK (unit IN ('RUB', 'HOUR')),
    CONSTRAINT ck_enrollment_group_not_empty CHECK (group_starts_on <= group_ends_on),
    CONSTRAINT ck_enrollment_prices_not_negative CHECK (price_minor >= 0 AND normative_minor >= 0)
);
CREATE INDEX ix_enrollment_child ON enrollment (region_code, child_id);
CREATE TABLE funding_period (
    region_code TEXT NOT NULL,
    period_id UUID NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    closes_at TIMESTAMP WITH TIME ZONE NOT NULL,
    time_zone TEXT NOT NULL,
    CONSTRAINT pk_funding_period PRIMARY KEY (region_code, period_id),
    CONSTRAINT uq_funding_period_region_code_starts_on UNIQUE (region_code, starts_on),
    CONSTRAINT ck_funding_period_not_empty CHECK (starts_on <= ends_on)
);
CREATE TABLE ledger_reversal (
    region_code TEXT NOT NULL,
    reverses UUID NOT NULL,
    transaction_id UUID NOT NULL,
    CONSTRAINT pk_ledger_reversal PRIMARY KEY (region_code, reverses)
);
CREATE TABLE ledger_route (
    kind TEXT NOT NULL,
    side TEXT NOT NULL,
    account TEXT NOT NULL,
    CONSTRAINT pk_ledger_route PRIMARY KEY (kind, side, account)
);
CREATE TABLE ledger_transaction (
    region_code TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    transaction_id UUID NOT NULL,
    sequence BIGINT DEFAULT nextval('ledger_sequence') NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    details JSONB NOT NULL,
    rule_version INTEGER NOT NULL,
    actor TEXT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reverses UUID,
    CONSTRAINT pk_ledger_transaction PRIMARY KEY (region_code, recorded_at, transaction_id)
) PARTITION BY RANGE (recorded_at);
CREATE TABLE offer (
    region_code TEXT NOT NULL,
    offer_id UUID NOT NULL,
    child_id UUID NOT NULL,
    group_id UUID NOT NULL,
    guardian_id UUID NOT NULL,
    title TEXT NOT NULL,
    terms TEXT NOT NULL,
    terms_version BIGINT NOT NULL,
    unit TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    certificate_share_minor BIGINT NOT NULL,
    parent_share_minor BIGINT NOT NULL,
    max_parent_share_minor BIGINT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    enrollment_id UUID,
    CONSTRAINT pk_offer PRIMARY KEY (region_code, offer_id),
    CONSTRAINT ck_offer_unit_known CHECK (unit IN ('RUB', 'HOUR')),
    CONSTRAINT ck_offer_shares_add_up CHECK (price_minor = certificate_share_minor + parent_share_minor),
    CONSTRAINT ck_offer_max_covers_share CHECK (max_parent_share_minor >= parent_share_minor)
);
CREATE INDEX ix_offer_child ON offer (region_code, child_id);
CREATE TABLE funding_programme (
    region_code TEXT NOT NULL,
    programme_id UUID NOT NULL,
    municipality_code TEXT NOT NULL,
    payer_name TEXT NOT NULL,
    period_id UUID NOT NULL,
    category TEXT NOT NULL,
    category_name TEXT NOT NULL,
    unit TEXT NOT NULL,
    nominal_minor BIGINT NOT NULL,
    certificates_max BIGINT,
    nominal_sum_max_minor BIGINT,
    rule_version INTEGER NOT NULL,
    charge TEXT NOT NULL,
    absent_percent INTEGER NOT NULL,
    ill_percent INTEGER NOT NULL,
    excused_percent INTEGER NOT NULL,
    copayment_allowed BOOLEAN NOT NULL,
    remainder TEXT NOT NULL,
    available_minor BIGINT DEFAULT '0' NOT NULL,
    certificates_credited BIGINT DEFAULT '0' NOT NULL,
    credited_minor BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_funding_programme PRIMARY KEY (region_code, programme_id),
    CONSTRAINT fk_funding_programme_region_code_period_id_funding_period
        FOREIGN KEY(region_code, period_id)
        REFERENCES funding_period (region_code, period_id),
    CONSTRAINT uq_funding_programme_region_code_municipality_code_peri_aec8
        UNIQUE (region_code, municipality_code, period_id, category),
    CONSTRAINT ck_funding_programme_unit_known CHECK (unit IN ('RUB', 'HOUR')),
    CONSTRAINT ck_funding_programme_nominal_positive CHECK (nominal_minor > 0),
    CONSTRAINT ck_funding_programme_charge_known CHECK (charge = 'per_attended_lesson'),
    CONSTRAINT ck_funding_programme_remainder_known CHECK (remainder IN ('burn', 'carry_over')),
    CONSTRAINT ck_funding_programme_percents_possible
        CHECK (absent_percent BETWEEN 0 AND 100 AND ill_percent BETWEEN 0 AND 100
            AND excused_percent BETWEEN 0 AND 100),
    CONSTRAINT ck_funding_programme_never_overdrawn CHECK (available_minor >= 0),
    CONSTRAINT ck_funding_programme_certificates_capped CHECK (certificates_credited <= certificates_max),
    CONSTRAINT ck_funding_programme_nominals_capped CHECK (credited_minor <= nominal_sum_max_minor)
);
CREATE TABLE pocket (
    region_code TEXT NOT NULL,
    certificate_id UUID NOT NULL,
    period_id UUID NOT NULL,
    municipality_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    available_minor BIGINT DEFAULT '0' NOT NULL,
    held_minor BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_pocket PRIMARY KEY (region_code, certificate_id, period_id, municipality_code),
    CONSTRAINT fk_pocket_region_code_certificate_id_certificate
        FOREIGN KEY(region_code, certificate_id)
        REFERENCES certificate (region_code, certificate_id),
    CONSTRAINT fk_pocket_region_code_period_id_funding_period
        FOREIGN KEY(region_code, period_id)
        REFERENCES funding_period (region_code, period_id),
    CONSTRAINT ck_pocket_available_not_negative CHECK (available_minor >= 0),
    CONSTRAINT ck_pocket_held_not_negative CHECK (held_minor >= 0),
    CONSTRAINT ck_pocket_unit_known CHECK (unit IN ('RUB', 'HOUR'))
);
CREATE TABLE posting (
    region_code TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    transaction_id UUID NOT NULL,
    line INTEGER NOT NULL,
    kind TEXT NOT NULL,
    side TEXT NOT NULL,
    account TEXT NOT NULL,
    municipality_code TEXT,
    programme_id UUID,
    certificate_id UUID,
    period_id UUID,
    contract_id UUID,
    provider_id UUID,
    amount_minor BIGINT NOT NULL,
    unit TEXT NOT NULL,
    CONSTRAINT pk_posting PRIMARY KEY (region_code, recorded_at, transaction_id, line),
    CONSTRAINT fk_posting_kind_side_account_ledger_route
        FOREIGN KEY(kind, side, account)
        REFERENCES ledger_route (kind, side, account),
    CONSTRAINT ck_posting_signed_by_side CHECK (amount_minor <> 0 AND (side = 'from') = (amount_minor < 0)),
    CONSTRAINT ck_posting_unit_known CHECK (unit IN ('RUB', 'HOUR')),
    CONSTRAINT ck_posting_account_named
        CHECK (CASE account
            WHEN 'outside' THEN municipality_code IS NOT NULL
            WHEN 'budget' THEN programme_id IS NOT NULL
            WHEN 'pocket_available' THEN num_nulls(certificate_id, period_id, municipality_code) = 0
            WHEN 'pocket_held' THEN num_nulls(certificate_id, period_id, municipality_code, contract_id) = 0
            WHEN 'provider_earned' THEN num_nulls(provider_id, period_id, municipality_code) = 0 ELSE false END)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX ix_posting_certificate ON posting (region_code, certificate_id) WHERE certificate_id IS NOT NULL;
CREATE INDEX ix_posting_programme ON posting (region_code, programme_id) WHERE programme_id IS NOT NULL;
CREATE INDEX ix_posting_provider ON posting (region_code, provider_id) WHERE provider_id IS NOT NULL;
CREATE TABLE contract (
    region_code TEXT NOT NULL,
    contract_id UUID NOT NULL,
    enrollment_id UUID NOT NULL,
    period_id UUID NOT NULL,
    certificate_id UUID NOT NULL,
    municipality_code TEXT NOT NULL,
    programme_id UUID,
    state TEXT NOT NULL,
    reason TEXT,
    effective_from DATE,
    unit TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    certificate_share_minor BIGINT NOT NULL,
    parent_share_minor BIGINT NOT NULL,
    lesson_count INTEGER NOT NULL,
    version BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_contract PRIMARY KEY (region_code, contract_id),
    CONSTRAINT fk_contract_region_code_enrollment_id_enrollment
        FOREIGN KEY(region_code, enrollment_id)
        REFERENCES enrollment (region_code, enrollment_id),
    CONSTRAINT fk_contract_region_code_period_id_funding_period
        FOREIGN KEY(region_code, period_id)
        REFERENCES funding_period (region_code, period_id),
    CONSTRAINT fk_contract_region_code_certificate_id_certificate
        FOREIGN KEY(region_code, certificate_id)
        REFERENCES certificate (region_code, certificate_id),
    CONSTRAINT fk_contract_region_code_programme_id_funding_programme
        FOREIGN KEY(region_code, programme_id)
        REFERENCES funding_programme (region_code, programme_id),
    CONSTRAINT uq_contract_region_code_enrollment_id_period_id UNIQUE (region_code, enrollment_id, period_id),
    CONSTRAINT ck_contract_state_known CHECK (state IN ('awaiting_funds', 'awaiting_acceptance', 'active')),
    CONSTRAINT ck_contract_active_dated CHECK ((state = 'active') = (effective_from IS NOT NULL)),
    CONSTRAINT ck_contract_unit_known CHECK (unit IN ('RUB', 'HOUR')),
    CONSTRAINT ck_contract_shares_add_up CHECK (price_minor = certificate_share_minor + parent_share_minor),
    CONSTRAINT ck_contract_shares_not_negative CHECK (certificate_share_minor >= 0 AND parent_share_minor >= 0)
);
CREATE INDEX ix_contract_certificate ON contract (region_code, certificate_id);
CREATE TABLE credit (
    region_code TEXT NOT NULL,
    certificate_id UUID NOT NULL,
    period_id UUID NOT NULL,
    municipality_code TEXT NOT NULL,
    programme_id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    unit TEXT NOT NULL,
    credited_at TIMESTAMP WITH TIME ZONE NOT NULL,
    credited_on DATE NOT NULL,
    was_queued BOOLEAN NOT NULL,
    CONSTRAINT pk_credit PRIMARY KEY (region_code, certificate_id, period_id, municipality_code),
    CONSTRAINT fk_credit_region_code_certificate_id_certificate
        FOREIGN KEY(region_code, certificate_id)
        REFERENCES certificate (region_code, certificate_id),
    CONSTRAINT fk_credit_region_code_programme_id_funding_programme
        FOREIGN KEY(region_code, programme_id)
        REFERENCES funding_programme (region_code, programme_id),
    CONSTRAINT ck_credit_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_credit_unit_known CHECK (unit IN ('RUB', 'HOUR'))
);
CREATE TABLE funding_request (
    region_code TEXT NOT NULL,
    certificate_id UUID NOT NULL,
    programme_id UUID NOT NULL,
    arrival BIGINT DEFAULT nextval('funding_arrival') NOT NULL,
    arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    queued BOOLEAN DEFAULT 'false' NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_funding_request PRIMARY KEY (region_code, certificate_id, programme_id),
    CONSTRAINT fk_funding_request_region_code_certificate_id_certificate
        FOREIGN KEY(region_code, certificate_id)
        REFERENCES certificate (region_code, certificate_id),
    CONSTRAINT fk_funding_request_region_code_programme_id_funding_programme
        FOREIGN KEY(region_code, programme_id)
        REFERENCES funding_programme (region_code, programme_id)
);
CREATE UNIQUE INDEX uq_funding_request_waiting ON funding_request (region_code, programme_id, arrival)
    WHERE granted_at IS NULL;
CREATE TABLE contract_lesson (
    region_code TEXT NOT NULL,
    contract_id UUID NOT NULL,
    lesson_id UUID NOT NULL,
    k INTEGER NOT NULL,
    lesson_on DATE NOT NULL,
    CONSTRAINT pk_contract_lesson PRIMARY KEY (region_code, contract_id, lesson_id),
    CONSTRAINT fk_contract_lesson_region_code_contract_id_contract
        FOREIGN KEY(region_code, contract_id)
        REFERENCES contract (region_code, contract_id),
    CONSTRAINT uq_contract_lesson_region_code_contract_id_k UNIQUE (region_code, contract_id, k)
);
CREATE TABLE charge (
    region_code TEXT NOT NULL,
    charge_id UUID NOT NULL,
    contract_id UUID NOT NULL,
    lesson_id UUID NOT NULL,
    generation INTEGER NOT NULL,
    mark TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    unit TEXT NOT NULL,
    charged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reversal_id UUID,
    CONSTRAINT pk_charge PRIMARY KEY (region_code, charge_id),
    CONSTRAINT fk_charge_region_code_contract_id_lesson_id_contract_lesson
        FOREIGN KEY(region_code, contract_id, lesson_id)
        REFERENCES contract_lesson (region_code, contract_id, lesson_id),
    CONSTRAINT uq_charge_region_code_contract_id_lesson_id_generation
        UNIQUE (region_code, contract_id, lesson_id, generation),
    CONSTRAINT ck_charge_mark_known CHECK (mark IN ('present', 'absent', 'ill', 'excused')),
    CONSTRAINT ck_charge_amount_positive CHECK (amount_minor > 0)
);
CREATE UNIQUE INDEX uq_charge_standing ON charge (region_code, contract_id, lesson_id) WHERE reversal_id IS NULL;
"""


def upgrade() -> None:
    """Make the tables; what guards the ledger comes with the next migration."""
    create_chassis_tables()
    op.execute(TABLES)
