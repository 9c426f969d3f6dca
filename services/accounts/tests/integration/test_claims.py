"""Claims: the second registration of a child, and what a municipality decides about it."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Child, ChildAccess, Claim, Guardianship
from chassis import clock, tokens
from chassis.context import Actor
from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, Refusal
from contracts import accounts as contract

from .house import ANGARSK, IRKUTSK, KHASAVYURT, OTHER_SNILS, SNILS, House

BASIS = "Свидетельство о рождении предъявлено лично"


@pytest.fixture
def anna(house: House) -> str:
    return house.guardian("anna@example.org")


@pytest.fixture
def boris(house: House) -> str:
    return house.guardian("boris@example.org")


def officer(house: House, municipality_code: str = IRKUTSK, region_code: str = "38", role: str = "municipality") -> str:
    scope = {"municipality_code": municipality_code} if role == "municipality" else {}
    actor = Actor(subject=str(uuid.uuid4()), role=role, region_code=region_code, session_id="s", scope=scope)
    return tokens.issue(house.service.settings.token_private_key, actor, 900, clock.now())


def claimed(house: House, token: str, **fields: Any) -> str:
    with pytest.raises(Conflict) as refusal:
        house.child(token, **fields)
    assert (refusal.value.code, set(refusal.value.details)) == ("child_claimed", {"claim_id"})
    return refusal.value.details["claim_id"]


def mine(house: House, token: str, **page: Any) -> dict[str, Any]:
    return house.call(contract.LIST_MY_CLAIMS, bearer=token, **page)


def to_decide(house: House, token: str, **page: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = house.call(contract.LIST_CLAIMS, bearer=token, **page)["items"]
    return items


def decide(house: House, token: str, claim_id: str, decision: str, **options: Any) -> dict[str, Any]:
    return house.call(contract.DECIDE_CLAIM, bearer=token, claim_id=claim_id, decision=decision, basis=BASIS, **options)


def counted(house: House, model: type[Any]) -> int:
    with house.transactions.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def code_of(work: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as refusal:
        work()
    return refusal.value.code


@pytest.mark.parametrize(
    ("again", "by"),
    [
        ({}, "name_and_birth_date"),
        ({"given_name": "МАРИЯ", "family_name": " примерова", "snils": None}, "name_and_birth_date"),
        ({"patronymic": None}, "name_and_birth_date"),
        ({"patronymic": "Павловна"}, "name_and_birth_date"),
        ({"snils": SNILS}, "snils"),
        ({"family_name": "Совсем-Другая", "given_name": "Алла", "snils": SNILS}, "snils"),
    ],
    ids=["as it was", "in another spelling", "no patronymic", "another patronymic", "number", "number, another name"],
)
def test_a_second_registration_by_another_family_is_a_claim_and_no_second_child(
    house: House, anna: str, boris: str, again: dict[str, Any], by: str
) -> None:
    house.child(anna, snils=SNILS)
    claim_id = claimed(house, boris, **again)
    assert counted(house, Child) == len(house.events()) - len(house.events(contract.GUARDIAN_REGISTERED)) == 1
    (item,) = to_decide(house, officer(house))
    assert (item["claim_id"], item["matched_by"], item["state"]) == (claim_id, by, "open")


def test_the_claim_is_kept_together_with_the_refusal_and_repeated_with_it(house: House, anna: str, boris: str) -> None:
    house.child(anna)
    key = str(uuid.uuid4())
    first, again, later = (claimed(house, boris, key=each) for each in (key, key, "another-key"))
    assert first == again == later
    assert counted(house, Claim) == 1
    with house.transactions.reading() as session:
        stored = session.execute(text("SELECT status, answer FROM command WHERE key = :key"), {"key": key}).one()
    assert (stored.status, stored.answer["details"]) == ("refused", {"claim_id": first})


def test_a_claimant_sees_what_they_sent_and_nothing_of_what_is_known(house: House, anna: str, boris: str) -> None:
    house.child(anna, snils=SNILS)
    claim_id = claimed(house, boris, born_on="2015-01-01", municipality_code=ANGARSK, snils=SNILS)
    (item,) = mine(house, boris)["items"]
    assert item | {"claimed_at": None} == {
        "claim_id": claim_id,
        "state": "open",
        "born_on": "2015-01-01",
        "municipality_code": ANGARSK,
        "claimed_at": None,
        "decided_at": None,
        "child_id": None,
    }
    assert mine(house, anna) == {"items": [], "next_cursor": None}
    assert house.call(contract.LIST_CHILDREN, bearer=boris)["items"] == []


def test_the_municipality_sees_what_was_sent_beside_what_is_known(house: House, anna: str, boris: str) -> None:
    house.child(anna, snils=SNILS)
    claimed(house, boris, family_name="Образцова", patronymic=None, born_on="2015-01-01", snils=SNILS)
    (item,) = to_decide(house, officer(house))
    assert (item["claimed_name"], item["born_on"]) == ("Образцова Мария", "2015-01-01")
    assert (item["known_name"], item["known_born_on"]) == ("Примерова Мария Петровна", "2016-04-12")
    assert item["known_guardian_names"] == [item["claimant_name"]] == ["Примерова Анна Ивановна"]


def test_approval_makes_the_claimant_a_guardian_and_announces_the_whole_child(
    house: House, anna: str, boris: str
) -> None:
    child = house.child(anna)
    claim_id = claimed(house, boris)
    decided = decide(house, officer(house), claim_id, "approved")
    assert (decided["state"], decided["child_id"]) == ("approved", child["child_id"])
    assert decided["decided_at"] is not None
    assert house.call(contract.GET_CHILD, bearer=boris, child_id=child["child_id"]) == child
    assert mine(house, boris)["items"][0]["child_id"] == child["child_id"]
    (event,) = house.events(contract.CHILD_CHANGED)
    (registered,) = house.events(contract.CHILD_REGISTERED)
    guardians = [house.service.verify(token).subject for token in (anna, boris)]
    assert (event.subject, event.version) == (child["child_id"], 2)
    assert event.data == registered.data | {"guardian_ids": guardians}
    assert code_of(lambda: house.child(boris)) == "child_already_registered"


def test_each_approved_guardian_makes_the_version_grow(house: House, anna: str, boris: str) -> None:
    house.child(anna)
    vera = house.guardian("vera@example.org")
    for token in (boris, vera):
        decide(house, officer(house), claimed(house, token), "approved")
    changes = house.events(contract.CHILD_CHANGED)
    assert [event.version for event in changes] == [2, 3]
    assert [len(event.data["guardian_ids"]) for event in changes] == [2, 3]


def test_after_a_rejection_nothing_has_changed_and_a_new_registration_is_a_new_claim(
    house: House, anna: str, boris: str
) -> None:
    child = house.child(anna)
    first = claimed(house, boris)
    assert decide(house, officer(house), first, "rejected")["child_id"] is None
    assert (
        code_of(lambda: house.call(contract.GET_CHILD, bearer=boris, child_id=child["child_id"])) == "child_not_found"
    )
    assert house.events(contract.CHILD_CHANGED) == []
    assert claimed(house, boris) != first
    assert counted(house, Child) == 1


def test_a_namesake_becomes_a_child_of_its_own_under_the_claimant(house: House, anna: str, boris: str) -> None:
    known = house.child(anna)
    claim_id = claimed(house, boris, snils=SNILS, municipality_code=ANGARSK)
    decided = decide(house, officer(house), claim_id, "another_child")
    assert decided["child_id"] != known["child_id"]
    (own,) = house.call(contract.LIST_CHILDREN, bearer=boris)["items"]
    assert (own["child_id"], own["snils_ending"]) == (decided["child_id"], "95")
    registered = house.events(contract.CHILD_REGISTERED)[-1]
    assert (registered.subject, registered.version) == (own["child_id"], 1)
    assert registered.data["guardian_ids"] == [house.service.verify(boris).subject]
    assert registered.data["municipality_code"] == ANGARSK
    assert code_of(lambda: house.child(boris)) == "child_already_registered"
    assert house.events(contract.CHILD_CHANGED) == []


def test_of_two_namesakes_the_second_is_claimed_when_the_first_is_ruled_out(
    house: House, anna: str, boris: str
) -> None:
    house.child(anna)
    decide(house, officer(house), claimed(house, boris), "another_child")
    vera = house.guardian("vera@example.org")
    first = claimed(house, vera)
    assert decide(house, officer(house), first, "another_child")["child_id"] is None
    (second,) = to_decide(house, officer(house))
    assert second["claim_id"] == claimed(house, vera) != first
    decided = decide(house, officer(house), second["claim_id"], "another_child")
    assert counted(house, Child) == 3
    assert [child["child_id"] for child in house.call(contract.LIST_CHILDREN, bearer=vera)["items"]] == [
        decided["child_id"]
    ]


def test_one_insurance_number_is_never_two_children(house: House, anna: str, boris: str) -> None:
    house.child(anna, snils=SNILS)
    claim_id = claimed(house, boris, family_name="Образцова", snils=SNILS)
    assert code_of(lambda: decide(house, officer(house), claim_id, "another_child")) == "claim_matched_by_snils"
    assert [item["claim_id"] for item in to_decide(house, officer(house))] == [claim_id]
    decide(house, officer(house), claim_id, "rejected")
    assert house.child(boris, family_name="Образцова", snils=OTHER_SNILS)


def test_the_same_guardian_registers_a_child_once(house: House, anna: str) -> None:
    house.child(anna, snils=SNILS)
    for again in ({}, {"patronymic": None}, {"family_name": "Образцова", "snils": SNILS}):
        assert code_of(lambda again=again: house.child(anna, **again)) == "child_already_registered"
    assert counted(house, Claim) == 0


def test_a_decision_is_final(house: House, anna: str, boris: str) -> None:
    house.child(anna)
    claim_id = claimed(house, boris)
    decide(house, officer(house), claim_id, "rejected")
    with pytest.raises(Conflict) as refusal:
        decide(house, officer(house), claim_id, "approved")
    assert (refusal.value.code, refusal.value.details) == ("claim_decided", {"state": "rejected"})
    assert counted(house, Guardianship) == 1


def test_a_decision_is_kept_with_who_when_and_why_and_without_the_number(house: House, anna: str, boris: str) -> None:
    house.child(anna)
    token = officer(house)
    claim_id = claimed(house, boris, snils=SNILS)
    decide(house, token, claim_id, "rejected")
    with house.transactions.reading() as session:
        claim = session.scalars(select(Claim)).one()
        assert (claim.decided_by, claim.basis) == (house.service.verify(token).subject, BASIS)
        assert claim.snils_sealed is None


@pytest.mark.parametrize(("municipality_code", "region_code"), [(ANGARSK, "38"), (KHASAVYURT, "05"), (IRKUTSK, "05")])
def test_only_the_municipality_of_the_known_child_sees_and_decides(
    house: House, anna: str, boris: str, municipality_code: str, region_code: str
) -> None:
    house.child(anna)
    claim_id = claimed(house, boris, municipality_code=ANGARSK)
    stranger = officer(house, municipality_code, region_code)
    assert to_decide(house, stranger) == []
    with pytest.raises(NotFound) as others:
        decide(house, stranger, claim_id, "approved")
    with pytest.raises(NotFound) as nobodys:
        decide(house, officer(house), str(uuid.uuid4()), "approved")
    assert (others.value.code, others.value.details) == (nobodys.value.code, nobodys.value.details)
    assert len(to_decide(house, officer(house))) == 1


@pytest.mark.parametrize("role", ["guardian", "region"])
def test_others_than_municipalities_decide_nothing(house: House, anna: str, role: str) -> None:
    token = officer(house, role=role)
    with pytest.raises(Forbidden):
        to_decide(house, token)
    with pytest.raises(Forbidden):
        decide(house, token, str(uuid.uuid4()), "approved")


def test_every_look_at_a_known_child_behind_a_claim_is_recorded(house: House, anna: str, boris: str) -> None:
    child_id = house.child(anna)["child_id"]
    vera = house.guardian("vera@example.org")
    claim_id = claimed(house, boris)
    claimed(house, vera)
    token = officer(house)
    assert len(to_decide(house, token)) == 2
    decide(house, token, claim_id, "rejected")
    reader = house.service.verify(token).subject
    with house.transactions.reading() as session:
        looks = session.execute(select(ChildAccess.child_id, ChildAccess.purpose, ChildAccess.reader_id)).tuples().all()
    assert sorted(looks) == [(child_id, "claim_decision", reader), (child_id, "claim_list", reader)]


def test_claims_come_in_pages_oldest_first_to_decide_and_newest_first_to_their_author(
    house: House, anna: str, boris: str
) -> None:
    made = []
    for day in range(1, 6):
        house.child(anna, born_on=f"2015-01-0{day}")
        made.append(claimed(house, boris, born_on=f"2015-01-0{day}"))
    token = officer(house)

    def pages(method: Any, bearer: str) -> list[str]:
        seen, cursor = [], None
        for _ in range(3):
            page = house.call(method, bearer=bearer, limit=2, cursor=cursor)
            seen += [item["claim_id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert cursor is None
        return seen

    assert pages(contract.LIST_CLAIMS, token) == made
    assert pages(contract.LIST_MY_CLAIMS, boris) == made[::-1]
    decide(house, token, made[0], "rejected")
    assert [item["claim_id"] for item in to_decide(house, token)] == made[1:]
    assert [item["claim_id"] for item in to_decide(house, token, state="rejected")] == made[:1]
    with pytest.raises(InvalidInput):
        to_decide(house, token, cursor=house.call(contract.LIST_MY_CLAIMS, bearer=boris, limit=1)["next_cursor"])


def test_two_families_at_the_same_instant_make_one_child_and_one_claim(house: House, anna: str, boris: str) -> None:
    for year in range(2009, 2019):
        barrier = Barrier(2)

        def register(token: str, born_on: str = f"{year}-04-12", barrier: Barrier = barrier) -> str:
            barrier.wait()
            try:
                return f"child {house.child(token, born_on=born_on)['child_id']}"
            except Conflict as refusal:
                return refusal.code

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(register, (anna, boris)))
        assert answers.count("child_claimed") == 1
    assert counted(house, Child) == len(house.events(contract.CHILD_REGISTERED)) == counted(house, Claim) == 10


def test_one_family_from_two_phones_makes_one_child_and_no_claim(house: House, anna: str) -> None:
    barrier = Barrier(2)

    def register(patronymic: str | None) -> str:
        barrier.wait()
        try:
            return f"child {house.child(anna, patronymic=patronymic)['child_id']}"
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(register, ("Петровна", None)))
    assert answers.count("child_already_registered") == counted(house, Child) == 1
    assert counted(house, Claim) == 0


@pytest.mark.parametrize("other_decision", ["approved", "rejected", "another_child"])
def test_two_decisions_at_once_are_one(house: House, anna: str, boris: str, other_decision: str) -> None:
    for year in range(2012, 2018):
        house.child(anna, born_on=f"{year}-04-12")
        claim_id = claimed(house, boris, born_on=f"{year}-04-12")
        barrier = Barrier(2)

        def act(decision: str, claim_id: str = claim_id, barrier: Barrier = barrier) -> str:
            token = officer(house)
            barrier.wait()
            try:
                return str(decide(house, token, claim_id, decision)["state"])
            except Conflict as refusal:
                return refusal.code

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(act, ("approved", other_decision)))
        assert answers.count("claim_decided") == 1
        (won,) = [answer for answer in answers if answer != "claim_decided"]
        with house.transactions.reading() as session:
            assert session.get_one(Claim, ("38", claim_id)).state == won
    assert counted(house, Guardianship) == 6 + len(house.events(contract.CHILD_CHANGED)) + (counted(house, Child) - 6)


def test_the_database_keeps_one_open_claim_of_a_guardian_on_a_child(house: House, anna: str, boris: str) -> None:
    house.child(anna)
    claimed(house, boris)
    with house.transactions.reading() as session:
        claim = session.scalars(select(Claim)).one()
        columns = {column.name: getattr(claim, column.name) for column in Claim.__table__.columns}
    with pytest.raises(IntegrityError, match="uq_claim_open"), house.transactions.writing() as writing:
        writing.add(Claim(**(columns | {"claim_id": str(uuid.uuid4())})))


def test_the_number_of_an_open_claim_is_sealed(house: House, anna: str, boris: str) -> None:
    house.child(anna)
    claimed(house, boris, snils=SNILS)
    with house.transactions.reading() as session:
        row = session.execute(text("SELECT to_jsonb(claim)::text, snils_sealed FROM claim")).one()
        commands = session.execute(text("SELECT string_agg(answer::text, ' ') FROM command")).scalar_one()
    for digits in ("11223344595", "112-233-445", "112233445"):
        assert digits not in row[0] + commands
        assert digits.encode() not in bytes(row[1])
