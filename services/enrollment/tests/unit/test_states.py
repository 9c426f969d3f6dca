"""The life of an application."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Conflict
from contracts.enrollment import STATUSES
from enrollment.domain.seats import Seats
from enrollment.domain.states import (
    DRAFT,
    ENROLLED,
    LIVE,
    NEXT,
    SEATED,
    SUBMITTED,
    WAITLISTED,
    advance,
    path_of,
)

PRODUCT = """
draft submitted, draft waitlisted, draft cancelled, submitted confirmed, submitted cancelled, waitlisted offered,
waitlisted cancelled, offered submitted, offered cancelled, confirmed enrolled, confirmed cancelled, enrolled paused,
enrolled completed, enrolled withdrawn, paused enrolled, paused withdrawn
"""
ALLOWED = {tuple(step.split()) for step in PRODUCT.split(",")}
ANY_STATUS = st.sampled_from(STATUSES)


def test_the_table_knows_every_status_of_the_contract():
    assert set(NEXT) == set(STATUSES)


@given(start=ANY_STATUS, wanted=st.lists(ANY_STATUS, min_size=1, max_size=8))
def test_no_illegal_transition_is_possible(start, wanted):
    steps = list(pairwise([start, *wanted]))
    if all(step in ALLOWED for step in steps):
        assert advance(start, *wanted) == wanted[-1]
    else:
        first_bad = next(step for step in steps if step not in ALLOWED)
        with pytest.raises(Conflict) as refused:
            advance(start, *wanted)
        assert refused.value.code == "transition_not_allowed"
        assert refused.value.details == {"status": first_bad[0], "target": first_bad[1]}


@given(wanted=st.lists(ANY_STATUS, max_size=30))
def test_seats_always_equal_those_who_hold_one_and_those_who_wait(wanted):
    status, seats = DRAFT, Seats(capacity=1, taken=0, waiting=0).after(None, DRAFT)
    for target in wanted:
        if target in NEXT[status]:
            seats, status = seats.after(status, target), target
        assert (seats.taken, seats.waiting) == (int(status in SEATED), int(status == WAITLISTED))
        assert seats.drafts == int(status == DRAFT)


def test_an_ended_application_never_lives_again():
    ended = [status for status, following in NEXT.items() if not following]
    assert ended == ["completed", "withdrawn", "cancelled"]
    assert not set(ended) & set(LIVE)


@pytest.mark.parametrize(
    ("admission", "has_room", "reached"),
    [
        ("instant", True, ENROLLED),
        ("instant", False, WAITLISTED),
        ("review", True, SUBMITTED),
        ("review", False, WAITLISTED),
    ],
)
def test_a_new_application_goes_as_far_as_admission_and_room_allow(admission, has_room, reached):
    assert advance(DRAFT, *path_of(admission, has_room)) == reached


@given(capacity=st.integers(0, 50), taken=st.integers(0, 60), waiting=st.integers(0, 60))
def test_a_newcomer_sits_down_only_on_a_free_seat_that_nobody_waits_for(capacity, taken, waiting):
    assert Seats(capacity, taken, waiting).has_room == (taken < capacity and not waiting)
