"""Every event is delivered twice, the second time when everything after it has happened: nothing changes by it."""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from families import Door, Family, Person
from races import (
    DAILY,
    PATIENCE_SECONDS,
    REVIEWED,
    account,
    await_contracts,
    code,
    made,
    municipality,
    new_child,
    offer,
    resize,
    seats,
    send,
    side_by_side,
)
from sqlalchemy import text
from storm import journey, settle, today
from town import STORED, Town

from chassis.testing import engine_of, wait_for
from contracts.registry import EVENTS, READERS

FREE, DRAFT = (f"38000000-0000-4000-8000-0000000000{number}" for number in (16, 11))
"""Groups of the sample: a free one that admits at once, and one that nobody has seen yet."""
SUSPENDED_PROVIDER = "38000000-0000-4000-8000-000000000020"
UST_KUT = "25644000"
"""It has no rules and no money in the sample."""
MONTHLY: dict[str, Any] = {
    "nominal": {"value": "20.00", "unit": "RUB"}, "certificates_max": None, "nominal_sum_max": None,
    "charge": "monthly_share", "absent_percent": 100, "ill_percent": 0, "excused_percent": 0,
    "copayment_allowed": True, "remainder": "burn",
}  # fmt: skip
"""Rules by which a certificate pays for less than a lesson: there is never enough for a second group."""
NOT_COMPARED = ("inbox", "event_cursor", "outbox", "sign_in_attempts")
"""They tell of deliveries, or go by the time of day; of the outbox, what was made is compared."""
TABLES = """
    SELECT relname AS name FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
      AND relname <> ALL(:left_out)"""
CONTENT = (
    "SELECT count(*) || ' rows ' || coalesce(md5(string_agg({row}, ' ' ORDER BY {row})), '') AS it FROM {table} each"
)
MAIL_SECONDS = 3
NOT_PROVOKED = {
    "billing.debit.month_reversed.v1": "comes when an end is told that lies before a month which has begun",
    "enrollment.completed.v1": "comes when a group's last day is over: the town lives by the true clock",
    "certificates.certificate.expired.v1": "comes on an 18th birthday, and nobody is given a certificate on that day",
}
OF_THE_SAMPLE = ("catalog.region.published.v1", "catalog.municipality.published.v1")
"""Said when the sample was loaded, and by nobody later: of these, all that there are come again."""
NOW = "SELECT now() AS at"
SINCE = """
    UPDATE outbox SET published_at = NULL WHERE recorded_at >= :began_at OR type = ANY(:older)
    RETURNING event_id::text, type"""


@pytest.mark.usefixtures("adding_up")
def test_every_event_that_comes_again_later_changes_nothing(town: Town, door: Door, provider: Person) -> None:
    began_at = {service: town.rows(service, NOW)[0].at for service in STORED}
    live_through_everything(town, door, provider)
    before, heard = at_rest(town), {reader: times_heard(town, reader) for reader in READERS}

    sent = [each for service in STORED for each in send_again(town, service, began_at[service])]
    assert set(EVENTS) - {kind for _, kind in sent} == set(NOT_PROVOKED)
    for reader, events in READERS.items():
        read = {event.type for event in events}
        expected = {event_id: heard[reader][event_id] + 1 for event_id, kind in sent if kind in read}
        again = partial(heard_again, town, reader, expected)
        wait_for(again, PATIENCE_SECONDS, f"{reader} to hear all again", every=1)
    assert at_rest(town) == before


def live_through_everything(town: Town, door: Door, provider: Person) -> None:
    """Whatever can happen to a family, a group, a lesson or a certificate within a day happens."""
    families = side_by_side([partial(town.family, door, region_code) for region_code in ("38", "05", "38", "05")])
    teachers = {region_code: town.staff(door, "teacher", region_code) for region_code in ("38", "05")}
    side_by_side(
        [
            *[partial(journey, family, teachers[family.region_code]) for family in families],
            partial(corrected_and_cancelled, town, families[0], provider),
            partial(prepaid_and_too_dear, town, families[2], provider),
            partial(refused_by_the_provider, families[0], provider),
            partial(late_but_lucky, town, families[2], provider),
            partial(first_shown, provider),
            partial(admitted_and_suspended, town.staff(door, "region")),
        ]
    )
    side_by_side(
        [
            *[partial(leave, family) for family in families[:2]],
            partial(frozen_and_revoked, families[2], town.staff(door, "municipality")),
            partial(claimed, families[1], families[3], town.staff(door, "municipality", "05")),
        ]
    )


