"""The first tables: regions, municipalities, providers, programmes, groups, seats, and the search of programmes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None

ID = sa.Uuid(as_uuid=False)
INSTANT = sa.DateTime(timezone=True)
LEXEMES = (
    "setweight(to_tsvector('russian'::regconfig, search_title), 'A')"
    " || setweight(to_tsvector('russian'::regconfig, search_text), 'C')"
)


def upgrade() -> None:
    """From an empty database; pg_trgm is a trusted extension, which a database's owner may create."""
    create_chassis_tables()
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _create_region()
    _create_municipality()
    _create_provider()
    _create_teacher()
    _create_programme()
    _create_search_word()
    _create_module()
    _create_study_group()
    _create_group_teacher()
    _create_seats()


def _create_region() -> None:
    op.create_table(
        "region",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("financing_term", sa.Text(), nullable=False),
        sa.Column("certificate_term", sa.Text(), nullable=False),
        sa.Column("hosts", postgresql.JSONB(), nullable=False),
        sa.Column("contacts", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("region_code ~ '^\\d{2}$'", name=op.f("ck_region_code")),
        sa.PrimaryKeyConstraint("region_code", name=op.f("pk_region")),
    )


def _create_municipality() -> None:
    op.create_table(
        "municipality",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("payer_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("municipality_code ~ '^\\d{8}$'", name=op.f("ck_municipality_code")),
        sa.CheckConstraint("payer_code ~ '^\\d{2}$'", name=op.f("ck_municipality_payer_code")),
        sa.ForeignKeyConstraint(
            ["region_code"], ["region.region_code"], name=op.f("fk_municipality_region_code_region")
        ),
        sa.PrimaryKeyConstraint("region_code", "municipality_code", name=op.f("pk_municipality")),
        sa.UniqueConstraint("region_code", "payer_code", name=op.f("uq_municipality_region_code_payer_code")),
    )


def _create_provider() -> None:
    op.create_table(
        "provider",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("inn", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("inn ~ '^\\d{10}(\\d{2})?$'", name=op.f("ck_provider_inn")),
        sa.CheckConstraint("state IN ('active', 'suspended')", name=op.f("ck_provider_state")),
        sa.ForeignKeyConstraint(
            ["region_code", "municipality_code"],
            ["municipality.region_code", "municipality.municipality_code"],
            name=op.f("fk_provider_region_code_municipality_code_municipality"),
        ),
        sa.PrimaryKeyConstraint("region_code", "provider_id", name=op.f("pk_provider")),
    )


def _create_teacher() -> None:
    op.create_table(
        "teacher",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("teacher_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code", "provider_id"],
            ["provider.region_code", "provider.provider_id"],
            name=op.f("fk_teacher_region_code_provider_id_provider"),
        ),
        sa.PrimaryKeyConstraint("region_code", "teacher_id", name=op.f("pk_teacher")),
    )


def _create_programme() -> None:
    op.create_table(
        "programme",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("age_min", sa.BigInteger(), nullable=False),
        sa.Column("age_max", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("search_title", sa.Text(collation="C"), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column(
            "search_lexemes",
            postgresql.TSVECTOR(),
            sa.Computed(
                LEXEMES,
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("state IN ('draft', 'published', 'archived')", name=op.f("ck_programme_state")),
        sa.CheckConstraint("0 <= age_min AND age_min <= age_max", name=op.f("ck_programme_ages")),
        sa.ForeignKeyConstraint(
            ["region_code", "municipality_code"],
            ["municipality.region_code", "municipality.municipality_code"],
            name=op.f("fk_programme_region_code_municipality_code_municipality"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "provider_id"],
            ["provider.region_code", "provider.provider_id"],
            name=op.f("fk_programme_region_code_provider_id_provider"),
        ),
        sa.PrimaryKeyConstraint("region_code", "programme_id", name=op.f("pk_programme")),
    )
    op.create_index("ix_programme_lexemes", "programme", ["search_lexemes"], unique=False, postgresql_using="gin")
    op.create_index("ix_programme_municipality", "programme", ["municipality_code", "direction"], unique=False)
    op.create_index("ix_programme_programme_id", "programme", ["programme_id"], unique=False)
    op.create_index("ix_programme_provider", "programme", ["region_code", "provider_id"], unique=False)
    op.create_index(
        "ix_programme_titles",
        "programme",
        [sa.literal_column('"left"(search_title, 24)'), "programme_id"],
        unique=False,
    )


def _create_search_word() -> None:
    op.create_table(
        "search_word",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "word", name=op.f("pk_search_word")),
    )
    op.create_index(
        "ix_search_word_trigrams",
        "search_word",
        ["word"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )


def _create_module() -> None:
    op.create_table(
        "module",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("module_id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("normative_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.CheckConstraint("unit IN ('RUB', 'HOUR')", name=op.f("ck_module_unit")),
        sa.CheckConstraint("price_minor >= 0 AND normative_price_minor >= 0", name=op.f("ck_module_prices")),
        sa.ForeignKeyConstraint(
            ["region_code", "programme_id"],
            ["programme.region_code", "programme.programme_id"],
            name=op.f("fk_module_region_code_programme_id_programme"),
        ),
        sa.PrimaryKeyConstraint("region_code", "module_id", name=op.f("pk_module")),
    )
    op.create_index("ix_module_programme", "module", ["region_code", "programme_id"], unique=False)


def _create_study_group() -> None:
    op.create_table(
        "study_group",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("module_id", ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("age_min", sa.BigInteger(), nullable=False),
        sa.Column("age_max", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("admission", sa.Text(), nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("timetable", postgresql.JSONB(), nullable=False),
        sa.Column("meets_on_holidays", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("announced", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("terms_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("admission IN ('instant', 'review')", name=op.f("ck_study_group_admission")),
        sa.CheckConstraint("state IN ('published', 'closed')", name=op.f("ck_study_group_state")),
        sa.CheckConstraint("0 <= age_min AND age_min <= age_max", name=op.f("ck_study_group_ages")),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_study_group_capacity")),
        sa.CheckConstraint("starts_on <= ends_on AND opens_at < closes_at", name=op.f("ck_study_group_dates")),
        sa.ForeignKeyConstraint(
            ["region_code", "module_id"],
            ["module.region_code", "module.module_id"],
            name=op.f("fk_study_group_region_code_module_id_module"),
        ),
        sa.PrimaryKeyConstraint("region_code", "group_id", name=op.f("pk_study_group")),
    )
    op.create_index("ix_study_group_group_id", "study_group", ["group_id"], unique=False)
    op.create_index("ix_study_group_module", "study_group", ["region_code", "module_id"], unique=False)


def _create_group_teacher() -> None:
    op.create_table(
        "group_teacher",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("teacher_id", ID, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_code", "group_id"],
            ["study_group.region_code", "study_group.group_id"],
            name=op.f("fk_group_teacher_region_code_group_id_study_group"),
        ),
        sa.ForeignKeyConstraint(
            ["region_code", "teacher_id"],
            ["teacher.region_code", "teacher.teacher_id"],
            name=op.f("fk_group_teacher_region_code_teacher_id_teacher"),
        ),
        sa.PrimaryKeyConstraint("region_code", "group_id", "teacher_id", name=op.f("pk_group_teacher")),
    )


def _create_seats() -> None:
    op.create_table(
        "seats",
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "group_id", name=op.f("pk_seats")),
    )
