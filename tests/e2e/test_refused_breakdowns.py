"""While something is broken, overloaded or stands still, people read what to do, in their language, and when."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle, islice
from signal import SIGCONT, SIGSTOP

import requests
from backstage import children_of_an_older_rule, contradicting_terms
from breakdowns import another_door, cut_off, down, frozen, without_its_database, without_its_queue, without_its_table
from people import NOBODY, REVIEWED, Cast, new_key
from provoked import refused

from chassis import calls, http
from chassis.testing import ServiceProcess, wait_for
from gateway import texts

LANGUAGES = ("ru", "en")
FEW_WORKERS = 4
CROWD, MARKS_MAX = 20, 500
COLLECTING_SECONDS = 0.3
READING_SECONDS = (0.15, 0.1, 0.2, 0.06, 0.3, 0.03)
Ask = Callable[[str], requests.Response]


def in_both_languages(ask: Ask, count: int = len(LANGUAGES)) -> list[requests.Response]:
    """The answers to so many requests at once, in Russian and English by turns."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, islice(cycle(LANGUAGES), count)))


def asks(cast: Cast, path: str, url: str = "") -> Ask:
    """The family's question, in a language."""
    family = replace(cast.family, url=url or cast.family.url)
    return lambda language: family.get(path, headers={"Accept-Language": language})


def told(answers: Sequence[requests.Response], code: str, status: int = 503) -> list[requests.Response]:
    """Those refused with the code, in both languages, with the table's words and, if it helps, when to come again."""
    found = [answer for answer in answers if not answer.ok and answer.json()["code"] == code]
    assert {answer.headers["Content-Language"] for answer in found} == set(LANGUAGES), [a.text for a in answers]
    for answer in found:
        body = refused(answer, status, code)
        assert body["detail"] == texts.detail(code, status, {}, answer.headers["Content-Language"])
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert int(answer.headers.get("Retry-After", "1")) in (1, 2)
    return found


def test_a_connection_to_the_broker_that_is_lost_is_told_at_once(cast: Cast) -> None:
    with frozen(cast.suite, "notifications"), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(in_both_languages, asks(cast, "/messages"))
        time.sleep(0.5)
        cut_off(cast.suite, "gateway")
        answers = asked.result()
    told(answers, "broker_unavailable")
    assert max(answer.elapsed.total_seconds() for answer in answers) < 3
    wait_for(lambda: asks(cast, "/messages")("ru").ok, 15, "the gateway's new connection")


def test_a_service_without_its_database_says_so_and_answers_again_when_it_is_back(cast: Cast) -> None:
    with without_its_database(cast.suite, "notifications"):
        told(in_both_languages(asks(cast, "/messages")), "database_unavailable")
    wait_for(lambda: asks(cast, "/messages")("ru").ok, 15, "the inbox to answer again")


def test_a_bug_is_told_with_the_number_under_which_it_is_recorded(cast: Cast) -> None:
    with without_its_table(cast.suite, "catalog", "region"):
        answers = told(in_both_languages(asks(cast, "/regions")), "internal_error", 500)
    logged = [line.get("correlation_id") for line in cast.suite.processes["catalog"][0].logged("bug")]
    assert {answer.json()["correlation_id"] for answer in answers} <= set(logged)
    assert asks(cast, "/regions")("ru").ok


def test_a_service_that_does_not_run_is_awaited_for_five_seconds(cast: Cast) -> None:
    with down(cast.suite, "notifications"):
        answers = told(in_both_languages(asks(cast, "/messages")), "neighbour_timed_out")
    assert max(answer.elapsed.total_seconds() for answer in answers) < 6
    assert asks(cast, "/messages")("ru").ok


def test_a_service_that_the_broker_has_no_queue_for_is_unknown(cast: Cast) -> None:
    with without_its_queue(cast.suite, "notifications"):
        answers = told(in_both_languages(asks(cast, "/messages")), "service_unknown")
    assert max(answer.elapsed.total_seconds() for answer in answers) < 1
    wait_for(lambda: asks(cast, "/messages")("ru").ok, 15, "the inbox to answer again")


