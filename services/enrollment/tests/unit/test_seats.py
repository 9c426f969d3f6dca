"""Any history of a group: its seats are never oversold and its waiting list is served in order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from enrollment.domain.seats import Seats
from enrollment.domain.states import (
    BEFORE_ENROLMENT,
    CANCELLED,
    DRAFT,
    ENROLLED,
    OFFERED,
    SEATED,
    SUBMITTED,
    WAITLISTED,
    WITHDRAWN,
    advance,
    path_of,
)

ADMISSIONS = st.sampled_from(("instant", "review"))


class Group(RuleBasedStateMachine):
    """A group whose newcomers, leaves, offers and capacity come in any order; `statuses` are in order of arrival."""

    def __init__(self):
        super().__init__()
        self.statuses: list[str] = []
        self.seats = Seats(capacity=2, taken=0, waiting=0)
        self.allowed = 2

    def step(self, number, *targets):
        before = self.statuses[number]
        self.statuses[number] = advance(before, *targets)
        self.seats = self.seats.after(before, self.statuses[number])

    def of(self, *statuses):
        return [number for number, status in enumerate(self.statuses) if status in statuses]

    def offer_free_seats(self):
        while self.seats.may_offer:
            self.step(self.of(WAITLISTED)[0], OFFERED)

    @rule(admission=ADMISSIONS)
    def a_newcomer_comes(self, admission):
        reached = advance(DRAFT, *path_of(admission, self.seats.has_room))
        self.statuses.append(reached)
        self.seats = self.seats.after(None, reached)

    @rule()
    def a_draft_is_saved(self):
        before = self.seats
        self.statuses.append(DRAFT)
        self.seats = self.seats.after(None, DRAFT)
        assert (self.seats.taken, self.seats.waiting) == (before.taken, before.waiting)

    @precondition(lambda self: self.of(DRAFT))
    @rule(admission=ADMISSIONS)
    def the_drafts_are_sent(self, admission):
        for number in self.of(DRAFT):
            self.step(number, *path_of(admission, self.seats.has_room))

    @precondition(lambda self: self.of(*BEFORE_ENROLMENT))
    @rule(data=st.data())
    def one_is_cancelled(self, data):
        number = data.draw(st.sampled_from(self.of(*BEFORE_ENROLMENT)))
        frees = self.statuses[number] in SEATED
        offered = self.of(OFFERED)
        self.step(number, CANCELLED)
        self.offer_free_seats()
        if not frees:
            assert self.of(OFFERED) == offered, "one without a seat frees nothing"

    @precondition(lambda self: self.of(ENROLLED))
    @rule(data=st.data())
    def one_is_withdrawn(self, data):
        self.step(data.draw(st.sampled_from(self.of(ENROLLED))), WITHDRAWN)
        self.offer_free_seats()

    @precondition(lambda self: self.of(OFFERED))
    @rule(data=st.data(), admission=ADMISSIONS)
    def an_offered_place_is_taken(self, data, admission):
        before = self.seats
        self.step(data.draw(st.sampled_from(self.of(OFFERED))), *path_of(admission, has_room=True))
        assert self.seats == before, "the seat was taken when it was offered"

    @precondition(lambda self: self.of(SUBMITTED))
    @rule(data=st.data())
    def one_is_confirmed_and_enrolled(self, data):
        self.step(data.draw(st.sampled_from(self.of(SUBMITTED))), "confirmed", ENROLLED)

    @rule(capacity=st.integers(0, 6))
    def capacity_changes(self, capacity):
        self.seats = Seats(capacity, self.seats.taken, self.seats.waiting, self.seats.drafts)
        self.offer_free_seats()

    @invariant()
    def nobody_sits_above_the_capacity_that_was_there_when_he_sat_down(self):
        assert self.seats.taken >= 0
        self.allowed = max(self.seats.capacity, min(self.allowed, self.seats.taken))
        assert self.seats.taken <= self.allowed

    @invariant()
    def the_counts_are_those_of_the_applications(self):
        counts = (self.seats.taken, self.seats.waiting, self.seats.drafts)
        assert counts == (len(self.of(*SEATED)), len(self.of(WAITLISTED)), len(self.of(DRAFT)))

    @invariant()
    def no_seat_is_free_while_somebody_waits(self):
        assert not self.seats.may_offer


TestGroup = Group.TestCase
TestGroup.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
