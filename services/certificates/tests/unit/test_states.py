from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.domain.states import EXPIRE, FREEZE, REVOKE, UNFREEZE, after, at

ACTS, STATES = (FREEZE, UNFREEZE, REVOKE, EXPIRE), ("valid", "frozen", "revoked", "expired")
END = datetime(2034, 4, 12, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("act", "state", "result"),
    [
        (FREEZE, "valid", "frozen"),
        (FREEZE, "frozen", None),
        (UNFREEZE, "frozen", "valid"),
        (UNFREEZE, "valid", None),
        (REVOKE, "valid", "revoked"),
        (REVOKE, "frozen", "revoked"),
        (EXPIRE, "valid", "expired"),
        (EXPIRE, "frozen", "expired"),
    ],
)
def test_what_an_act_makes_of_a_state(act: str, state: str, result: str | None) -> None:
    assert after(act, state) == result


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_revoked_and_expired_are_final(state: str) -> None:
    assert [after(act, state) for act in ACTS] == [None] * 4


@given(st.lists(st.sampled_from(ACTS), max_size=12))
def test_no_row_of_acts_leaves_the_four_states_or_a_final_one(acts: list[str]) -> None:
    state = "valid"
    for act in acts:
        following = after(act, state) or state
        assert following in STATES
        assert state not in ("revoked", "expired") or following == state
        state = following


@pytest.mark.parametrize(("state", "later"), [("valid", "expired"), ("frozen", "expired"), ("revoked", "revoked")])
def test_from_its_end_on_a_certificate_has_expired_unless_it_was_revoked(state: str, later: str) -> None:
    assert at(state, END, END - timedelta(microseconds=1)) == state
    assert at(state, END, END) == later
