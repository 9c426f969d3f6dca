"""What time refuses: a suite of its own, whose clock goes on with these tests in their order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from backstage import held_seats
from moving_clock import Clock, ticking
from people import DEMO_PASSWORD, FREE, OPEN, PASSWORD, REVIEWED, RULES, Cast, Family, new_key, staff
from provoked import refused

from chassis.clock import FILE_VARIABLE
from chassis.testing import running_suite, wait_for

SAMPLE = ("catalog", "accounts", "billing")
STAFF = ("teacher", "provider", "municipality", "region")
OF_AGE = ("child_over_age", "no_lessons_left")
"""What keeps a grown-up out of a free group: certificates expire with childhood, and ask nothing of it before."""


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    with ticking(tmp_path_factory.mktemp("time") / "clock") as moving:
        yield moving


@pytest.fixture(scope="module")
def cast(clock: Clock) -> Iterator[Cast]:
    """The people of a suite that lives by the clock."""
    with running_suite(sample=SAMPLE, environment={FILE_VARIABLE: str(clock.path)}) as suite:
        families = [Family.registered(suite.url, suite.mail, "38") for _ in range(2)]
        yield Cast(suite, *families, *(staff(suite.url, role, "38") for role in STAFF))


@pytest.fixture(scope="module")
def seventeen(cast: Cast, clock: Clock) -> dict[str, Any]:
    """The certificate of a child who comes of age in six weeks, enrolled in a group with a price and a free one."""
    birthday = (clock.now() + timedelta(days=42)).date()
    child_id = cast.family.new_child(born_on=birthday.replace(year=birthday.year - 18).isoformat())
    for group_id in (OPEN, FREE):
        assert cast.family.apply(cast.family.offer(child_id, group_id=group_id)).status_code == 201
    certificate = cast.family.certificate(child_id)
    assert certificate["valid_until"] == birthday.isoformat()
    return certificate


@pytest.fixture(scope="module")
def leaver(cast: Cast) -> dict[str, Any]:
    """An enrolment that ends on the day on which it began; the teacher still has the day's journal to fill."""
    application = cast.family.applied(OPEN)
    wait_for(lambda: named(cast, application), 15, "the name on the page")
    path = f"/applications/{application['application_id']}/withdrawal"
    assert cast.family.post(path, {}, new_key()).status_code == 200
    assert named(cast, application)
    return application


def first_day(application: dict[str, Any]) -> str:
    """The day of the enrolment, in Irkutsk."""
    return (datetime.fromisoformat(application["enrolled_at"]) + timedelta(hours=8)).date().isoformat()


def lesson_of(cast: Cast, application: dict[str, Any]) -> str:
    """The lesson on that day."""
    path = f"/provider/groups/{application['group_id']}/lessons"
    return str(cast.teacher.get(path, params={"on": first_day(application)}).json()["items"][0]["lesson_id"])


def named(cast: Cast, application: dict[str, Any]) -> bool:
    """Whether the page of the first lesson names the child."""
    roster = cast.teacher.get(f"/provider/lessons/{lesson_of(cast, application)}").json()["roster"]
    line = next(each for each in roster if each["child_id"] == application["child_id"])
    return bool(line["family_name"] and line["given_name"])


def move_to(cast: Cast, clock: Clock, instant: datetime) -> None:
    """Let it be that instant; everybody has been away for longer than an access token lasts."""
    clock.move_to(instant)
    cast.family.sign_in(cast.family.email, PASSWORD)
    for role in STAFF:
        getattr(cast, role).sign_in(f"{role}38@example.org", DEMO_PASSWORD)


@pytest.mark.usefixtures("seventeen", "leaver")
def test_an_offer_lapses(cast: Cast, clock: Clock) -> None:
    offer = cast.family.offer(cast.family.new_child(), group_id=OPEN)
    expires_at = datetime.fromisoformat(offer["expires_at"])
    clock.move_to(expires_at + timedelta(seconds=1))
    refused(cast.family.get("/children"), 401, "token_expired")
    move_to(cast, clock, clock.now())
    body = refused(cast.family.apply(offer), 422, "offer_expired")
    assert datetime.fromisoformat(body["details"]["expires_at"]) == expires_at


