"""Freezing, unfreezing, revoking and expiry, called as the bus calls them."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from certificates.commands import changing
from certificates.models import Certificate, CertificateAccess, CertificateChange
from certificates.service import CertificatesService
from chassis.context import Actor, Context
from chassis.database import Transactions
from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, Refusal
from chassis.outbox import Received
from chassis.testing import recorded
from contracts import certificates as contract
from contracts.base import Method

from .facts import CHILD, FATHER, MOTHER, child_changed, child_registered, enrolled, hear

Clock = Callable[[datetime], None]
IRKUTSK, ANGARSK = "25701000", "25703000"
NOW = datetime(2026, 10, 2, 3, tzinfo=UTC)
LAST_MINUTE, OVER = datetime(2034, 4, 12, 15, 59, tzinfo=UTC), datetime(2034, 4, 12, 16, tzinfo=UTC)
DECISIONS = (contract.FREEZE_CERTIFICATE, contract.UNFREEZE_CERTIFICATE, contract.REVOKE_CERTIFICATE)


def authority(municipality_code: str = IRKUTSK, region_code: str = "38", role: str = "municipality") -> Actor:
    scope = {"municipality_code": municipality_code} if role == "municipality" else {}
    return Actor(str(uuid.uuid4()), role, region_code, "session", scope)


OFFICER = authority()


class Office:
    """The service on its database, asked by people with verified tokens."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        service: Any = CertificatesService()
        service.transactions = transactions
        self.service: CertificatesService = service

    def call(self, method: Method, caller: Actor = OFFICER, key: str = "", **fields: Any) -> dict[str, Any]:
        """The method's answer, or its refusal."""
        verified: Any = self.service
        verified.verify = lambda _token: caller
        context = Context(token="signed", idempotency_key=key or str(uuid.uuid4()))
        answer: dict[str, Any] = getattr(self.service, method.name)(context, fields)
        return answer

    def decide(self, method: Method, caller: Actor = OFFICER, **fields: Any) -> dict[str, Any]:
        """Decide about the one certificate."""
        form = {"reason": "data_check", "basis": "Приказ № 8 от 02.10.2026"}
        certificate_id = fields.pop("certificate_id", None) or self.certificate_id
        return self.call(method, caller, certificate_id=certificate_id, **(form | fields))

    @property
    def certificate_id(self) -> str:
        """The one certificate's id."""
        return self.certificate.certificate_id

    @property
    def certificate(self) -> Certificate:
        """The one certificate's row."""
        with self.transactions.reading() as session:
            found = session.scalars(select(Certificate)).one()
            session.expunge_all()
            return found

    def history(self) -> list[CertificateChange]:
        """All changes, in order."""
        with self.transactions.reading() as session:
            found = list(session.scalars(select(CertificateChange).order_by(CertificateChange.version)))
            session.expunge_all()
            return found

    def changes(self) -> list[Received]:
        """What was announced after the issue."""
        with self.transactions.reading() as session:
            return [event for event in recorded(session) if event.type != contract.CERTIFICATE_ISSUED.type]


def issue(transactions: Transactions, **child: Any) -> None:
    region_code = child.get("region_code", "38")
    with transactions.writing() as session:
        hear(session, child_registered(**child))
        hear(session, enrolled(date(2026, 9, 1), child_id=child.get("child_id", CHILD), region_code=region_code))


@pytest.fixture
def office(transactions: Transactions, clock_at: Clock) -> Office:
    clock_at(NOW)
    issue(transactions)
    return Office(transactions)


def code_of(work: Callable[[], Any]) -> tuple[str, dict[str, str]]:
    with pytest.raises(Refusal) as refusal:
        work()
    return refusal.value.code, refusal.value.details


def test_a_frozen_certificate_is_unfrozen_frozen_and_revoked_and_each_step_is_told(office: Office) -> None:
    freeze, unfreeze, revoke = DECISIONS
    states = [office.decide(method)["state"] for method in (freeze, unfreeze, freeze, revoke)]
    assert states == ["frozen", "valid", "frozen", "revoked"]
    events = office.changes()
    assert [event.type.split(".")[2] for event in events] == ["frozen", "unfrozen", "frozen", "revoked"]
    assert [event.version for event in events] == [2, 3, 4, 5]
    assert {event.subject for event in events} == {office.certificate_id}
    assert events[0].data == {
        "certificate_id": office.certificate_id,
        "child_id": CHILD,
        "changed_at": NOW.isoformat(),
        "changed_on": "2026-10-02",
        "reason": "data_check",
    }