def corrected_and_cancelled(town: Town, family: Family, provider: Person) -> None:
    """A child is enrolled by order; its mark is paid, then corrected; the lesson turns out not to have been held.

    Another lesson is moved.
    """
    application = admitted(family, provider, offer(family, new_child(family), REVIEWED))
    await_contracts(town, [application["application_id"]], "active")
    lessons = f"/provider/groups/{REVIEWED}/lessons"
    lesson = provider.ask("GET", lessons, params={"on": today("38")})["items"][0]
    path = f"/provider/lessons/{lesson['lesson_id']}"
    for mark, kind in (("present", "debit"), ("ill", "reversal")):
        line = {"enrollment_id": application["application_id"], "mark": mark}
        made(provider, "PUT", f"{path}/attendance", {"marks": [line], "reason": "Исправление ошибки"})
        wait_for(partial(has_moved, family, application["child_id"], kind), PATIENCE_SECONDS, f"the {kind}")
    made(provider, "POST", f"{path}/cancellation", {"reason": "weather"})
    last = provider.ask("GET", lessons)["items"][-1]
    hours = {"on": last["on"], "starts_at": "18:00", "ends_at": "19:00"}
    made(provider, "POST", f"/provider/lessons/{last['lesson_id']}/move", {**hours, "reason": "room_unavailable"})


def admitted(family: Family, provider: Person, body: dict[str, Any]) -> dict[str, Any]:
    """An application that the provider confirms, and enrols by its order."""
    path = f"/provider/applications/{made(family, 'POST', '/applications', body)['application_id']}"
    made(provider, "POST", f"{path}/confirmation")
    return made(provider, "POST", f"{path}/enrolment", {"order_number": "17-у"})


def has_moved(family: Family, child_id: str, kind: str) -> bool:
    """Whether the certificate's money has moved that way."""
    items = family.ask("GET", f"/children/{child_id}/certificate/operations")["items"]
    return kind in {each["kind"] for each in items}


def refused_by_the_provider(family: Family, provider: Person) -> None:
    """An application that comes to nothing."""
    application = made(family, "POST", "/applications", offer(family, new_child(family), REVIEWED))
    path = f"/provider/applications/{application['application_id']}/refusal"
    made(provider, "POST", path, {"reason": "no_documents"})


def prepaid_and_too_dear(town: Town, family: Family, provider: Person) -> None:
    """Two groups wait for a municipality's money, which is for one; it is paid for by the month, the other given up."""
    payer, child_id = municipality(town, UST_KUT), new_child(family, UST_KUT)
    periods = payer.ask("GET", "/municipality/periods")["items"]
    period_id = next(each["period_id"] for each in periods if each["state"] == "open")
    made(payer, "POST", "/municipality/funding-programmes", MONTHLY | {"period_id": period_id})
    offers = [offer(family, child_id, group_id) for group_id in (DAILY, REVIEWED)]
    ids = [
        made(family, "POST", "/applications", offers[0])["application_id"],
        admitted(family, provider, offers[1])["application_id"],
    ]
    await_contracts(town, ids, "awaiting_funds")
    programme = payer.ask("GET", "/municipality/budgets")["items"][0]["funding_programme_id"]
    gift = {"funding_programme_id": programme, "amount": MONTHLY["nominal"], "basis": "Вымышленное постановление"}
    made(payer, "POST", "/municipality/budgets", gift)
    await_contracts(town, ids, "active", "awaiting_acceptance")
    for enrollment_id in ids:
        path = f"/applications/{enrollment_id}/contract"
        if family.ask("GET", path)["state"] == "awaiting_acceptance":
            made(family, "POST", f"{path}/refusal")


