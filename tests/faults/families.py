"""Families that want their way whatever happens: they send again under the same key, and keep a stopwatch."""

import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import requests

PLACES = {"38": ("25701000", "Робототехника каждый день"), "05": ("82654000", "Вольная борьба каждый день")}
DEMO_PASSWORD = "kruzhok-demo-2026"
GIVE_UP_SECONDS = 90
SOCKET_SECONDS = 20
HURRY_SECONDS = (0.02, 0.2)
"""How long somebody waits who leaves before the answer: the work may be undone, half done or done."""
POLL_SECONDS = 0.5
IN_FLIGHT = "operation_in_flight"


@dataclass(frozen=True)
class Sent:
    """One HTTP request and what became of it; `status` 0 when the connection broke, `left` when we broke it."""

    method: str
    path: str
    began_at: float
    seconds: float
    status: int
    code: str = ""
    left: bool = False


class Door:
    """The gateways, and a journal of every request."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        self.journal: list[Sent] = []
        self._turn = 0
        self._lock = threading.Lock()

    def once(
        self, method: str, path: str, patience: float = SOCKET_SECONDS, **request: Any
    ) -> requests.Response | None:
        """One request to the next gateway; None when the connection broke, or our patience was at its end."""
        with self._lock:
            self._turn += 1
            url = self.urls[self._turn % len(self.urls)]
        began_at, status, code, left = time.monotonic(), 0, "", False
        try:
            answer = requests.request(method, f"{url}/api/v1{path}", timeout=patience, **request)
        except requests.RequestException as error:
            left = isinstance(error, requests.ReadTimeout) and patience < SOCKET_SECONDS
            return None
        else:
            status = answer.status_code
            code = "" if answer.ok else str(answer.json().get("code"))
            return answer
        finally:
            self.journal.append(Sent(method, path, began_at, time.monotonic() - began_at, status, code, left))


class GaveUp(Exception):
    """Nothing but 503 and broken connections for longer than one is patient, or an answer that should never come."""


@dataclass
class Person:
    """Somebody who repeats a request until there is an answer."""

    door: Door
    token: str = ""
    traceparent: str = ""
    resolved: list[str] = field(default_factory=list)
    """What GET /operations said of requests whose answer was lost."""
    leaves_early: float = 0.0
    """How often they do not wait for the answer to a request with a key, and send it again."""
    keys: list[str] = field(default_factory=list)
    gives_up_after: float = GIVE_UP_SECONDS
    """Seconds without an answer, or without what was promised."""

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, in which trace."""
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return token | ({"traceparent": self.traceparent} if self.traceparent else {})

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None, **request: Any) -> Any:
        """The answer's JSON. `GaveUp` for a refusal, or when there is none for too long."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        ends_at, told = time.monotonic() + self.gives_up_after, None
        self.keys += [key] if key else []
        leaves = key is not None and random.random() < self.leaves_early
        patience = random.uniform(*HURRY_SECONDS) if leaves else SOCKET_SECONDS
        while time.monotonic() < ends_at:
            answer = self.door.once(method, path, patience=patience, json=body, headers=headers, **request)
            patience = SOCKET_SECONDS
            if answer is not None and answer.ok:
                made = answer.json() if answer.content else {}
                if told is not None and told != made:
                    raise GaveUp(f"{method} {path}: the repeat answered {made}, GET /operations {told}")
                return made
            if answer is not None and answer.status_code != 503 and answer.json().get("code") != IN_FLIGHT:
                raise GaveUp(f"{method} {path}: {answer.status_code} {answer.text}")
            time.sleep(POLL_SECONDS)
            if key and self.token:
                told = self.what_became_of(key) or told
        raise GaveUp(f"{method} {path}: no answer for {self.gives_up_after:g} s")

    def what_became_of(self, key: str) -> dict[str, Any] | None:
        """The stored answer of an operation, if it was carried out."""
        answer = self.door.once("GET", f"/operations/{key}", headers=self.headers)
        if answer is None or answer.status_code == 503:
            return None
        status = "unknown" if answer.status_code == 404 else answer.json()["status"]
        if status == "refused":
            raise GaveUp(f"operation {key} was refused: {answer.json()}")
        self.resolved.append(status)
        return dict(answer.json()["answer"]) if status == "done" else None

    def until(self, what: str, probe: Callable[[], Any], seconds: float | None = None) -> Any:
        """The probe's first true answer."""
        seconds = seconds or self.gives_up_after
        ends_at = time.monotonic() + seconds
        while True:
            if found := probe():
                return found
            if time.monotonic() > ends_at:
                raise GaveUp(f"{what} did not come within {seconds:g} s")
            time.sleep(POLL_SECONDS)

    def sign_in(self, email: str, password: str) -> None:
        """From here on as this person."""
        self.token = self.ask("POST", "/sessions", {"email": email, "password": password})["access_token"]


