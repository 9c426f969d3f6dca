import uuid

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.identities import told

ids = st.uuids().map(str)


@given(ids, ids)
def test_the_same_cause_makes_the_same_identity(event_id: str, user_id: str) -> None:
    assert told(event_id, user_id) == told(event_id, user_id)
    assert str(uuid.UUID(told(event_id, user_id))) == told(event_id, user_id)


@given(st.sets(ids, min_size=2, max_size=2), ids)
def test_another_person_or_another_event_makes_another(pair: set[str], same: str) -> None:
    first, second = sorted(pair)
    assert told(first, same) != told(second, same)
    assert told(same, first) != told(same, second)
