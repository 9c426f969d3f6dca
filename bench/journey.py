"""How long families wait for their money to move, and what the whole suite costs: time, CPU and memory.

`python bench journey` starts every service once, with sample data, on the servers that `KRUZHOK_TEST_INFRA` names.
People come at a fixed rate whatever the answers take; each keeps looking at the page that will show the money.
"""

import json
from collections.abc import Mapping
from functools import partial
from time import perf_counter, sleep
from typing import Any

from families import Family, Site, ready_to_apply, teachers_pages
from load import open_loop, percentiles, say, seen_after
from processes import Meter, Stretch

from chassis.testing import Suite, running_suite
from contracts.registry import SERVICES

SAMPLE = ("catalog", "accounts", "billing")
PER_SECOND = 5
WARM_UP, UNWATCHED, WATCHED = 20, 100, 200
IDLE_SECONDS = 10
START_SECONDS = 90


def measure() -> dict[str, Any]:
    """All that is measured on one suite, in this order: start, rest, families' way in, enrolment, lessons."""
    nobody = dict.fromkeys(SERVICES, 0)
    with running_suite(instances=nobody, sample=SAMPLE) as suite:
        report: dict[str, Any] = {"start_up_seconds": _start(suite)}
        meter, site = Meter(suite), Site(suite.url)
        say("all services are ready; measuring rest")
        meter.wait_until_quiet()
        idle = _idle_rates(meter)
        report |= {"idle_memory_mb": meter.memory(), "idle_cpu_ms_per_second": _milliseconds(idle)}
        say(f"preparing {WARM_UP + UNWATCHED + WATCHED} families")
        before, began_at = meter.read(), perf_counter()
        families = ready_to_apply(site, suite.mail, WARM_UP + UNWATCHED + WATCHED)
        meter.wait_until_quiet()
        report["cpu_ms_per_family_before_it_applies"] = _cost(meter, before, began_at, idle, len(families))
        warm, unwatched, watched = families[:WARM_UP], families[WARM_UP:-WATCHED], families[-WATCHED:]
        say("warming up, then enrolments that nobody watches")
        open_loop(PER_SECOND, [partial(_apply_and_watch, site, family) for family in warm])
        report["cpu_ms_per_enrolment"] = _cost_of_enrolments(meter, site, unwatched, idle)
        say(f"{WATCHED} applications")
        report["application"] = _watch_applications(meter, site, watched)
        meter.wait_until_quiet()
        say(f"{WATCHED} marks")
        report["lesson_page"] = _watch_marks(meter, site, warm, watched)
        report["memory_mb_after_work"] = meter.memory()
        return report


def _start(suite: Suite) -> dict[str, float]:
    """Start all processes at the same moment; by service, when it said that it was ready."""
    began_at, ready_at = perf_counter(), dict[str, float]()
    waiting = {name: suite.start(name) for name in SERVICES}
    while waiting:
        for name in [name for name, process in waiting.items() if process.is_ready()]:
            ready_at[name] = round(perf_counter() - began_at, 2)
            del waiting[name]
        if perf_counter() - began_at > START_SECONDS:
            raise SystemExit(f"not ready after {START_SECONDS} s: {', '.join(waiting)}")
        sleep(0.05)
    return ready_at | {"all": max(ready_at.values())}


def _idle_rates(meter: Meter) -> dict[str, float]:
    """CPU seconds in a second of doing nothing."""
    before, began_at = meter.read(), perf_counter()
    sleep(IDLE_SECONDS)
    return {name: used / (perf_counter() - began_at) for name, used in meter.used_since(before).items()}


def _cost_of_enrolments(
    meter: Meter, site: Site, families: list[Family], idle: Mapping[str, float]
) -> dict[str, float]:
    """From the application to the last mail that it causes, with nobody looking."""
    meter.wait_until_quiet()
    before, began_at = meter.read(), perf_counter()
    open_loop(PER_SECOND, [partial(_apply, site, family) for family in families])
    meter.wait_until_quiet()
    cost = _cost(meter, before, began_at, idle, len(families))
    for family in families:
        if not _has_money(site, family):
            raise SystemExit("an enrolment has no money though the suite is at rest")
    return cost


