"""People as the API sees them: they send requests and look at whole responses."""

import re
import uuid
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import requests
from documented import ensure_documented

from chassis.testing import Suite, wait_for

DEMO_PASSWORD = "kruzhok-demo-2026"
PASSWORD = "an invented sentence"
PLACES = {"38": ("25701000", "Робототехника каждый день"), "05": ("82654000", "Вольная борьба каждый день")}
SECONDS = 12
NOBODY = "6f1c1f0e-52b5-4f0e-9c1e-8d6f0b7c2a11"
OPEN, DRAFT, CLOSED, NOT_YET_OPEN, OF_A_SUSPENDED_PROVIDER, REVIEWED, FREE, IN_HOURS = (
    f"38000000-0000-4000-8000-0000000000{number}" for number in (10, 11, 12, 13, 14, 15, 16, 17)
)
"""Groups of the sample: admits at once and meets every day; and what else a group can be."""
RULES: dict[str, Any] = {
    "nominal": {"value": "15500.00", "unit": "RUB"}, "certificates_max": None, "nominal_sum_max": None,
    "charge": "per_attended_lesson", "absent_percent": 100, "ill_percent": 0, "excused_percent": 0,
    "copayment_allowed": True, "remainder": "burn",
}  # fmt: skip
"""Of a funding programme, without its period."""


def new_key() -> str:
    return str(uuid.uuid4())


@dataclass
class Person:
    """Somebody with a session, or, without a token, anybody."""

    url: str
    token: str = ""
    region_code: str = "38"

    def send(self, method: str, path: str, key: str | None = None, **request: Any) -> requests.Response:
        """One request below /api/v1; what is not refused is answered as documented."""
        headers = {**request.pop("headers", {})}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = requests.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=SECONDS, **request)
        ensure_documented(answer, path)
        return answer

    def get(self, path: str, **request: Any) -> requests.Response:
        return self.send("GET", path, **request)

    def post(self, path: str, body: Any = None, key: str | None = None, **request: Any) -> requests.Response:
        return self.send("POST", path, key, json=body, **request)

    def sign_in(self, email: str, password: str) -> "Person":
        answer = self.post("/sessions", {"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["access_token"]
        return self


def staff(url: str, role: str, region_code: str) -> Person:
    """One of the demo accounts."""
    return Person(url, region_code=region_code).sign_in(f"{role}{region_code}@example.org", DEMO_PASSWORD)


@dataclass
class Family(Person):
    """A guardian registered for the tests, with what it has made."""

    email: str = ""
    children: list[str] = field(default_factory=list)

    @classmethod
    def registered(cls, url: str, mail: Path, region_code: str) -> "Family":
        """Through registration, mail and sign-in, as everybody."""
        family = cls(url, region_code=region_code, email=f"family-{uuid.uuid4().hex[:12]}@example.org")
        body = {
            "email": family.email, "password": PASSWORD, "full_name": "Анна Примерова", "region_code": region_code,
            "consent": True,
        }  # fmt: skip
        answer = family.post("/registrations", body, new_key())
        assert answer.status_code == 202, answer.text
        token = wait_for(lambda: confirmation_token(mail, family.email), 30, "the confirmation mail")
        assert family.post("/email-confirmations", {"token": token}).status_code == 200
        family.sign_in(family.email, PASSWORD)
        return family

    def child_body(self, **changes: Any) -> dict[str, Any]:
        """A child that nobody has."""
        letters = "".join("абвгдежиклмнопрс"[int(digit, 16)] for digit in uuid.uuid4().hex[:10])
        return {
            "family_name": f"Примерова-{letters.capitalize()}", "given_name": "Мария", "born_on": "2016-01-15",
            "municipality_code": PLACES[self.region_code][0], **changes,
        }  # fmt: skip

    def new_child(self, **changes: Any) -> str:
        """Register a child; its id."""
        answer = self.post("/children", self.child_body(**changes), new_key())
        assert answer.status_code == 201, answer.text
        self.children.append(answer.json()["child_id"])
        return self.children[-1]

    def group(self) -> dict[str, Any]:
        """The sample group of the region that admits at once and has a lesson today."""
        municipality_code, title = PLACES[self.region_code]
        filters = {"q": title, "municipality_code": municipality_code}
        found = self.get("/programmes", params=filters).json()["items"]
        programme = next(each for each in found if each["title"] == title)
        groups = self.get(f"/programmes/{programme['programme_id']}").json()["groups"]
        return next(group for group in groups if group["admission"] == "instant" and group["places_free"])

    def ask_offer(self, child_id: str, group_id: str, key: str | None = None) -> requests.Response:
        """Ask what the group would cost for the child."""
        return self.post("/offers", {"child_id": child_id, "group_id": group_id}, key or new_key())

    def offer(self, child_id: str, key: str | None = None, group_id: str | None = None) -> dict[str, Any]:
        """An offer, for the group that admits at once unless another is named."""
        answer = self.ask_offer(child_id, group_id or self.group()["group_id"], key)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def apply(self, offer: dict[str, Any], key: str | None = None, **changes: Any) -> requests.Response:
        """Accept an offer by applying, for its child and group unless told otherwise."""
        body = {name: offer[name] for name in ("child_id", "group_id", "offer_id")} | changes
        return self.post("/applications", body, key or new_key())

    def applied(self, group_id: str | None = None, **changes: Any) -> dict[str, Any]:
        """A new child's application."""
        answer = self.apply(self.offer(self.new_child(), group_id=group_id), **changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def enrolled(self) -> dict[str, Any]:
        """A new child's application, enrolled."""
        application = self.applied()
        assert application["status"] == "enrolled"
        return application

    def certificate(self, child_id: str) -> dict[str, Any]:
        """The child's certificate, once it is there."""
        path = f"/children/{child_id}/certificate"
        return dict(wait_for(lambda: (found := self.get(path)).ok and found.json(), 20, "the certificate"))


@dataclass
class Cast:
    """Everybody whom the tests of refusals need."""

    suite: Suite
    family: Family
    other_family: Family
    teacher: Person
    provider: Person
    municipality: Person
    region: Person

    @property
    def anybody(self) -> Person:
        """Somebody without a token."""
        return Person(self.suite.url)


def confirmation_token(mail: Path, address: str) -> str | None:
    """The token of the address's confirmation mail, once it is there."""
    for path in mail.glob("*/*"):
        sent = path.read_bytes()
        if address.encode() not in sent:  # Hundreds of letters are not worth parsing for one.
            continue
        letter = message_from_bytes(sent, policy=policy.default)
        if address in str(letter["To"]):
            found = re.search(r"Код подтверждения: (\S+)", letter.get_body().get_content())
            if found:
                return found[1]
    return None
