"""What earlier versions left waiting: contracts without money, money on certificates that are out of force.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"

REVIEWED = """
UPDATE contract c SET review_on = p.ends_on + 1
FROM funding_period p
WHERE p.region_code = c.region_code AND p.period_id = c.period_id
  AND c.state = 'awaiting_funds' AND c.review_on IS NULL
"""
LEAVING = """
INSERT INTO departure (region_code, certificate_id, period_id, municipality_code)
SELECT p.region_code, p.certificate_id, p.period_id, p.municipality_code
FROM pocket p
JOIN certificate_state s ON s.region_code = p.region_code AND s.certificate_id = p.certificate_id
WHERE s.state IN ('revoked', 'expired') AND p.available_minor > 0
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """Contracts without money are looked at once their period is over; money that may not stay is sent on its way."""
    op.execute(REVIEWED)
    op.execute(LEAVING)
