"""The journey that `make demo` plays."""

import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from spoiled_door import Json, Spoil, lost, spoiled_door

from chassis.testing import Suite, free_port

JOURNEY = Path(__file__).parents[2] / "deploy" / "demo" / "journey.py"


def play(url: str, mail: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "KRUZHOK_URL": url, "KRUZHOK_MAIL": str(mail), "PYTHONUTF8": "1"}
    command = [sys.executable, str(JOURNEY)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=False)


def test_a_family_in_each_region_comes_from_registration_to_a_debit_it_is_told_of(suite: Suite) -> None:
    done = play(suite.url, suite.mail)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "персонифицированное" in done.stdout
    assert "персонализированное" in done.stdout
    assert done.stdout.count("выписка сертификата") == 2


def test_it_can_be_played_again(suite: Suite) -> None:
    done = play(suite.url, suite.mail)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_promise_ends_it_with_the_step_s_name(tmp_path: Path) -> None:
    done = play(f"http://127.0.0.1:{free_port()}", tmp_path)
    assert done.returncode != 0
    assert "шаг «Регион» не удался" in done.stderr


def kopeck_more(amount: Json) -> None:
    amount["value"] = str(Decimal(amount["value"]) + Decimal("0.01"))


def spent_more(page: Json) -> None:
    if Decimal(page["spent"]["value"]):
        kopeck_more(page["spent"])


def debits(change: Callable[[Json], Any]) -> Callable[[Json], None]:
    return lambda page: [change(each) for each in page["items"] if each["kind"] == "debit"] and None


def strange_credits(page: Json) -> None:
    for each in page["items"]:
        each["kind"] = "gift" if each["kind"] == "credit" else each["kind"]


def nobody(page: Json) -> None:
    page["roster"] = []


CERTIFICATE, OFFER = "/children/[^/]+/certificate", "/offers"
SPOILED = [
    ("Регион", Spoil("GET", "/regions", lambda page: page["items"].clear())),
    ("Регион", Spoil("GET", "/regions", lambda page: page.update(items=None))),
    ("Регистрация", Spoil("POST", "/registrations", lost)),
    ("Подтверждение адреса", Spoil("POST", "/email-confirmations", lost)),
    ("Вход", Spoil("GET", "/me", lambda me: me.update(role="teacher"))),
    ("Ребёнок", Spoil("POST", "/children", lost)),
    ("Поиск в каталоге", Spoil("GET", "/programmes", lambda page: page["items"].clear())),
    ("Предложение", Spoil("POST", OFFER, lambda offer: kopeck_more(offer["parent_share"]))),
    ("Предложение", Spoil("POST", OFFER, lambda offer: offer["price"].update(value="a lot"))),
    ("Заявка", Spoil("POST", "/applications", lambda application: application.update(status="waitlisted"))),
    ("Сертификат", Spoil("GET", CERTIFICATE, lambda page: page.update(number="3800000001"))),
    ("Деньги", Spoil("GET", CERTIFICATE, lambda page: page["held"].update(value="0.01"))),
    ("Договор", Spoil("GET", "/applications/[^/]+", lost)),
    ("Отметка педагога", Spoil("PUT", "/provider/lessons/[^/]+/attendance", nobody)),
    ("Списание", Spoil("GET", f"{CERTIFICATE}/operations", debits(lambda debit: kopeck_more(debit["amount"])))),
    ("Счёт сходится", Spoil("GET", CERTIFICATE, spent_more)),
    ("Уведомление", Spoil("GET", "/messages", lost)),
    ("Выписка", Spoil("GET", f"{CERTIFICATE}/operations", strange_credits)),
]


@pytest.mark.parametrize(("title", "spoil"), SPOILED, ids=[f"{spoil.method} {spoil.path}" for _, spoil in SPOILED])
def test_whatever_is_not_as_promised_ends_it_with_the_step_s_name(suite: Suite, title: str, spoil: Spoil) -> None:
    with spoiled_door(suite.url, spoil) as url:
        done = play(url, suite.mail)
    assert done.returncode == 1, done.stdout
    assert f"Регион 05, шаг «{title}» не удался. " in done.stderr
    assert "Traceback" not in done.stderr
