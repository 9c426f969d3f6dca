"""A broker that is out of memory takes nothing: the door says so in time, and all is well again by itself."""

import threading
import time

import requests
from families import new_key
from storm import settle, under_way
from town import DOOR, STORED, Town

from chassis.testing import ServiceProcess, infra, wait_for

ALARM_SECONDS = 10
HEAL_SECONDS = 10


def alarmed() -> bool:
    return requests.get(f"{infra().rabbitmq_api_url}/api/health/checks/alarms", timeout=5).status_code == 503


def test_ten_seconds_of_memory_alarm(town: Town) -> None:
    door = town.door()
    before, after = town.family(door), town.family(door)
    pids = [process.pid for process in town.processes()]
    starving = threading.Thread(target=town.servers.starve_the_broker, args=(ALARM_SECONDS,))
    starving.start()
    wait_for(alarmed, 30, "the alarm")
    asked = ask_everything(town, before.headers)
    ready = [readiness(process) for process in town.processes(DOOR)]
    starving.join()
    ended_at = time.monotonic()
    for what, status, seconds in asked:
        assert (status, seconds < 10) == (503, True), (what, status, seconds)
    assert len(asked) >= 4
    assert ready == [503, 503]
    after.enrol()
    after.covered()
    assert time.monotonic() - ended_at < HEAL_SECONDS
    settle(town)
    assert sum(under_way(town, service) for service in STORED) == 0
    assert [process.pid for process in town.processes()] == pids
    assert all(process.running for process in town.processes())
    town.await_ready()


def ask_everything(town: Town, headers: dict[str, str]) -> list[tuple[str, int, float]]:
    """Whatever needs the broker, from both doors, until the alarm may be over."""
    door, asked = town.door(), []
    for method, path, body in (
        ("GET", "/programmes", None),
        ("GET", "/children", None),
        ("POST", "/sessions", {"email": "guardian38@example.org", "password": "kruzhok-demo-2026"}),
        ("POST", "/registrations", {
            "email": f"{new_key()}@example.org", "password": "a password", "full_name": "Анна Примерова",
            "region_code": "38", "consent": True,
        }),
    ):  # fmt: skip
        answer = door.once(method, path, json=body, headers={**headers, "Idempotency-Key": new_key()})
        sent = door.journal[-1]
        asked.append((f"{method} {path}", answer.status_code if answer is not None else 0, sent.seconds))
    return asked


def readiness(process: ServiceProcess) -> int:
    """The status of its readiness page."""
    return requests.get(f"{process.admin_url}/health/ready", timeout=5).status_code
