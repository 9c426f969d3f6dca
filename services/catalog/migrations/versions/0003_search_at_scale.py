"""Lowest prices by unit, so that a search by price reads no groups; words as they are spelled beside their stems."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From the whole catalogue; prices are counted anew from the published groups, with their own prices."""
    op.add_column("opening", sa.Column("rub_from_minor", sa.BigInteger(), nullable=True))
    op.add_column("opening", sa.Column("hour_from_minor", sa.BigInteger(), nullable=True))
    op.execute(COUNT)
    op.drop_constraint(op.f("ck_opening_price"), "opening")
    op.drop_column("opening", "price_from_minor")
    op.drop_column("opening", "unit")
    for name in ("rub_from_minor", "hour_from_minor"):
        op.create_index(f"ix_opening_{name}", "opening", [name], unique=False)
    op.execute(LEARN)


COUNT = """
UPDATE opening SET rub_from_minor = counted.rub, hour_from_minor = counted.hour FROM (
    SELECT m.region_code, m.programme_id,
           min(coalesce(g.price_minor, m.price_minor)) FILTER (WHERE m.unit = 'RUB') AS rub,
           min(coalesce(g.price_minor, m.price_minor)) FILTER (WHERE m.unit = 'HOUR') AS hour
    FROM module AS m JOIN study_group AS g USING (region_code, module_id)
    WHERE g.state = 'published' GROUP BY m.region_code, m.programme_id
) AS counted
WHERE opening.region_code = counted.region_code AND opening.programme_id = counted.programme_id
"""
LEARN = """
INSERT INTO search_word (region_code, word)
SELECT DISTINCT region_code, word FROM programme, unnest(string_to_array(search_text, ' ')) AS word
WHERE length(word) BETWEEN 1 AND 40
ON CONFLICT DO NOTHING
"""
