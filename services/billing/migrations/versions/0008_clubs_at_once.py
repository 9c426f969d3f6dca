"""How many clubs a certificate pays for at once, in all and by direction; enrolments keep their group's direction.

Versions of rules that were set before limit nothing. Enrolments that were kept before have no direction.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"

LIMITS = """
ALTER TABLE funding_rules
    ADD COLUMN clubs_at_once_max INTEGER,
    ADD COLUMN direction_limits JSONB DEFAULT '{}' NOT NULL,
    ADD CONSTRAINT ck_funding_rules_clubs_positive CHECK (clubs_at_once_max >= 1),
    ADD CONSTRAINT ck_funding_rules_direction_limits_known CHECK (
        direction_limits
            - ARRAY['technical', 'natural_science', 'arts', 'sport', 'tourism', 'social_humanitarian'] = '{}'
        AND NOT jsonb_path_exists(
            direction_limits, 'strict $.* ? (@.type() != "number" || @ < 0 || @.floor() != @)', '{}', true));
ALTER TABLE enrollment
    ADD COLUMN direction TEXT,
    ADD CONSTRAINT ck_enrollment_direction_known
        CHECK (direction IN ('technical', 'natural_science', 'arts', 'sport', 'tourism', 'social_humanitarian'));
"""


def upgrade() -> None:
    """Nothing that was decided changes."""
    op.execute(LIMITS)
