"""How an enrolment ends before its group does."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Conflict, RuleViolated
from enrollment.domain.leaving import check_enrolled, last_day
from enrollment.domain.states import NEXT, WITHDRAWN

TODAY = date(2026, 11, 22)
DAYS = st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))


@pytest.mark.parametrize("status", NEXT)
def test_only_an_enrolment_can_be_left(status):
    if WITHDRAWN in NEXT[status]:
        check_enrolled(status, None)
    else:
        with pytest.raises(Conflict, match="transition_not_allowed"):
            check_enrolled(status, None)


def test_a_last_day_is_set_once():
    with pytest.raises(Conflict, match="transition_not_allowed"):
        check_enrolled("enrolled", TODAY)


def test_without_a_wish_the_last_day_is_today():
    assert last_day(None, TODAY, TODAY) == TODAY


@given(wanted=st.none() | DAYS, ends_on=DAYS)
def test_the_last_day_is_the_wanted_one_from_today_to_the_groups_end_or_a_refusal_naming_them(wanted, ends_on):
    day = wanted or TODAY
    if TODAY <= day <= ends_on:
        assert last_day(wanted, TODAY, ends_on) == day
    else:
        with pytest.raises(RuleViolated) as refused:
            last_day(wanted, TODAY, ends_on)
        assert refused.value.details == {"earliest_on": TODAY.isoformat(), "latest_on": ends_on.isoformat()}