@pytest.mark.parametrize(("zone", "day"), [("Asia/Irkutsk", "2026-10-03"), ("Europe/Moscow", "2026-10-02")])
def test_the_day_of_a_change_is_the_day_where_the_child_lives(
    transactions: Transactions, clock_at: Clock, zone: str, day: str
) -> None:
    clock_at(datetime(2026, 10, 2, 17, 30, tzinfo=UTC))
    issue(transactions, time_zone=zone)
    office = Office(transactions)
    office.decide(contract.FREEZE_CERTIFICATE)
    assert office.changes()[0].data["changed_on"] == day


@pytest.mark.parametrize(
    ("before", "act", "state"),
    [
        ((), contract.UNFREEZE_CERTIFICATE, "valid"),
        ((contract.FREEZE_CERTIFICATE,), contract.FREEZE_CERTIFICATE, "frozen"),
        ((contract.REVOKE_CERTIFICATE,), contract.FREEZE_CERTIFICATE, "revoked"),
        ((contract.REVOKE_CERTIFICATE,), contract.UNFREEZE_CERTIFICATE, "revoked"),
        ((contract.REVOKE_CERTIFICATE,), contract.REVOKE_CERTIFICATE, "revoked"),
    ],
)
def test_a_state_that_does_not_allow_it_is_named_and_nothing_is_told(
    office: Office, before: tuple[Method, ...], act: Method, state: str
) -> None:
    for method in before:
        office.decide(method)
    with pytest.raises(Conflict) as refusal:
        office.decide(act)
    assert (refusal.value.code, refusal.value.details) == ("certificate_state", {"state": state})
    assert len(office.changes()) == len(office.history()) == len(before)


def test_the_same_key_freezes_once(office: Office) -> None:
    first, again = (office.decide(contract.FREEZE_CERTIFICATE, key="one-key") for _ in range(2))
    assert first == again
    assert len(office.changes()) == 1


def test_who_decided_when_why_and_on_what_basis_is_kept_for_ever(office: Office) -> None:
    region = authority(role="region")
    office.decide(contract.FREEZE_CERTIFICATE)
    office.decide(contract.UNFREEZE_CERTIFICATE, region, reason="cleared", basis="Проверка закончена")
    first, second = office.history()
    assert (first.decided_by, first.decided_as, first.act) == (OFFICER.subject, "municipality", "freeze")
    assert (first.reason, first.basis, first.changed_at) == ("data_check", "Приказ № 8 от 02.10.2026", NOW)
    assert (second.decided_by, second.decided_as, second.reason) == (region.subject, "region", "cleared")
    office.call(contract.FIND_CERTIFICATE, number=office.certificate.number)
    for model in (CertificateChange, CertificateAccess):
        table = model.__tablename__
        for statement in (update(model).values(region_code="05"), delete(model), text(f"TRUNCATE {table}")):
            with pytest.raises(DBAPIError, match="only ever added to"), office.transactions.writing() as session:
                session.execute(statement)


STRANGERS = [
    authority(ANGARSK),
    authority(IRKUTSK, "05"),
    authority(region_code="05", role="region"),
    Actor(str(uuid.uuid4()), "municipality", "38"),
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=["neighbour", "other region", "another operator", "no scope"])
def test_for_other_authorities_there_is_no_such_certificate(office: Office, stranger: Actor) -> None:
    nobodys = code_of(lambda: office.decide(contract.FREEZE_CERTIFICATE, certificate_id=str(uuid.uuid4())))
    for method in DECISIONS:
        assert code_of(lambda method=method: office.decide(method, stranger)) == nobodys
    number = office.certificate.number
    assert code_of(lambda: office.call(contract.FIND_CERTIFICATE, stranger, number=number)) == nobodys
    assert nobodys == ("certificate_not_found", {})
    assert office.changes() == []


@pytest.mark.parametrize("role", ["guardian", "teacher", "provider"])
def test_others_than_authorities_are_refused(office: Office, role: str) -> None:
    for method in DECISIONS:
        with pytest.raises(Forbidden):
            office.decide(method, authority(role=role))
    with pytest.raises(Forbidden):
        office.call(contract.FIND_CERTIFICATE, authority(role=role), number="3801000000")


