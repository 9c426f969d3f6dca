"""Whoever heard nothing of a request can find out what became of it, and may send it again."""

import time
from concurrent.futures import ThreadPoolExecutor
from signal import SIGCONT, SIGSTOP

import requests
from families import PLACES, Door, Family, new_key, new_name
from town import DOOR, Town

from chassis.testing import wait_for


def test_a_child_registered_while_the_gateway_died_is_found_by_its_key_and_registered_once(town: Town) -> None:
    first, second = (Door([url]) for url in town.urls)
    family = Family(first)
    family.register(town.suite.mail)
    body = {
        "family_name": new_name().capitalize(), "given_name": "Мария", "born_on": "2016-01-15",
        "municipality_code": PLACES["38"][0],
    }  # fmt: skip
    key, accounts, gateway = new_key(), town.processes("accounts"), town.processes(DOOR)[0]
    children_before = len(family.ask("GET", "/children")["items"])
    with ThreadPoolExecutor(1) as pool:
        for process in accounts:
            process.signal(SIGSTOP)
        headers = {**family.headers, "Idempotency-Key": key}
        sent = pool.submit(first.once, "POST", "/children", json=body, headers=headers)
        time.sleep(0.5)
        gateway.signal(SIGSTOP)
        for process in accounts:
            process.signal(SIGCONT)
        query = "SELECT 1 FROM command WHERE key = :key"
        wait_for(lambda: town.rows("accounts", query, key=key), 4, "the child in accounts")
        town.kill(gateway)
        assert sent.result(10) is None
    family.door = second
    found = family.ask("GET", f"/operations/{key}")
    assert found["status"] == "done"
    again = family.ask("POST", "/children", body, key)
    assert again == found["answer"]
    assert len(family.ask("GET", "/children")["items"]) == children_before + 1
    town.await_ready()


def test_a_key_that_never_arrived_is_unknown_and_can_be_sent(town: Town) -> None:
    family = town.family(town.door())
    answer = requests.get(f"{town.urls[0]}/api/v1/operations/{new_key()}", headers=family.headers, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (404, "operation_unknown")


def test_while_a_keeper_is_silent_nobody_says_unknown(town: Town) -> None:
    family = town.family(town.door())
    frozen = town.processes("billing")
    for process in frozen:
        process.signal(SIGSTOP)
    try:
        began_at = time.monotonic()
        answer = family.door.once("GET", f"/operations/{new_key()}", headers=family.headers)
        assert time.monotonic() - began_at < 10
        assert answer is not None
        assert answer.status_code == 503
    finally:
        for process in frozen:
            process.signal(SIGCONT)
