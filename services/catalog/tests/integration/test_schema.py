from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from catalog.models import Base
from catalog.service import CatalogService
from chassis import migrations
from contracts import catalog as contract
from contracts import registry


def test_the_migrated_database_is_what_the_models_say(engine: Engine) -> None:
    assert migrations.differences(engine, Base.metadata) == []


def test_the_region_leads_every_key() -> None:
    for table in Base.metadata.tables.values():
        assert next(iter(table.primary_key.columns)).name == "region_code"
        for constraint in table.foreign_key_constraints:
            assert constraint.column_keys[0] == "region_code"


def test_the_service_answers_and_hears_what_the_contracts_say() -> None:
    for method in contract.METHODS:
        assert getattr(CatalogService, method.name).contract is method
    assert {handler.contract for handler in CatalogService.handlers().values()} == set(registry.READERS["catalog"])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE study_group SET capacity = -1",
        "UPDATE study_group SET ends_on = starts_on - 1",
        "UPDATE module SET price_minor = -1",
        "UPDATE programme SET age_max = age_min - 1",
        "UPDATE provider SET inn = '123'",
        "UPDATE municipality SET municipality_code = '2570100'",
        "INSERT INTO municipality SELECT region_code, '25703000', payer_code, name FROM municipality",
        "DELETE FROM programme",
    ],
)
def test_the_database_itself_refuses_what_may_not_be(published: Any, sql: str) -> None:
    with pytest.raises(IntegrityError):
        published.do(lambda session: session.execute(text(sql)))
