"""Families of both regions, ready to apply: registered, confirmed, signed in, with a child and an offer."""

import re
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
from requests.adapters import HTTPAdapter

from chassis.testing import wait_for

PASSWORD, DEMO_PASSWORD = "an invented sentence", "kruzhok-demo-2026"
PLACES = {"38": ("25701000", "Робототехника каждый день"), "05": ("82654000", "Вольная борьба каждый день")}
AT_ONCE, ANSWER_SECONDS, MAIL_SECONDS = 6, 30, 120
Json = dict[str, Any]


class Site:
    """The API over kept-alive connections."""

    def __init__(self, url: str) -> None:
        self.url, self.http = f"{url}/api/v1", requests.Session()
        self.http.mount("http://", HTTPAdapter(pool_maxsize=128))

    def ask(self, method: str, path: str, token: str = "", body: Any = None, **filters: Any) -> Json | None:
        """The answer's JSON, or None where there is nothing yet; anything else ends the run."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = self.http.request(
            method, self.url + path, headers=headers, json=body, params=filters, timeout=ANSWER_SECONDS
        )
        if answer.status_code == 404:
            return None
        if not answer.ok:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json())

    def sure(self, method: str, path: str, token: str = "", body: Any = None, **filters: Any) -> Json:
        """An answer that must be there."""
        answer = self.ask(method, path, token, body, **filters)
        if answer is None:
            raise SystemExit(f"{method} {path}: 404")
        return answer

    def token(self, email: str, password: str) -> str:
        """A new session's access token."""
        return str(self.sure("POST", "/sessions", body={"email": email, "password": password})["access_token"])

    def group_id(self, region_code: str) -> str:
        """The region's sample group that admits at once and has a lesson every day."""
        municipality_code, title = PLACES[region_code]
        found = self.sure("GET", "/programmes", q=title, municipality_code=municipality_code)["items"]
        programme_id = next(each["programme_id"] for each in found if each["title"] == title)
        groups = self.sure("GET", f"/programmes/{programme_id}")["groups"]
        return str(next(each["group_id"] for each in groups if each["admission"] == "instant" and each["places_free"]))


@dataclass
class Family:
    """A guardian with one child."""

    region_code: str
    email: str = field(default_factory=lambda: f"family-{uuid.uuid4().hex[:12]}@example.org")
    token: str = ""
    child_id: str = ""
    application: Json = field(default_factory=dict)
    """What to apply with."""
    enrollment_id: str = ""

    @property
    def certificate(self) -> str:
        """The page of the child's certificate."""
        return f"/children/{self.child_id}/certificate"


def ready_to_apply(site: Site, mail: Path, count: int) -> list[Family]:
    """New families, the regions taking turns."""
    families = [Family(list(PLACES)[number % len(PLACES)]) for number in range(count)]
    groups = {region_code: site.group_id(region_code) for region_code in PLACES}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda family: _register(site, family), families))
        letters = _letters(mail, families)
        list(pool.map(lambda family: _prepare(site, family, letters[family.email], groups), families))
    return families


def teachers_pages(site: Site) -> dict[str, tuple[str, str]]:
    """By region: the teacher's token and the path of today's lesson page."""
    zones = {each["region_code"]: each["time_zone"] for each in site.sure("GET", "/regions")["items"]}
    pages = {}
    for region_code in PLACES:
        token = site.token(f"teacher{region_code}@example.org", DEMO_PASSWORD)
        today = datetime.now(ZoneInfo(zones[region_code])).date().isoformat()
        path = f"/provider/groups/{site.group_id(region_code)}/lessons"
        lesson = site.sure("GET", path, token, on=today)["items"][0]
        pages[region_code] = (token, f"/provider/lessons/{lesson['lesson_id']}")
    return pages


def _register(site: Site, family: Family) -> None:
    account = {
        "email": family.email, "password": PASSWORD, "full_name": "Анна Примерова",
        "region_code": family.region_code, "consent": True,
    }  # fmt: skip
    site.sure("POST", "/registrations", body=account)


def _letters(mail: Path, families: list[Family]) -> Mapping[str, str]:
    """The confirmation tokens by address, once all are there; each letter is read once."""
    tokens: dict[str, str] = {}
    known: set[Path] = set()

    def all_there() -> bool:
        for path in set(mail.glob("new/*")) - known:
            known.add(path)
            letter = message_from_bytes(path.read_bytes(), policy=policy.default)
            found = re.search(r"Код подтверждения: (\S+)", letter.get_body(("plain",)).get_content())
            if found:
                tokens[letter["To"].addresses[0].addr_spec] = found[1]
        return all(family.email in tokens for family in families)

    wait_for(all_there, MAIL_SECONDS, "the confirmation mails", every=0.2)
    return tokens


def _prepare(site: Site, family: Family, confirmation: str, groups: Mapping[str, str]) -> None:
    site.sure("POST", "/email-confirmations", body={"token": confirmation})
    family.token = site.token(family.email, PASSWORD)
    letters = "".join("абвгдежиклмнопрс"[int(digit, 16)] for digit in uuid.uuid4().hex[:10])
    child = {
        "family_name": f"Примерова-{letters.capitalize()}", "given_name": "Мария",
        "born_on": date(date.today().year - 10, 1, 15).isoformat(), "municipality_code": PLACES[family.region_code][0],
    }  # fmt: skip
    family.child_id = site.sure("POST", "/children", family.token, child)["child_id"]
    asked = {"child_id": family.child_id, "group_id": groups[family.region_code]}
    offer = site.sure("POST", "/offers", family.token, asked)
    family.application = {name: offer[name] for name in ("child_id", "group_id", "offer_id")}