@pytest.mark.parametrize("caller", [OFFICER, authority(role="region")], ids=["municipality", "region"])
def test_a_certificate_is_found_by_its_number_and_the_look_is_recorded(office: Office, caller: Actor) -> None:
    found = office.call(contract.FIND_CERTIFICATE, caller, number=office.certificate.number)
    assert (found["certificate_id"], found["child_id"], found["state"]) == (office.certificate_id, CHILD, "valid")
    with pytest.raises(NotFound):
        office.call(contract.FIND_CERTIFICATE, caller, number="3801999999")
    with pytest.raises(InvalidInput):
        office.call(contract.FIND_CERTIFICATE, caller, number="380100421")
    with office.transactions.reading() as session:
        look = session.scalars(select(CertificateAccess)).one()
        assert (look.certificate_id, look.reader_id, look.reader_role) == (
            office.certificate_id,
            caller.subject,
            caller.role,
        )
        assert (look.occurred_at, look.session_id, look.purpose) == (NOW, "session", "found_by_number")


@pytest.mark.parametrize("state", ["valid", "frozen"])
def test_after_the_last_day_it_expires_by_itself_as_of_the_midnight_that_ended_it(
    office: Office, clock_at: Clock, state: str
) -> None:
    if state == "frozen":
        office.decide(contract.FREEZE_CERTIFICATE)
    told = len(office.changes())
    clock_at(LAST_MINUTE)
    office.service.expire_certificates()
    assert office.certificate.state == state
    clock_at(OVER + timedelta(hours=5))
    office.service.expire_certificates()
    office.service.expire_certificates()
    (event,) = office.changes()[told:]
    assert (event.type, event.version) == (contract.CERTIFICATE_EXPIRED.type, told + 2)
    assert event.data | {"certificate_id": "", "child_id": ""} == {
        "certificate_id": "",
        "child_id": "",
        "changed_at": OVER.isoformat(),
        "changed_on": "2034-04-13",
        "reason": "age_reached",
    }
    change = office.history()[-1]
    assert (change.act, change.decided_by, change.basis) == ("expire", None, None)
    for method in DECISIONS:
        assert code_of(lambda method=method: office.decide(method)) == ("certificate_state", {"state": "expired"})


@pytest.mark.parametrize(
    ("region_code", "zone", "over"),
    [("38", "Asia/Irkutsk", OVER), ("05", "Europe/Moscow", datetime(2034, 4, 12, 21, tzinfo=UTC))],
)
@pytest.mark.parametrize(
    ("born_on", "later"), [(date(2016, 4, 12), timedelta()), (date(2016, 2, 29), timedelta(days=-42))]
)
def test_on_the_18th_birthday_at_2359_local_it_still_is_valid_and_a_minute_later_it_is_not(
    transactions: Transactions,
    clock_at: Clock,
    region_code: str,
    zone: str,
    over: datetime,
    born_on: date,
    later: timedelta,
) -> None:
    clock_at(NOW)
    issue(transactions, region_code=region_code, time_zone=zone, born_on=born_on)
    office, ends_at = Office(transactions), over + later
    operator, mother = authority(region_code=region_code, role="region"), Actor(MOTHER, "guardian", region_code)
    clock_at(ends_at - timedelta(minutes=1))
    office.service.expire_certificates()
    assert office.call(contract.GET_CERTIFICATE, mother, child_id=CHILD)["state"] == "valid"
    assert office.decide(contract.FREEZE_CERTIFICATE, operator)["state"] == "frozen"
    assert office.decide(contract.UNFREEZE_CERTIFICATE, operator)["state"] == "valid"
    clock_at(ends_at)
    assert office.call(contract.GET_CERTIFICATE, mother, child_id=CHILD)["state"] == "expired"
    assert code_of(lambda: office.decide(contract.FREEZE_CERTIFICATE, operator))[1] == {"state": "expired"}
    office.service.expire_certificates()
    last_day = date(2034, 3, 1) if born_on.month == 2 else date(2034, 4, 12)
    assert office.certificate.valid_until == last_day
    assert office.changes()[-1].data["changed_on"] == (last_day + timedelta(days=1)).isoformat()


