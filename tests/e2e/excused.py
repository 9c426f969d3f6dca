"""Refusals that no test of this folder meets over HTTP, each with the test elsewhere that provokes it.

`tests/architecture/test_excuses.py` looks whether that test is there and speaks of the code.
"""

_RPC = "libs/chassis/tests/integration/test_rpc.py::"
_RULES = "services/catalog/tests/unit/"
_PUBLISHING = "services/catalog/tests/integration/test_publishing.py::"
_MISSING_OR_ELSEWHERE = f"{_PUBLISHING}test_what_is_missing_or_elsewhere_is_refused"
_WRONG_GROUP = f"{_RULES}test_groups.py::test_a_group_that_breaks_a_rule_is_refused"
_WRONG_MUNICIPALITY = f"{_RULES}test_programmes.py::test_a_wrong_municipality_is_refused"
_WRONG_PROGRAMME = f"{_RULES}test_programmes.py::test_a_wrong_programme_is_refused"
_WRONG_PROVIDER = f"{_RULES}test_programmes.py::test_a_wrong_provider_is_refused"
_WRONG_REGION = f"{_RULES}test_programmes.py::test_a_wrong_region_is_refused"
_WRONG_TIMETABLE = f"{_RULES}test_timetable.py::test_a_timetable_that_cannot_be_held_is_refused"

NOT_TO_BE_MET = {
    "method_not_found": f"{_RPC}test_what_nobody_serves_is_refused_at_once",
    "busy": "services/accounts/tests/integration/test_privacy.py::"
    "test_an_attempt_that_nobody_had_time_for_does_not_count",
}
"""In the table: met only while services of two versions run, or behind four seconds of other people's passwords."""
BETWEEN_SERVICES = {
    "email_already_confirmed": "services/accounts/tests/integration/test_registering.py::"
    "test_a_confirmed_account_gets_no_further_links",
    "malformed_request": f"{_RPC}test_a_malformed_request_is_refused_and_the_process_lives",
    "no_provider": "services/accounts/tests/integration/test_pupils.py::test_staff_without_a_provider_are_refused",
    "request_too_long": f"{_RPC}test_a_request_that_the_broker_would_not_take_is_refused_and_harms_no_other_call",
}
"""Whoever asks over HTTP is told something else: that nobody answered in time, or that the body is too long.

Or they are told nothing: a lesson's page is shown without names where the account has no provider.
"""
PUBLISHING = {
    "ages_wrong": _WRONG_PROGRAMME,
    "capacity_negative": _WRONG_GROUP,
    "direction_unknown": _WRONG_PROGRAMME,
    "group_announced": "services/catalog/tests/integration/test_own_groups.py::"
    "test_what_was_announced_cannot_become_a_draft_again",
    "group_dates_wrong": _WRONG_GROUP,
    "group_of_another_module": _MISSING_OR_ELSEWHERE,
    "group_state_unknown": _WRONG_GROUP,
    "inn_wrong": _WRONG_PROVIDER,
    "module_not_found": _MISSING_OR_ELSEWHERE,
    "module_unit_fixed": f"{_PUBLISHING}test_a_published_module_keeps_its_unit",
    "municipality_code_wrong": _WRONG_MUNICIPALITY,
    "municipality_not_found": _MISSING_OR_ELSEWHERE,
    "ogrn_wrong": _WRONG_PROVIDER,
    "payer_code_taken": _MISSING_OR_ELSEWHERE,
    "payer_code_wrong": _WRONG_MUNICIPALITY,
    "provider_kind_unknown": _WRONG_PROVIDER,
    "region_code_wrong": _WRONG_REGION,
    "region_not_found": _MISSING_OR_ELSEWHERE,
    "region_time_zone_fixed": _MISSING_OR_ELSEWHERE,
    "teacher_of_another_provider": _MISSING_OR_ELSEWHERE,
    "time_zone_unknown": _WRONG_REGION,
    "timetable_empty": _WRONG_TIMETABLE,
    "timetable_weekday_unknown": _WRONG_TIMETABLE,
}
"""No route publishes the catalogue."""
EXCUSED = NOT_TO_BE_MET | BETWEEN_SERVICES | PUBLISHING
NO_ANSWER = {"family_not_found": "notifications", "stopping": "chassis"}
"""Never the answer to a call: a fact that nobody needs, and the end of reading a log. With the package concerned."""
