"""Children: registered once, seen by their family and their teachers only, every look recorded."""

import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Text, cast, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from accounts.commands import recognition
from accounts.models import Child, ChildAccess
from chassis import clock, tokens
from chassis.context import Actor
from chassis.database import Transactions
from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from chassis.testing import engine_of, service_database
from contracts import accounts as contract

from .house import (
    ANGARSK,
    IRKUTSK,
    KHASAVYURT,
    OTHER_SNILS,
    SNILS,
    House,
    catalog_facts,
    furnished,
    municipality_published,
    region_published,
)


@pytest.fixture
def anna(house: House) -> str:
    return house.guardian("anna@example.org")


@pytest.fixture(scope="module")
def vera(standing_house: House) -> str:
    return standing_house.guardian("vera@example.org")


@pytest.fixture
def boris(house: House) -> str:
    return house.guardian("boris@example.org")


def list_children(house: House, token: str, **page: Any) -> dict[str, Any]:
    return house.call(contract.LIST_CHILDREN, bearer=token, **page)


def get_child(house: House, token: str, child_id: str) -> dict[str, Any]:
    return house.call(contract.GET_CHILD, bearer=token, child_id=child_id)


def looks(house: House) -> list[ChildAccess]:
    with house.transactions.reading() as session:
        found = list(session.scalars(select(ChildAccess).order_by(ChildAccess.occurred_at)))
        session.expunge_all()
        return found


def stored(house: House) -> int:
    with house.transactions.reading() as session:
        return session.scalar(select(func.count()).select_from(Child)) or 0


def test_a_guardian_registers_a_child_and_sees_it(house: House, anna: str) -> None:
    child = house.child(anna, family_name="  примерова ", snils=SNILS)
    assert child["family_name"] == "примерова"
    assert child["snils_ending"] == "95"
    assert get_child(house, anna, child["child_id"]) == child
    assert list_children(house, anna) == {"items": [child], "next_cursor": None}


def test_a_child_without_patronymic_and_snils(house: House, anna: str) -> None:
    child = house.child(anna, patronymic=None)
    assert (child["patronymic"], child["snils_ending"]) == (None, None)
    assert get_child(house, anna, child["child_id"]) == child


def test_the_child_is_announced_with_what_its_neighbours_need(house: House, anna: str) -> None:
    child = house.child(anna, municipality_code=ANGARSK)
    (event,) = house.events(contract.CHILD_REGISTERED)
    assert (event.subject, event.region_code, event.version) == (child["child_id"], "38", 1)
    assert event.data == {
        "child_id": child["child_id"],
        "guardian_ids": [house.service.verify(anna).subject],
        "born_on": "2016-04-12",
        "municipality_code": ANGARSK,
        "payer_code": "03",
        "time_zone": "Asia/Irkutsk",
    }


def test_another_familys_child_is_not_found(house: House, anna: str, boris: str) -> None:
    child_id = house.child(anna)["child_id"]
    with pytest.raises(NotFound) as others:
        get_child(house, boris, child_id)
    with pytest.raises(NotFound) as nobodys:
        get_child(house, boris, str(uuid.uuid4()))
    assert (others.value.code, others.value.details) == (nobodys.value.code, nobodys.value.details)
    assert list_children(house, boris)["items"] == []
    assert looks(house) == []


def test_yo_and_hyphens_do_not_make_another_child(house: House, anna: str) -> None:
    house.child(anna, given_name="Алёна-Мария")
    with pytest.raises(Conflict):
        house.child(anna, given_name="Алена Мария")


def test_another_birth_date_is_another_child(house: House, anna: str) -> None:
    house.child(anna)
    house.child(anna, born_on="2016-04-13")
    assert stored(house) == 2


def test_twins_are_two_children(house: House, anna: str) -> None:
    house.child(anna)
    house.child(anna, given_name="Дарья")
    assert stored(house) == 2


@pytest.mark.parametrize("patronymic", ["Павловна", None])
def test_a_patronymic_does_not_make_another_child(house: House, anna: str, patronymic: str | None) -> None:
    house.child(anna)
    with pytest.raises(Conflict) as refusal:
        house.child(anna, patronymic=patronymic)
    assert (refusal.value.code, refusal.value.details) == ("child_already_registered", {})
    assert stored(house) == 1


def test_namesakes_with_different_insurance_numbers_are_two_children(house: House, anna: str, boris: str) -> None:
    house.child(anna, snils=SNILS)
    house.child(boris, snils=OTHER_SNILS)
    with house.transactions.reading() as session:
        assert set(session.scalars(select(Child.namesake))) == {0, 1}