def test_calls_beyond_those_that_may_wait_for_one_service_are_refused_at_once(cast: Cast) -> None:
    with another_door(cast.suite) as (_, url):
        with frozen(cast.suite, "notifications"):
            answers = in_both_languages(asks(cast, "/messages", url), calls.IN_FLIGHT_MAX + 10)
        refused_at_once = told(answers, "too_many_calls")
    assert len(refused_at_once) == 10
    assert max(answer.elapsed.total_seconds() for answer in refused_at_once) < 3
    wait_for(lambda: asks(cast, "/messages")("ru").ok, 15, "the inbox to answer again")


def test_who_finds_no_worker_in_time_is_refused(cast: Cast) -> None:
    with another_door(cast.suite, KRUZHOK_MAX_WORKERS=str(FEW_WORKERS)) as (_, url):
        with frozen(cast.suite, "notifications"), ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(in_both_languages, asks(cast, "/messages", url), FEW_WORKERS)
            time.sleep(0.3)
            answers = told(in_both_languages(asks(cast, "/directions", url)), "overloaded")
            told(waiting.result(), "neighbour_timed_out")
        assert max(answer.elapsed.total_seconds() for answer in answers) < http.WORKER_SECONDS + 1
        assert asks(cast, "/directions", url)("ru").ok


def test_a_request_whose_time_is_over_before_a_service_is_asked_is_told_so(cast: Cast) -> None:
    """The gateway stands still while it reads long requests; only those that it has begun to read are too late."""
    page = json.dumps({"marks": [{"enrollment_id": NOBODY, "mark": "present"}] * MARKS_MAX})

    def record(language: str) -> requests.Response:
        headers = {"Accept-Language": language, "Content-Type": "application/json"}
        return teacher.send("PUT", f"/provider/lessons/{NOBODY}/attendance", data=page, headers=headers)

    with another_door(cast.suite) as (gateway, url):
        teacher = replace(cast.teacher, url=url)
        told([caught_at_work(gateway, record, language) for language in LANGUAGES], "deadline_passed")
        refused(record("ru"), 404, "lesson_not_found")


def caught_at_work(gateway: ServiceProcess, ask: Ask, language: str) -> requests.Response:
    """The answer that is too late, of a gateway that stands still with a crowd's requests; tried until there is one."""
    for reading_seconds in READING_SECONDS:
        with ThreadPoolExecutor(CROWD) as pool:
            gateway.signal(SIGSTOP)
            sent = [pool.submit(ask, language) for _ in range(CROWD)]
            time.sleep(COLLECTING_SECONDS)
            gateway.signal(SIGCONT)
            time.sleep(reading_seconds)
            gateway.signal(SIGSTOP)
            time.sleep(http.REQUEST_SECONDS + 0.1)
            gateway.signal(SIGCONT)
            answers = [each.result() for each in sent]
        found = [answer for answer in answers if answer.json()["code"] == "deadline_passed"]
        time.sleep(calls.FAIL_FAST_SECONDS)
        if found:
            return found[0]
    raise AssertionError(f"nobody was too late: {[answer.text for answer in answers]}")


def test_terms_that_contradict_themselves_are_not_priced(cast: Cast) -> None:
    child_id = cast.family.new_child()

    def offer(language: str) -> requests.Response:
        body = {"child_id": child_id, "group_id": REVIEWED}
        return cast.family.post("/offers", body, new_key(), headers={"Accept-Language": language})

    with contradicting_terms(cast.suite, REVIEWED):
        told(in_both_languages(offer), "terms_invalid", 400)
    assert offer("ru").status_code == 201


def test_children_that_are_being_indexed_anew_are_awaited(cast: Cast) -> None:
    def register(language: str) -> requests.Response:
        body = cast.family.child_body()
        return cast.family.post("/children", body, new_key(), headers={"Accept-Language": language})

    with children_of_an_older_rule(cast.suite, cast.family.new_child()):
        told(in_both_languages(register), "children_reindexing")
    assert register("ru").status_code == 201
