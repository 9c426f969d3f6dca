"""Which names a provider's staff may read."""

import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select

from accounts.models import Applicant, ChildAccess, Pupil
from chassis import clock, tokens
from chassis.context import Actor
from chassis.errors import Forbidden
from chassis.outbox import Received
from contracts import accounts as contract

from .house import House, applied, cancelled, completed, enrolled, withdrawn

OURS, THEIRS = str(uuid.uuid4()), str(uuid.uuid4())


def staff(house: House, role: str = "teacher", provider_id: str | None = OURS, region_code: str = "38") -> str:
    scope = {"provider_id": provider_id} if provider_id else {}
    actor = Actor(subject=str(uuid.uuid4()), role=role, region_code=region_code, session_id="s", scope=scope)
    return tokens.issue(house.service.settings.token_private_key, actor, 900, clock.now())


def pupils(house: House, token: str, *child_ids: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = house.call(contract.LIST_PUPILS, bearer=token, child_ids=list(child_ids))["items"]
    return items


@pytest.fixture
def children(house: House) -> list[str]:
    token = house.guardian()
    return [house.child(token, given_name=name)["child_id"] for name in ("Анна", "Борис", "Вера")]


@pytest.mark.parametrize("role", ["teacher", "provider"])
def test_staff_read_the_names_of_their_own_pupils_only(house: House, children: list[str], role: str) -> None:
    ours, theirs, nobodys = children
    house.hear(enrolled(ours, OURS))
    house.hear(enrolled(theirs, THEIRS))
    shown = pupils(house, staff(house, role), ours, theirs, nobodys, str(uuid.uuid4()))
    assert shown == [{"child_id": ours, "given_name": "Анна", "family_name": "Примерова"}]


@pytest.mark.parametrize("role", ["teacher", "provider"])
def test_staff_read_the_names_of_children_who_applied_to_them_and_no_others(
    house: House, children: list[str], role: str
) -> None:
    ours, theirs, nobodys = children
    house.hear(applied(ours, OURS))
    house.hear(applied(theirs, THEIRS))
    shown = pupils(house, staff(house, role), ours, theirs, nobodys)
    assert shown == [{"child_id": ours, "given_name": "Анна", "family_name": "Примерова"}]
    assert pupils(house, staff(house, role, region_code="05"), ours) == []


def test_an_applicant_who_is_enrolled_later_is_shown_once(house: House, children: list[str]) -> None:
    application = applied(children[0], OURS)
    for event in (enrolled(children[0], OURS), application, application):
        house.hear(event)
    assert len(pupils(house, staff(house), *children)) == 1
    with house.transactions.reading() as session:
        assert len(session.scalars(select(Applicant.application_id)).all()) == 1


def test_a_pupil_of_two_groups_is_shown_once(house: House, children: list[str]) -> None:
    house.hear(enrolled(children[0], OURS))
    house.hear(enrolled(children[0], OURS))
    assert len(pupils(house, staff(house), *children)) == 1


def test_staff_of_another_region_see_nobody(house: House, children: list[str]) -> None:
    house.hear(enrolled(children[0], OURS))
    assert pupils(house, staff(house, region_code="05"), *children) == []


def test_staff_without_a_provider_are_refused(house: House, children: list[str]) -> None:
    with pytest.raises(Forbidden) as refusal:
        pupils(house, staff(house, provider_id=None), *children)
    assert refusal.value.code == "no_provider"


def test_reading_a_roster_is_recorded_for_each_child_shown(house: House, children: list[str]) -> None:
    for child_id in children[:2]:
        house.hear(enrolled(child_id, OURS))
    pupils(house, staff(house), *children)
    with house.transactions.reading() as session:
        looks = session.execute(select(ChildAccess.child_id, ChildAccess.purpose, ChildAccess.reader_role)).all()
    assert {tuple(look) for look in looks} == {(child_id, "provider_roster", "teacher") for child_id in children[:2]}


def test_enrolments_in_any_order_and_twice_make_the_same_picture(house: House, children: list[str]) -> None:
    events = [enrolled(children[0], OURS), enrolled(children[0], THEIRS), enrolled(children[1], OURS)]
    pictures = set()
    for order in itertools.permutations(events):
        with house.transactions.writing() as session:
            session.execute(delete(Pupil))
        for event in (*order, *order):
            house.hear(event)
        with house.transactions.reading() as session:
            rows = session.execute(select(Pupil.provider_id, Pupil.child_id, Pupil.enrollment_id)).tuples()
            pictures.add(frozenset(rows))
    assert len(pictures) == 1
    assert len(pictures.pop()) == 3


def test_an_enrolment_of_a_child_that_is_not_here_is_stored_and_shows_nobody(house: House) -> None:
    stranger = str(uuid.uuid4())
    house.hear(enrolled(stranger, OURS))
    assert pupils(house, staff(house), stranger) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 1, 0), (1, 0, 1)], ids=str)
def test_a_name_is_not_read_once_the_application_has_ended(
    house: House, children: list[str], order: tuple[int, ...]
) -> None:
    application = applied(children[0], OURS)
    events = (application, cancelled(application))
    for place in order:
        house.hear(events[place])
    assert pupils(house, staff(house), *children) == []


@pytest.mark.parametrize("end", [withdrawn, completed])
def test_a_name_is_read_while_the_journal_of_the_last_lesson_is_open_and_no_longer(
    house: House,
    children: list[str],
    clock_at: Callable[[datetime], None],
    end: Callable[[Received, str], Received],
) -> None:
    application = applied(children[0], OURS)
    enrolment = enrolled(children[0], OURS, application_id=application.subject)
    for event in (end(enrolment, "2026-05-20"), application, enrolment):
        house.hear(event)
    clock_at(datetime(2026, 6, 3, 15, 59, 59, tzinfo=UTC))
    assert len(pupils(house, staff(house), *children)) == 1
    clock_at(datetime(2026, 6, 4, tzinfo=UTC))
    assert pupils(house, staff(house), *children) == []


@pytest.mark.parametrize("tie", [applied, enrolled])
def test_the_end_of_one_group_takes_no_name_away_from_another(
    house: House, children: list[str], tie: Callable[[str, str], Received]
) -> None:
    left, given_up = enrolled(children[0], OURS), applied(children[0], OURS)
    for event in (left, withdrawn(left, "2020-09-03"), given_up, cancelled(given_up), tie(children[0], OURS)):
        house.hear(event)
    assert len(pupils(house, staff(house), *children)) == 1
