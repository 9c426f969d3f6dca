"""Register numbers and decisions of providers, drafts, own prices, exceptions, openings of programmes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
KINDS = {"educational_organisation": "club", "training_organisation": "club", "entrepreneur_with_staff": "entrepreneur"}


def upgrade() -> None:
    """From the first tables. Providers without register numbers get zeros until theirs are entered."""
    _change_provider()
    _change_programme()
    _change_study_group()
    _create_opening()


def _change_provider() -> None:
    for old, new in KINDS.items():
        op.execute(f"UPDATE provider SET kind = '{new}' WHERE kind = '{old}'")
    zeros = "repeat('0', CASE kind WHEN 'entrepreneur' THEN {} ELSE {} END)"
    op.execute(f"UPDATE provider SET inn = {zeros.format(12, 10)} WHERE inn IS NULL")
    op.add_column("provider", sa.Column("ogrn", sa.Text(), nullable=True))
    op.execute(f"UPDATE provider SET ogrn = {zeros.format(15, 13)}")
    op.alter_column("provider", "inn", nullable=False)
    op.alter_column("provider", "ogrn", nullable=False)
    op.alter_column("provider", "state", server_default="active")
    op.add_column("provider", sa.Column("decision_reason", sa.Text(), nullable=True))
    op.add_column("provider", sa.Column("decided_at", INSTANT, nullable=True))
    op.add_column("provider", sa.Column("decided_by", ID, nullable=True))
    op.add_column("provider", sa.Column("version", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_provider_ogrn"), "provider", "ogrn ~ '^\\d{13}(\\d{2})?$'")
    op.create_check_constraint(
        op.f("ck_provider_kind"), "provider", "kind IN ('school', 'club', 'sport_school', 'entrepreneur')"
    )


def _change_programme() -> None:
    op.drop_column("programme", "search_lexemes")
    for name, of, index in (
        ("title_lexemes", "search_title", "ix_programme_title_lexemes"),
        ("search_lexemes", "search_text", "ix_programme_lexemes"),
    ):
        lexemes = sa.Computed(f"to_tsvector('russian'::regconfig, {of})", persisted=True)
        op.add_column("programme", sa.Column(name, postgresql.TSVECTOR(), lexemes, nullable=False))
        op.create_index(index, "programme", [name], unique=False, postgresql_using="gin")
    by_title = ["direction", sa.literal_column('"left"(search_title, 24)'), "programme_id", "age_min", "age_max"]
    op.create_index("ix_programme_direction_titles", "programme", by_title, unique=False)


def _change_study_group() -> None:
    op.add_column("study_group", sa.Column("weekdays", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE study_group SET weekdays = (SELECT bit_or(1 << ((weekly->>'weekday')::int - 1))"
        " FROM jsonb_array_elements(timetable) AS weekly)"
    )
    op.alter_column("study_group", "weekdays", nullable=False)
    for name in ("skipped_on", "extra_lessons"):
        op.add_column("study_group", sa.Column(name, postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("study_group", sa.Column("price_minor", sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f("ck_study_group_state"), "study_group")
    op.create_check_constraint(op.f("ck_study_group_state"), "study_group", "state IN ('draft', 'published', 'closed')")
    op.create_check_constraint(op.f("ck_study_group_price"), "study_group", "price_minor >= 0")
    op.create_check_constraint(
        op.f("ck_study_group_draft_unannounced"), "study_group", "state <> 'draft' OR version = 0"
    )


def _create_opening() -> None:
    op.create_table(
        "opening",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("price_from_minor", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("weekdays", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("places_free", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("(price_from_minor IS NULL) = (unit IS NULL)", name=op.f("ck_opening_price")),
        sa.CheckConstraint("places_free >= 0", name=op.f("ck_opening_places_free")),
        sa.ForeignKeyConstraint(
            ["region_code", "programme_id"],
            ["programme.region_code", "programme.programme_id"],
            name=op.f("fk_opening_region_code_programme_id_programme"),
        ),
        sa.PrimaryKeyConstraint("region_code", "programme_id", name=op.f("pk_opening")),
    )
    op.execute(FILL)


FILL = """
INSERT INTO opening (region_code, programme_id, price_from_minor, unit, weekdays, places_free)
SELECT p.region_code, p.programme_id, min(m.price_minor), (array_agg(m.unit ORDER BY m.price_minor, m.unit))[1],
       coalesce(bit_or(g.weekdays), 0), coalesce(sum(greatest(g.capacity - coalesce(s.taken, 0), 0)), 0)
FROM programme AS p
LEFT JOIN (module AS m JOIN study_group AS g USING (region_code, module_id)
           LEFT JOIN seats AS s USING (region_code, group_id))
    ON m.region_code = p.region_code AND m.programme_id = p.programme_id AND g.state = 'published'
GROUP BY p.region_code, p.programme_id
"""
