"""Marks on a lesson page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Conflict, InvalidInput
from contracts import enrollment as contract
from enrollment.domain.attendance import MARKS, ChangedMark, NewMark, changes, check_version

ROSTER = tuple("abcdef")
PAGE = st.dictionaries(st.sampled_from(ROSTER), st.sampled_from(MARKS))


def test_the_marks_are_those_of_the_contract():
    assert contract.MARKS == MARKS


@given(page=PAGE, wanted=PAGE)
def test_after_the_changes_the_page_says_what_was_wanted_and_keeps_the_rest(page, wanted):
    changed = changes(page, [NewMark(*line) for line in wanted.items()], ROSTER)
    assert page | {line.enrollment_id: line.mark for line in changed} == page | wanted
    assert all(line.previous == page.get(line.enrollment_id) != line.mark for line in changed)


@given(page=PAGE)
def test_the_same_marks_again_change_nothing(page):
    assert changes(page, [NewMark(*line) for line in page.items()], ROSTER) == ()


def test_a_correction_names_the_mark_that_it_replaces():
    assert changes({"a": "absent"}, [NewMark("a", "ill")], ROSTER) == (ChangedMark("a", "ill", "absent"),)


def test_every_line_that_cannot_be_marked_is_named():
    lines = [NewMark("a", "present"), NewMark("stranger", "present"), NewMark("a", "ill")]
    with pytest.raises(InvalidInput) as refused:
        changes({}, lines, ROSTER)
    assert sorted(refused.value.details) == ["marks.1.enrollment_id", "marks.2.enrollment_id"]


def test_whoever_saw_the_page_as_it_is_or_did_not_say_may_write():
    check_version(3, 3)
    check_version(3, None)
    for seen in (2, 4):
        with pytest.raises(Conflict, match="stale_page") as refused:
            check_version(3, seen)
        assert refused.value.details == {"page_version": "3"}