@pytest.mark.usefixtures("seventeen")
def test_a_place_is_kept_until_its_deadline(cast: Cast, clock: Clock) -> None:
    application = cast.family.applied(REVIEWED)
    path = f"/provider/applications/{application['application_id']}/confirmation"
    with ThreadPoolExecutor(1) as pool, held_seats(cast.suite, REVIEWED) as somebody_waits:
        move_to(cast, clock, datetime.fromisoformat(application["decide_by"]) + timedelta(seconds=1))
        answer = pool.submit(cast.provider.post, path, None, new_key())
        wait_for(somebody_waits, 8, "the provider's decision to wait")
    refused(answer.result(), 422, "place_deadline_passed")

    def status() -> str:
        return str(cast.family.get(f"/applications/{application['application_id']}").json()["status"])

    wait_for(lambda: status() == "cancelled", 15, "the application to lapse")


def test_a_certificate_expires_with_childhood(cast: Cast, clock: Clock, seventeen: dict[str, Any]) -> None:
    move_to(cast, clock, datetime.fromisoformat(f"{seventeen['valid_until']}T23:59:30+08:00"))
    assert cast.family.certificate(seventeen["child_id"])["state"] != "expired"
    move_to(cast, clock, clock.now() + timedelta(minutes=1))

    def code(group_id: str) -> str:
        return str(cast.family.ask_offer(seventeen["child_id"], group_id).json().get("code"))

    wait_for(lambda: code(REVIEWED) == "certificate_expired", 30, "the certificate to expire")
    assert cast.family.certificate(seventeen["child_id"])["state"] == "expired"
    refused(cast.family.ask_offer(seventeen["child_id"], REVIEWED), 422, "certificate_expired")
    assert code(FREE) in OF_AGE


def application_of(cast: Cast, child_id: str, group_id: str = OPEN) -> dict[str, Any]:
    applications = cast.family.get("/applications", params={"limit": 100}).json()["items"]
    return dict(next(each for each in applications if (each["child_id"], each["group_id"]) == (child_id, group_id)))


def test_a_free_group_goes_on_without_a_certificate_in_force(cast: Cast, seventeen: dict[str, Any]) -> None:
    assert cast.family.certificate(seventeen["child_id"])["state"] == "expired"
    application = application_of(cast, seventeen["child_id"], FREE)
    assert application["status"] == "enrolled"
    contract = cast.family.get(f"/applications/{application['application_id']}/contract").json()
    assert (contract["state"], contract["price"]["value"]) == ("active", "0.00")


def test_a_page_is_closed_after_two_weeks(cast: Cast, seventeen: dict[str, Any]) -> None:
    application = application_of(cast, seventeen["child_id"])
    marks = {"marks": [{"enrollment_id": application["application_id"], "mark": "present"}]}
    path = f"/provider/lessons/{lesson_of(cast, application)}/attendance"
    answer = cast.teacher.send("PUT", path, json=marks)
    assert refused(answer, 422, "journal_closed")["details"]["lesson_on"] == first_day(application)


def test_a_page_no_longer_names_who_has_left_and_goes_on_naming_who_has_not(
    cast: Cast, seventeen: dict[str, Any], leaver: dict[str, Any]
) -> None:
    assert named(cast, application_of(cast, seventeen["child_id"]))
    assert not named(cast, leaver)


@pytest.mark.usefixtures("seventeen")
def test_nothing_is_given_to_a_period_that_is_over(cast: Cast, clock: Clock) -> None:
    period = cast.municipality.get("/municipality/periods").json()["items"][0]
    budget = cast.municipality.get("/municipality/budgets").json()["items"][0]
    move_to(cast, clock, datetime.fromisoformat(f"{period['ends_on']}T23:59:59+08:00") + timedelta(minutes=1))
    body = {
        "funding_programme_id": budget["funding_programme_id"],
        "amount": {"value": "1.00", "unit": "RUB"},
        "basis": "Проверка",
    }
    refused(cast.municipality.post("/municipality/budgets", body, new_key()), 422, "period_ended")
    rules = RULES | {"period_id": period["period_id"]}
    refused(cast.municipality.post("/municipality/funding-programmes", rules, new_key()), 422, "period_ended")