def late_but_lucky(town: Town, family: Family, provider: Person) -> None:
    """The group is full, then larger: who waited is offered the place, and takes it."""
    body, before = offer(family, new_child(family), FREE), seats(town, FREE)
    resize(town, provider, FREE, before.taken)
    path = f"/applications/{made(family, 'POST', '/applications', body)['application_id']}"
    resize(town, provider, FREE, before.capacity)
    family.until("the place", lambda: family.ask("GET", path)["status"] == "offered")
    made(family, "POST", f"{path}/acceptance")


def first_shown(provider: Person) -> None:
    """A draft is published, and closed again."""
    for state in ("published", "closed"):
        made(provider, "PATCH", f"/provider/groups/{DRAFT}", {"state": state})


def admitted_and_suspended(region: Person) -> None:
    """A suspended provider is admitted, and suspended again."""
    for state, reason in (("active", "cleared"), ("suspended", "licence_lapsed")):
        made(region, "POST", f"/region/providers/{SUSPENDED_PROVIDER}/decision", {"state": state, "reason": reason})


def frozen_and_revoked(family: Family, official: Person) -> None:
    """The certificate stops working, works again, and stops for good."""
    certificate_id = account(family, family.known["child_id"])["certificate_id"]
    for act in ("freezing", "unfreezing", "revocation"):
        body = {"reason": "data_check", "basis": "Вымышленный приказ"}
        made(official, "POST", f"/municipality/certificates/{certificate_id}/{act}", body)


def claimed(family: Family, other: Family, official: Person) -> None:
    """The child has two parents: the second one's claim is approved."""
    answer = send(other, "POST", "/children", family.known["child"])
    assert code(answer) == "child_claimed", answer.text
    path = f"/municipality/claims/{answer.json()['details']['claim_id']}/decision"
    made(official, "POST", path, {"decision": "approved", "basis": "Вымышленное свидетельство"})


def leave(family: Family) -> None:
    """Out of the group, today."""
    made(family, "POST", f"/applications/{family.known['application_id']}/withdrawal", {})


def send_again(town: Town, service: str, began_at: object) -> list[tuple[str, str]]:
    """Let the service's relay publish what it has published since then once more; the events and their types."""
    values = {"began_at": began_at, "older": list(OF_THE_SAMPLE)}
    with engine_of(town.suite.database_url[service]).begin() as connection:
        return [(row.event_id, row.type) for row in connection.execute(text(SINCE), values)]


def times_heard(town: Town, reader: str) -> Counter[str]:
    """How often each event has been taken in hand by the service's processes."""
    return Counter(line["event_id"] for process in town.processes(reader) for line in process.logged("applied"))


def heard_again(town: Town, reader: str, expected: dict[str, int]) -> bool:
    """Whether each of the events has been taken in hand so often."""
    times = times_heard(town, reader)
    return all(times[event_id] >= wanted for event_id, wanted in expected.items())


def at_rest(town: Town) -> dict[tuple[str, str], str]:
    """What every service holds once nothing is under way, mail included."""
    settle(town)
    earlier: list[dict[tuple[str, str], str]] = []

    def still() -> dict[tuple[str, str], str]:
        earlier.append(pictures(town))
        return earlier[-1] if earlier[-2:-1] == earlier[-1:] else {}

    return wait_for(still, PATIENCE_SECONDS, "the town to be at rest", every=MAIL_SECONDS)


def pictures(town: Town) -> dict[tuple[str, str], str]:
    """What every table of every service holds, and which events were made."""
    found = {}
    for service in STORED:
        tables = {row.name: "each::text" for row in town.rows(service, TABLES, left_out=list(NOT_COMPARED))}
        for table, row in (tables | {"outbox": "event_id::text"}).items():
            found[service, table] = str(town.rows(service, CONTENT.format(row=row, table=table))[0].it)
    return found