def _cost(
    meter: Meter, before: Mapping[str, float], began_at: float, idle: Mapping[str, float], count: int
) -> dict[str, float]:
    """CPU milliseconds for each of `count` since `before`, above what resting costs."""
    used, seconds = meter.used_since(before), perf_counter() - began_at
    above = {name: max(0.0, each - idle.get(name, 0.0) * seconds) / count for name, each in used.items()}
    return _milliseconds(above)


def _milliseconds(seconds: Mapping[str, float]) -> dict[str, float]:
    """With the services' sum; broker and database stand apart."""
    services = sum(each for name, each in seconds.items() if name not in ("rabbitmq", "postgres"))
    return {name: round(each * 1000, 1) for name, each in {**seconds, "services": services}.items()}


def _watch_applications(meter: Meter, site: Site, families: list[Family]) -> dict[str, Any]:
    stretch = Stretch(meter)
    results, late = open_loop(PER_SECOND, [partial(_apply_and_watch, site, family) for family in families])
    answered, visible = zip(*results, strict=True)
    return {
        "answered_ms": percentiles(answered),
        "answered_to_hold_visible_ms": percentiles(visible),
        "samples": len(results),
        "begun_late_ms_at_most": round(late * 1000, 1),
        "machine_busy_share": stretch.shares(),
    }


def _watch_marks(meter: Meter, site: Site, warm: list[Family], families: list[Family]) -> dict[str, Any]:
    pages = teachers_pages(site)
    open_loop(PER_SECOND, [partial(_mark_and_watch, site, pages[family.region_code], family) for family in warm])
    stretch = Stretch(meter)
    jobs = [partial(_mark_and_watch, site, pages[family.region_code], family) for family in families]
    results, late = open_loop(PER_SECOND, jobs)
    answered, visible = zip(*results, strict=True)
    return {
        "answered_ms": percentiles(answered),
        "answered_to_debit_visible_ms": percentiles(visible),
        "sent_to_debit_visible_ms": percentiles([sum(result) for result in results]),
        "samples": len(results),
        "begun_late_ms_at_most": round(late * 1000, 1),
        "machine_busy_share": stretch.shares(),
    }


def _apply(site: Site, family: Family) -> float:
    began_at = perf_counter()
    answer = site.sure("POST", "/applications", family.token, family.application)
    if answer["status"] != "enrolled":
        raise SystemExit(f"the application is {answer['status']}")
    family.enrollment_id = answer["application_id"]
    return perf_counter() - began_at


def _apply_and_watch(site: Site, family: Family) -> tuple[float, float]:
    """Seconds until answered, and from then until the money is seen."""
    answered = _apply(site, family)
    return answered, seen_after(partial(_has_money, site, family), perf_counter())


def _has_money(site: Site, family: Family) -> bool:
    page = site.ask("GET", family.certificate, family.token)
    return page is not None and page["state"] == "funded" and float(page["held"]["value"]) > 0


def _mark_and_watch(site: Site, page: tuple[str, str], family: Family) -> tuple[float, float]:
    """Seconds until answered, and from then until the debit is seen."""
    token, path = page
    began_at = perf_counter()
    marks = [{"enrollment_id": family.enrollment_id, "mark": "present"}]
    site.sure("PUT", f"{path}/attendance", token, {"marks": marks})
    answered_at = perf_counter()
    return answered_at - began_at, seen_after(partial(_is_debited, site, family), answered_at)


def _is_debited(site: Site, family: Family) -> bool:
    operations = site.sure("GET", f"{family.certificate}/operations", family.token, limit=5)["items"]
    return any(each["kind"] == "debit" for each in operations)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