def test_the_database_refuses_a_second_child_of_one_name_or_number(house: House, anna: str) -> None:
    house.child(anna, snils=SNILS)
    with house.transactions.reading() as session:
        child = session.scalars(select(Child)).one()
        columns = {column.name: getattr(child, column.name) for column in Child.__table__.columns}
    copies = {
        "identity_index_namesake": {"snils_index": None, "snils_sealed": None},
        "snils_index": {"namesake": 1},
    }
    for constraint, changes in copies.items():
        second = Child(**(columns | changes | {"child_id": str(uuid.uuid4())}))
        with (
            pytest.raises(IntegrityError, match=f"uq_child_region_code_{constraint}"),
            house.transactions.writing() as s,
        ):
            s.add(second)


def test_children_of_the_earlier_rule_are_found_once_they_are_indexed_anew(
    house: House, anna: str, boris: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "REINDEXED_AT_ONCE", 2)
    for year in (2014, 2015, 2016):
        house.child(anna, born_on=f"{year}-04-12")
    with house.transactions.writing() as session:
        stale = func.sha256(func.convert_to(cast(Child.child_id, Text), "UTF8"))
        session.execute(update(Child).values(identity_index=stale, identity_rule=1))
    with pytest.raises(Unavailable) as refusal:
        house.child(boris)
    assert refusal.value.code == "children_reindexing"
    assert house.service.reindex_children() is True
    assert house.service.reindex_children() is False
    with pytest.raises(Conflict) as claimed:
        house.child(boris)
    assert claimed.value.code == "child_claimed"
    assert stored(house) == 3


def test_children_whom_the_earlier_rule_told_apart_stay_two(house: House, anna: str) -> None:
    house.child(anna)
    house.child(anna, given_name="Дарья")
    with house.transactions.writing() as session:
        stale = func.sha256(func.convert_to(cast(Child.child_id, Text), "UTF8"))
        session.execute(update(Child).values(given_name="Мария", identity_index=stale, identity_rule=1))
    house.service.reindex_children()
    with house.transactions.reading() as session:
        assert sorted(session.scalars(select(Child.namesake))) == [0, 1]
        assert len(set(session.scalars(select(Child.identity_index)))) == 1


def test_regions_do_not_know_each_others_children(house: House, anna: str) -> None:
    patimat = house.guardian("patimat@example.org", "05")
    house.child(anna, snils=SNILS)
    house.child(patimat, snils=SNILS, municipality_code=KHASAVYURT)
    assert stored(house) == 2


def test_the_same_key_registers_once_and_answers_the_same(house: House, anna: str) -> None:
    key = str(uuid.uuid4())
    assert house.child(anna, key=key) == house.child(anna, key=key)
    assert stored(house) == 1


@pytest.mark.parametrize(("days", "accepted"), [(1, False), (0, True), (-1, True)])
def test_a_child_is_born_by_today_in_its_own_region(
    house: House, anna: str, clock_at: Callable[[datetime], None], days: int, accepted: bool
) -> None:
    clock_at(clock.now().replace(hour=20))
    born_on = clock.today("Asia/Irkutsk") + timedelta(days=days)
    token = house.sign_in("anna@example.org")["access_token"]
    if accepted:
        assert house.child(token, born_on=born_on.isoformat())
        return
    with pytest.raises(InvalidInput) as refusal:
        house.child(token, born_on=born_on.isoformat())
    assert set(refusal.value.details) == {"born_on"}