def test_a_revoked_certificate_does_not_expire(office: Office, clock_at: Clock) -> None:
    office.decide(contract.REVOKE_CERTIFICATE)
    clock_at(OVER)
    office.service.expire_certificates()
    assert office.certificate.state == "revoked"
    assert len(office.changes()) == 1


def test_many_expire_in_small_batches_and_processes_at_once_tell_each_only_once(
    office: Office, clock_at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "EXPIRED_AT_ONCE", 3)
    for _ in range(9):
        issue(office.transactions, child_id=str(uuid.uuid4()))
    clock_at(OVER)
    barrier = Barrier(4)

    def process(_: int) -> None:
        barrier.wait(timeout=10)
        while office.service.expire_certificates():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(process, range(4)))
    while office.service.expire_certificates():
        pass
    subjects = [event.subject for event in office.changes()]
    assert len(subjects) == len(set(subjects)) == 10


def test_expiry_passes_by_a_certificate_that_is_being_decided_on(office: Office, clock_at: Clock) -> None:
    clock_at(OVER)
    with ThreadPoolExecutor(1) as pool, office.transactions.writing() as deciding:
        deciding.execute(select(Certificate).with_for_update())
        assert pool.submit(office.service.expire_certificates).result(timeout=5) is False
        assert office.changes() == []
    office.service.expire_certificates()
    assert office.certificate.state == "expired"


def test_freezing_and_expiry_at_the_same_instant_leave_one_true_history(office: Office, clock_at: Clock) -> None:
    for number in range(8):
        child_id = str(uuid.uuid4())
        clock_at(NOW)
        issue(office.transactions, child_id=child_id)
        with office.transactions.reading() as session:
            certificate_id = session.scalars(select(Certificate.certificate_id).filter_by(child_id=child_id)).one()
        clock_at(LAST_MINUTE if number % 2 else OVER)
        barrier = Barrier(2)

        def freeze(certificate_id: str = certificate_id, barrier: Barrier = barrier) -> str:
            barrier.wait(timeout=10)
            try:
                return str(office.decide(contract.FREEZE_CERTIFICATE, certificate_id=certificate_id)["state"])
            except Conflict as refusal:
                return refusal.details["state"]

        def expire(barrier: Barrier = barrier) -> None:
            barrier.wait(timeout=10)
            office.service.expire_certificates()

        with ThreadPoolExecutor(2) as pool:
            frozen, _ = pool.submit(freeze), pool.submit(expire)
        assert frozen.result() == ("frozen" if number % 2 else "expired")
        clock_at(OVER)
        office.service.expire_certificates()
        acts = [change.act for change in office.history() if change.certificate_id == certificate_id]
        assert acts == (["freeze", "expire"] if number % 2 else ["expire"])


def test_two_officers_freeze_at_once_and_one_of_them_does(office: Office) -> None:
    barrier = Barrier(2)

    def freeze(_: int) -> str:
        barrier.wait(timeout=10)
        try:
            return str(office.decide(contract.FREEZE_CERTIFICATE)["state"])
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(freeze, range(2))) == ["certificate_state", "frozen"]
    assert [event.version for event in office.changes()] == [2]


def test_a_new_guardian_sees_the_certificate_at_once_and_an_old_version_changes_nothing(office: Office) -> None:
    grandmother = str(uuid.uuid4())
    with office.transactions.writing() as session:
        hear(session, child_changed(guardian_ids=[MOTHER, grandmother]))
        hear(session, child_registered())
    answers = {}
    for subject in (MOTHER, FATHER, grandmother):
        try:
            caller = Actor(subject, "guardian", "38")
            answers[subject] = office.call(contract.GET_CERTIFICATE, caller, child_id=CHILD)["state"]
        except NotFound as refusal:
            answers[subject] = refusal.code
    assert answers == {MOTHER: "valid", FATHER: "child_not_found", grandmother: "valid"}


def test_a_corrected_birth_date_leaves_the_issued_document_as_it_is(office: Office) -> None:
    with office.transactions.writing() as session:
        hear(session, child_changed(born_on=date(2015, 4, 12)))
    assert office.certificate.valid_until == date(2034, 4, 12)
    assert office.changes() == []


def test_a_child_that_is_known_by_its_change_alone_gets_its_certificate(transactions: Transactions) -> None:
    with transactions.writing() as session:
        hear(session, enrolled())
        hear(session, child_changed())
    assert Office(transactions).certificate.child_id == CHILD
