"""Ends of enrolments and certificates, changed lessons, acceptances, what each lesson released or left uncovered.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"

FACTS = """
CREATE TABLE enrollment_end (
    region_code TEXT NOT NULL,
    enrollment_id UUID NOT NULL,
    kind TEXT NOT NULL,
    effective_on DATE NOT NULL,
    fact_version BIGINT NOT NULL,
    CONSTRAINT pk_enrollment_end PRIMARY KEY (region_code, enrollment_id),
    CONSTRAINT ck_enrollment_end_kind_known CHECK (kind IN ('withdrawn', 'completed'))
);
CREATE TABLE certificate_state (
    region_code TEXT NOT NULL,
    certificate_id UUID NOT NULL,
    state TEXT NOT NULL,
    changed_on DATE NOT NULL,
    fact_version BIGINT NOT NULL,
    CONSTRAINT pk_certificate_state PRIMARY KEY (region_code, certificate_id),
    CONSTRAINT ck_certificate_state_state_known CHECK (state IN ('valid', 'frozen', 'revoked', 'expired'))
);
CREATE TABLE lesson_change (
    region_code TEXT NOT NULL,
    lesson_id UUID NOT NULL,
    cancelled BOOLEAN NOT NULL,
    moved_to DATE,
    fact_version BIGINT NOT NULL,
    CONSTRAINT pk_lesson_change PRIMARY KEY (region_code, lesson_id)
);
CREATE INDEX ix_enrollment_group ON enrollment (region_code, group_id);
"""

AGREEMENTS = """
CREATE TABLE acceptance (
    region_code TEXT NOT NULL,
    offer_id UUID NOT NULL,
    enrollment_id UUID NOT NULL,
    number INTEGER NOT NULL,
    accepted_by UUID NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_acceptance PRIMARY KEY (region_code, offer_id),
    CONSTRAINT uq_acceptance_region_code_enrollment_id_number UNIQUE (region_code, enrollment_id, number),
    CONSTRAINT fk_acceptance_region_code_offer_id_offer
        FOREIGN KEY(region_code, offer_id)
        REFERENCES offer (region_code, offer_id),
    CONSTRAINT fk_acceptance_region_code_enrollment_id_enrollment
        FOREIGN KEY(region_code, enrollment_id)
        REFERENCES enrollment (region_code, enrollment_id)
);
CREATE TABLE contract_refusal (
    region_code TEXT NOT NULL,
    enrollment_id UUID NOT NULL,
    reason TEXT NOT NULL,
    refused_by UUID,
    refused_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_contract_refusal PRIMARY KEY (region_code, enrollment_id),
    CONSTRAINT fk_contract_refusal_region_code_enrollment_id_enrollment
        FOREIGN KEY(region_code, enrollment_id)
        REFERENCES enrollment (region_code, enrollment_id),
    CONSTRAINT ck_contract_refusal_reason_known CHECK (reason IN ('refused_by_family', 'not_accepted_in_time')),
    CONSTRAINT ck_contract_refusal_family_named CHECK ((reason = 'refused_by_family') = (refused_by IS NOT NULL))
);
ALTER TABLE contract
    ADD COLUMN accept_by TIMESTAMP WITH TIME ZONE,
    ADD COLUMN rule_version INTEGER,
    ADD COLUMN review_on DATE,
    DROP CONSTRAINT ck_contract_state_known,
    DROP CONSTRAINT ck_contract_active_dated;
UPDATE contract SET accept_by = now() + interval '7 days' WHERE state = 'awaiting_acceptance';
UPDATE contract c SET rule_version = 1, review_on = (
    SELECT min(lesson_on) + 15 FROM contract_lesson l
    WHERE l.region_code = c.region_code AND l.contract_id = c.contract_id
) WHERE state = 'active';
ALTER TABLE contract
    ADD CONSTRAINT ck_contract_state_known
        CHECK (state IN ('awaiting_funds', 'awaiting_acceptance', 'active', 'refused', 'closed')),
    ADD CONSTRAINT ck_contract_active_dated
        CHECK (CASE state WHEN 'active' THEN effective_from IS NOT NULL
            WHEN 'closed' THEN true ELSE effective_from IS NULL END),
    ADD CONSTRAINT ck_contract_waits_until CHECK (state <> 'awaiting_acceptance' OR accept_by IS NOT NULL);
CREATE INDEX ix_contract_accept_by ON contract (accept_by) WHERE state = 'awaiting_acceptance';
CREATE INDEX ix_contract_review_on ON contract (review_on) WHERE review_on IS NOT NULL;
"""

LESSONS = """
ALTER TABLE contract_lesson
    ADD COLUMN released_minor BIGINT DEFAULT '0' NOT NULL,
    ADD COLUMN outcome TEXT,
    ADD CONSTRAINT ck_contract_lesson_released_not_negative CHECK (released_minor >= 0),
    ADD CONSTRAINT ck_contract_lesson_outcome_known CHECK (outcome IN ('cancelled', 'after_end', 'not_filled'));
ALTER TABLE charge
    ADD COLUMN uncovered_minor BIGINT DEFAULT '0' NOT NULL,
    DROP CONSTRAINT ck_charge_amount_positive,
    ADD CONSTRAINT ck_charge_amounts_not_negative CHECK (amount_minor >= 0 AND uncovered_minor >= 0);
"""


def upgrade() -> None:
    """Facts first, then what contracts and their lessons need to follow them."""
    for part in (FACTS, AGREEMENTS, LESSONS):
        op.execute(part)
