"""Certificates that were issued before certificates had states."""

import uuid
from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from chassis import migrations
from chassis.testing import engine_of, service_database

CHILDREN = {"38": "Asia/Irkutsk", "05": "Europe/Moscow"}
HOLDER = text(
    """
    INSERT INTO holder (region_code, child_id, child_version, guardian_ids, born_on, municipality_code, payer_code,
        time_zone)
    VALUES (:region_code, :child_id, 1, '{}', '2016-04-12', '25701000', '01', :time_zone)
    """
)
CERTIFICATE = text(
    """
    INSERT INTO certificate (region_code, certificate_id, child_id, number, payer_municipality_code, valid_from,
        valid_until, issued_at, version)
    VALUES (:region_code, :child_id, :child_id, :number, '25701000', '2026-09-01', '2034-04-12', now(), 1)
    """
)


def test_they_are_valid_and_end_with_their_last_day_where_the_child_lives() -> None:
    with service_database("certificates", migrate=False) as url:
        engine = engine_of(url)
        upgrade(url, "0001")
        with engine.begin() as connection:
            for region_code, time_zone in CHILDREN.items():
                child = {"region_code": region_code, "child_id": str(uuid.uuid4()), "time_zone": time_zone}
                connection.execute(HOLDER, child)
                connection.execute(CERTIFICATE, child | {"number": f"{region_code}01000001"})
        upgrade(url, "head")
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT region_code, state, expires_at FROM certificate ORDER BY 1")).all()
        assert [tuple(row) for row in rows] == [
            ("05", "valid", datetime(2034, 4, 12, 21, tzinfo=UTC)),
            ("38", "valid", datetime(2034, 4, 12, 16, tzinfo=UTC)),
        ]


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.scripts_of("certificates")))
    config.attributes["url"] = url
    command.upgrade(config, revision)
