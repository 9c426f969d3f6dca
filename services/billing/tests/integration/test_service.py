from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import func, select

from billing import sample
from billing.models import Base, FundingPeriod, FundingProgramme, FundingRules, LedgerTransaction
from billing.service import BillingService
from billing.settings import Settings
from chassis.database import Transactions
from chassis.migrations import differences
from contracts import billing, registry

Clock = Callable[[datetime], None]


def test_the_migrated_database_is_what_the_models_say(transactions: Transactions) -> None:
    assert differences(transactions.engine, Base.metadata) == []


def test_the_service_hears_what_the_registry_says() -> None:
    assert set(BillingService.handlers()) == {event.type for event in registry.READERS["billing"]}


def test_the_service_answers_what_the_contract_says() -> None:
    answered = {getattr(getattr(BillingService, name), "contract", None) for name in dir(BillingService)}
    assert set(billing.METHODS) <= answered


def loaded(transactions: Transactions) -> tuple[int, int, int]:
    with transactions.reading() as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (FundingPeriod, FundingProgramme, LedgerTransaction)
        )


def test_the_sample_opens_every_municipality_once(fresh_transactions: Transactions, clock_at: Clock) -> None:
    clock_at(datetime(2026, 11, 22, 3, tzinfo=UTC))
    url = fresh_transactions.engine.url.render_as_string(hide_password=False)
    settings = Settings.__new__(Settings)
    object.__setattr__(settings, "database_url", url)
    for _ in range(2):
        sample.main(settings)
        assert loaded(fresh_transactions) == (2, 6, 6)
    with fresh_transactions.reading() as session:
        by_code = {each.municipality_code: each for each in session.scalars(select(FundingProgramme))}
        days = session.execute(select(FundingPeriod.starts_on, FundingPeriod.ends_on)).tuples().all()
        (rules,) = session.scalars(select(FundingRules).filter_by(programme_id=by_code["25714000"].programme_id))
        assert by_code["25714000"].available_minor == rules.nominal_minor
    assert {str(first) for first, _ in days} == {"2026-09-01"}
    assert {str(last) for _, last in days} == {"2027-08-31"}
    assert {"82654000", "25701000", "25703000", "25714000"} <= set(by_code)
    clock_at(datetime(2027, 9, 1, 3, tzinfo=UTC))
    sample.main(settings)
    assert loaded(fresh_transactions) == (4, 12, 12)