@dataclass
class Family(Person):
    """A guardian with one child, and what it was promised on the way."""

    region_code: str = "38"
    name: str = field(default_factory=lambda: new_name())
    password: str = field(default_factory=lambda: f"пароль {uuid.uuid4().hex}")
    email: str = field(default_factory=lambda: f"family-{uuid.uuid4().hex}@example.org")
    known: dict[str, Any] = field(default_factory=dict)
    reached: list[tuple[str, float]] = field(default_factory=list)
    """Steps that were answered, and when."""

    def note(self, step: str) -> None:
        """Remember that a step was answered."""
        self.reached.append((step, time.monotonic()))

    def register(self, mail: Path) -> None:
        """An account, by registration and mail."""
        account = {
            "email": self.email, "password": self.password, "full_name": f"Анна {self.name.capitalize()}ова",
            "region_code": self.region_code, "consent": True,
        }  # fmt: skip
        self.ask("POST", "/registrations", account, new_key())
        self.note("registered")
        token = self.until("the confirmation mail", lambda: confirmation_token(mail, self.email))
        self.known["confirmation_token"] = token
        self.ask("POST", "/email-confirmations", {"token": token})
        self.sign_in(self.email, self.password)
        self.note("signed_in")

    def enrol(self) -> None:
        """A child, an offer, an application that is answered with a place."""
        self.choose()
        self.apply()

    def choose(self) -> None:
        """A child, and an offer for it."""
        child = {
            "family_name": f"{self.name.capitalize()}ова", "given_name": f"Мария-{self.name[::-1].capitalize()}",
            "born_on": "2016-01-15", "municipality_code": PLACES[self.region_code][0], "snils": new_snils(),
        }  # fmt: skip
        self.known["child"] = child
        self.known["child_id"] = self.ask("POST", "/children", child, new_key())["child_id"]
        self.note("child")
        self.known["group_id"] = self.daily_group()
        wanted = {name: self.known[name] for name in ("child_id", "group_id")}
        self.known["offer"] = self.ask("POST", "/offers", wanted, new_key())
        self.note("offer")

    def apply(self) -> None:
        """Accept the offer."""
        wanted = {name: self.known["offer"][name] for name in ("child_id", "group_id", "offer_id")}
        application = self.ask("POST", "/applications", wanted, new_key())
        self.known["application_id"] = application["application_id"]
        self.note("application")

    def daily_group(self) -> str:
        """The group of the region that admits at once and has a lesson today."""
        municipality_code, title = PLACES[self.region_code]
        filters = {"q": title, "municipality_code": municipality_code}
        found = self.ask("GET", "/programmes", params=filters)["items"]
        programme = next(each for each in found if each["title"] == title)
        groups = self.ask("GET", f"/programmes/{programme['programme_id']}")["groups"]
        return str(next(group["group_id"] for group in groups if group["admission"] == "instant"))

    def covered(self, seconds: float | None = None) -> None:
        """Wait until the certificate is funded and the contract active."""
        path = f"/applications/{self.known['application_id']}"
        self.until("the contract", lambda: active(self.ask("GET", path)), seconds)
        certificate = self.until("the certificate", lambda: self.find(f"{self.page}"), seconds)
        assert certificate["state"] == "funded", certificate
        self.known["certificate"] = certificate
        self.note("covered")

    def charged(self) -> None:
        """Wait for the debit, and for the message about it."""
        operations = f"{self.page}/operations"
        self.until("the debit", lambda: [o for o in self.ask("GET", operations)["items"] if o["kind"] == "debit"])
        self.note("debited")

    @property
    def page(self) -> str:
        """Where the certificate is."""
        return f"/children/{self.known['child_id']}/certificate"

    def find(self, path: str) -> Any:
        """A page, or None while it is not there."""
        answer = self.door.once("GET", path, headers=self.headers)
        return answer.json() if answer is not None and answer.ok else None


def mark(teacher: Person, family: Family) -> None:
    """The teacher marks the family's child as present on the page that is open."""
    marks = {"marks": [{"enrollment_id": family.known["application_id"], "mark": "present"}]}
    teacher.ask("PUT", f"/provider/lessons/{family.known['lesson_id']}/attendance", marks)
    family.note("marked")


def open_page(teacher: Person, family: Family, on: str) -> None:
    """Find the lesson of the family's group on that day."""
    path = f"/provider/groups/{family.known['group_id']}/lessons"
    family.known["lesson_id"] = teacher.ask("GET", path, params={"on": on})["items"][0]["lesson_id"]


def active(application: dict[str, Any]) -> bool:
    """Whether billing has said that the money is held."""
    contract = application.get("contract")
    return bool(contract and contract["state"] == "active")


def new_name() -> str:
    """Twelve letters that nobody's name has."""
    return "".join("абвгдежиклмнопрс"[int(digit, 16)] for digit in uuid.uuid4().hex[:12])


def new_key() -> str:
    """A random idempotency key."""
    return str(uuid.uuid4())


def new_snils() -> str:
    """A valid insurance number that nobody has."""
    digits = f"{uuid.uuid4().int % 900_000_000 + 100_000_000}"
    control = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True)) % 101 % 100
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {control:02}"


def confirmation_token(mail: Path, address: str) -> str | None:
    """The token of the address's newest confirmation mail, once it is there."""
    for path in mail.glob("new/*"):
        sent = path.read_bytes()
        if address.encode() not in sent:  # Thousands of letters are not worth parsing for one.
            continue
        letter = message_from_bytes(sent, policy=policy.default)
        if address in str(letter["To"]):
            found = re.search(r"Код подтверждения: (\S+)", letter.get_body().get_content())
            if found:
                return found[1]
    return None