def test_whoever_is_18_is_no_child(house: House, anna: str, clock_at: Callable[[datetime], None]) -> None:
    clock_at(datetime(2026, 9, 1, 4, tzinfo=UTC))
    token = house.sign_in("anna@example.org")["access_token"]
    with pytest.raises(InvalidInput):
        house.child(token, born_on=date(2008, 9, 1).isoformat())
    assert house.child(token, born_on=date(2008, 9, 2).isoformat())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("municipality_code", "99999999"),
        ("municipality_code", KHASAVYURT),
        ("family_name", "  - "),
        ("given_name", "М4рия"),
        ("patronymic", "?"),
        ("snils", "112-233-445 96"),
        ("snils", "11223344595"),
        ("born_on", "31.12.2016"),
    ],
)
def test_a_wrong_field_is_named_and_not_repeated(standing_house: House, vera: str, field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        standing_house.child(vera, **{field: value})
    assert set(refusal.value.details) == {field}
    assert value not in str(refusal.value.details) + refusal.value.message
    assert stored(standing_house) == 0


def test_the_insurance_number_is_sealed(house: House, anna: str) -> None:
    house.child(anna, snils=SNILS)
    with house.transactions.reading() as session:
        row = session.execute(text("SELECT to_jsonb(child)::text, snils_sealed FROM child")).one()
        commands = session.execute(text("SELECT string_agg(answer::text, ' ') FROM command")).scalar_one()
    for digits in ("11223344595", "112-233-445", "112233445"):
        assert digits not in row[0] + commands
        assert digits.encode() not in bytes(row[1])


def test_children_come_in_pages_in_the_order_of_registration(house: House, anna: str) -> None:
    registered = [house.child(anna, born_on=f"2015-01-{day:02d}")["child_id"] for day in range(1, 6)]
    seen, cursor = [], None
    for _ in range(3):
        page = list_children(house, anna, limit=2, cursor=cursor)
        seen += [child["child_id"] for child in page["items"]]
        cursor = page["next_cursor"]
    assert seen == registered
    assert cursor is None


@pytest.mark.parametrize(
    "cursor",
    ["x", "MjAyMA==", "жжж", "MjAyMC0wMS0wMSB4", "MjAyMC0wMS0wMSAzODAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDE="],
)
def test_a_made_up_cursor_is_a_wrong_field(standing_house: House, vera: str, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        list_children(standing_house, vera, cursor=cursor)
    assert set(refusal.value.details) == {"cursor"}


def test_every_look_at_a_card_is_recorded(house: House, anna: str) -> None:
    first, second = (house.child(anna, born_on=born_on)["child_id"] for born_on in ("2015-01-01", "2015-01-02"))
    get_child(house, anna, first)
    list_children(house, anna)
    caller = house.service.verify(anna)
    recorded = looks(house)
    assert sorted((look.child_id, look.purpose) for look in recorded) == sorted(
        [(first, "family_card"), (first, "family_list"), (second, "family_list")]
    )
    assert {(look.reader_id, look.reader_role, look.region_code, look.session_id) for look in recorded} == {
        (caller.subject, "guardian", "38", caller.session_id)
    }
    assert all(clock.now() - look.occurred_at < timedelta(minutes=1) for look in recorded)


def test_recorded_looks_cannot_be_changed_or_deleted(house: House, anna: str) -> None:
    get_child(house, anna, house.child(anna)["child_id"])
    for statement in (update(ChildAccess).values(purpose="x"), delete(ChildAccess), text("TRUNCATE child_access")):
        with pytest.raises(DBAPIError, match="only ever added to"), house.transactions.writing() as session:
            session.execute(statement)
    assert len(looks(house)) == 1


def test_looks_are_kept_by_month(house: House, anna: str) -> None:
    get_child(house, anna, house.child(anna)["child_id"])
    with house.transactions.reading() as session:
        partition = session.scalar(text("SELECT tableoid::regclass::text FROM child_access"))
    assert partition == f"child_access_{clock.now():%Y_%m}"


def test_only_guardians_register_children(house: House) -> None:
    staff = Actor(subject=str(uuid.uuid4()), role="teacher", region_code="38", scope={"provider_id": str(uuid.uuid4())})
    token = tokens.issue(house.service.settings.token_private_key, staff, 900, clock.now())
    with pytest.raises(Forbidden):
        house.child(token)


def test_catalogs_facts_in_any_order_and_twice_make_the_same_picture() -> None:
    facts = [
        region_published("38", "Asia/Irkutsk", version=1),
        region_published("38", "Asia/Novosibirsk", version=2),
        municipality_published("38", IRKUTSK, "01", version=1),
        municipality_published("38", IRKUTSK, "77", version=2),
    ]
    with service_database("accounts") as url:
        transactions = Transactions(engine_of(url))
        house = furnished(transactions, {"KRUZHOK_DATABASE_URL": url, "KRUZHOK_ENV": "test"})
        for order in itertools.permutations(facts):
            with transactions.writing() as session:
                session.execute(text("DELETE FROM fact"))
            for event in (*order, *order):
                house.hear(event)
            with transactions.reading() as session:
                found: dict[str, Any] = dict(session.execute(text("SELECT fact_id, body FROM fact")).tuples().all())
            assert found["38"]["time_zone"] == "Asia/Novosibirsk"
            assert found[IRKUTSK]["payer_code"] == "77"


def test_a_municipality_that_was_published_a_moment_ago_is_asked_for(house: House, anna: str) -> None:
    house.catalog_log.undelivered["25700000"] = municipality_published("38", "25700000", "09")
    assert house.child(anna, municipality_code="25700000")
    assert house.events(contract.CHILD_REGISTERED)[0].data["payer_code"] == "09"


def test_all_of_catalogs_facts_arrived(house: House) -> None:
    with house.transactions.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM fact")) == len(list(catalog_facts()))
