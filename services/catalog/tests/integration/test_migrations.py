"""What the first version kept is kept by the next one."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from catalog.models import Base
from chassis import migrations
from chassis.database import create
from chassis.testing import service_database

OLD_ROWS = (
    "INSERT INTO region VALUES ('38', 'Область', 'Asia/Irkutsk', 'ф', 'с', '[]', 'к', 1)",
    "INSERT INTO municipality VALUES ('38', '25701000', '33', 'Иркутск', 1)",
    """
    INSERT INTO provider SELECT '38', gen_random_uuid(), kind, kind, '25701000', NULL, 'active'
    FROM unnest(ARRAY['educational_organisation', 'training_organisation', 'entrepreneur_with_staff', 'entrepreneur'])
    AS kind
    """,
    """
    INSERT INTO programme (region_code, programme_id, provider_id, municipality_code, title, summary, direction,
                           age_min, age_max, state, search_title, search_text)
    SELECT '38', gen_random_uuid(), provider_id, '25701000', name, name, 'arts', 7, 9, 'published', 'танцы', 'танцы дом'
    FROM provider
    """,
    """
    INSERT INTO module SELECT '38', gen_random_uuid(), programme_id, 'Год', 900, 800, 'RUB' FROM programme
    WHERE title <> 'entrepreneur'
    """,
    """
    INSERT INTO study_group (region_code, group_id, module_id, address, age_min, age_max, capacity, admission, opens_at,
                             closes_at, starts_on, ends_on, timetable, meets_on_holidays, state)
    SELECT '38', gen_random_uuid(), module_id, 'дом', 7, 9, 12, 'instant', '2026-08-01', '2027-05-01', '2026-09-01',
           '2027-05-31', '[{"weekday": 1}, {"weekday": 3}]', false, 'published'
    FROM module
    """,
    "INSERT INTO seats SELECT '38', group_id, 1, 12, 5, 0 FROM study_group LIMIT 1",
)


@pytest.fixture
def migrated() -> Iterator[Engine]:
    """A database of the first version with some rows, brought to the newest."""
    with service_database("catalog", migrate=False) as url:
        config = Config()
        config.set_main_option("script_location", str(migrations.scripts_of("catalog")))
        config.attributes["url"] = url
        engine = create(url, "test")
        command.upgrade(config, "0001")
        with engine.begin() as connection:
            for statement in OLD_ROWS:
                connection.execute(text(statement))
        command.upgrade(config, "head")
        yield engine
        engine.dispose()


def test_providers_programmes_and_groups_of_the_first_version_are_complete_afterwards(migrated: Engine) -> None:
    with migrated.connect() as connection:
        providers = connection.execute(text("SELECT name, kind, length(inn), length(ogrn), version FROM provider"))
        kinds = {row.name: tuple(row)[1:] for row in providers}
        joined = "opening JOIN programme USING (programme_id)"
        openings = connection.execute(
            text(f"SELECT title, rub_from_minor, hour_from_minor, weekdays, places_free FROM {joined}")
        ).all()
        weekdays = connection.scalars(text("SELECT DISTINCT weekdays FROM study_group")).all()
        found = connection.scalar(text("SELECT count(*) FROM programme WHERE title_lexemes @@ 'танц'::tsquery"))

        words = set(connection.scalars(text("SELECT word FROM search_word")))

    assert words == {"танцы", "дом"}
    assert kinds == {
        "educational_organisation": ("club", 10, 13, 0),
        "training_organisation": ("club", 10, 13, 0),
        "entrepreneur_with_staff": ("entrepreneur", 12, 15, 0),
        "entrepreneur": ("entrepreneur", 12, 15, 0),
    }
    assert weekdays == [0b101]
    assert found == 4
    by_title = {row.title: tuple(row)[1:] for row in openings}
    assert by_title.pop("entrepreneur") == (None, None, 0, 0)
    assert sorted(by_title.values()) == [(900, None, 5, 7), (900, None, 5, 12), (900, None, 5, 12)]
    assert migrations.differences(migrated, Base.metadata) == []
