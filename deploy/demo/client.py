"""A person's tools: the API over HTTP, a mailbox, patience, and sums as people read them."""

import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import requests

Json = dict[str, Any]
T = TypeVar("T")
ANSWER_SECONDS, MAIL_SECONDS = 10, 30
SIGNS = {"RUB": "₽", "HOUR": "ч"}


class PromiseBroken(Exception):
    """A promise was not kept."""


def ensure(kept: bool, promise: str) -> None:
    """Stop with the promise that was not kept."""
    if not kept:
        raise PromiseBroken(promise)


def until(promise: str, probe: Callable[[], T | None], seconds: float) -> T:
    """The probe's first answer; what is promised to come in a moment may take `seconds`."""
    ends_at = monotonic() + seconds
    while (found := probe()) is None:
        ensure(monotonic() < ends_at, f"{promise}: не дождались за {seconds:g} с")
        sleep(0.02)
    return found


def minor(amount: Json) -> int:
    """Hundredths."""
    return int(Decimal(amount["value"]) * 100)


def money(amount: Json) -> str:
    """As people read it: 11 917,50 ₽."""
    whole, _, hundredths = amount["value"].partition(".")
    return f"{int(whole):,}".replace(",", " ") + f",{hundredths} {SIGNS[amount['unit']]}"


def named_in(text: str, amount: Json) -> bool:
    """Whether the text names the sum, whatever spaces it is written with."""
    return money(amount).partition(" ₽")[0].replace(" ", "") in re.sub(r"\s", "", text)


class Api:
    """The API as one person uses it."""

    def __init__(self, url: str) -> None:
        self.url, self.http = url.rstrip("/") + "/api/v1", requests.Session()

    def sign_in(self, email: str, password: str) -> None:
        """From here on as this person."""
        session = self.post("/sessions", {"email": email, "password": password}, 201)
        self.http.headers["Authorization"] = f"Bearer {session['access_token']}"

    def get(self, path: str, **filters: Any) -> Json:
        """A page that is there."""
        return self._send("GET", path, 200, params=filters)

    def find(self, path: str) -> Json | None:
        """A page, or None while it is not there."""
        response = self.http.get(self.url + path, timeout=ANSWER_SECONDS)
        return None if response.status_code == 404 else self._read(response, 200)

    def post(self, path: str, body: Json, expected: int) -> Json:
        """Something new, at most once however often it is sent."""
        return self._send("POST", path, expected, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})

    def put(self, path: str, body: Json) -> Json:
        """A page as it shall be."""
        return self._send("PUT", path, 200, json=body)

    def _send(self, method: str, path: str, expected: int, **request: Any) -> Json:
        def attempt() -> Json | None:
            response = self.http.request(method, self.url + path, timeout=ANSWER_SECONDS, **request)
            return None if response.status_code == 503 else self._read(response, expected)

        return until(f"{method} {path}", attempt, ANSWER_SECONDS)

    @staticmethod
    def _read(response: requests.Response, expected: int) -> Json:
        what = f"{response.request.method} {response.request.path_url}: {response.status_code} вместо {expected}"
        ensure(response.status_code == expected, f"{what}: {response.text[:500]}")
        return dict(response.json())


class Mailbox:
    """The mails of one person in a Maildir."""

    def __init__(self, folder: str, address: str) -> None:
        self.folder, self.address = Path(folder), address

    def texts(self) -> list[str]:
        """Subjects and bodies."""
        files = (path for part in ("new", "cur") for path in (self.folder / part).glob("*"))
        ours = (raw for raw in map(Path.read_bytes, files) if self.address.encode() in raw)
        mails = (BytesParser(EmailMessage, policy=modern).parsebytes(raw) for raw in ours)
        return [_text(mail) for mail in mails if self.address in str(mail["To"])]

    def find(self, fits: Callable[[str], bool], promise: str) -> str:
        """The first mail that fits."""
        return until(promise, lambda: next((text for text in self.texts() if fits(text)), None), MAIL_SECONDS)


def _text(mail: EmailMessage) -> str:
    body = mail.get_body()
    return f"{mail['Subject']}\n{body.get_content() if body else ''}"
