"""The catalogue that a region is shown with is written while one waits."""

from time import monotonic

import pytest
from sqlalchemy import text

from chassis.testing import engine_of, running_suite

WRITTEN_SECONDS = 60


@pytest.mark.long
def test_1200_programmes_of_60_providers_with_5000_groups_are_written_and_announced_within_a_minute() -> None:
    with running_suite(services=["catalog"], instances={"catalog": 0}) as suite:
        began_at = monotonic()
        suite.run("catalog", "sample", "--seed", "7", "--programmes", "1200", seconds=2 * WRITTEN_SECONDS)
        took = monotonic() - began_at
        with engine_of(suite.database_url["catalog"]).connect() as connection:
            groups, announced = (
                connection.scalar(text(f"SELECT count(*) FROM {what}"))
                for what in ("study_group", "outbox WHERE type = 'catalog.group.published.v1'")
            )
    assert min(groups, announced) >= 5000
    assert took <= WRITTEN_SECONDS
