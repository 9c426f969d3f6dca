from datetime import UTC, datetime, timedelta

from notifications.domain.retries import ATTEMPTS, next_attempt

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_each_try_waits_longer_than_the_one_before_and_the_sixth_is_the_last() -> None:
    delays = []
    for attempts in range(1, ATTEMPTS):
        again = next_attempt(attempts, AT)
        assert again is not None
        delays.append((again - AT) / timedelta(seconds=1))
    assert delays == [5, 30, 300, 1800, 7200]
    assert next_attempt(ATTEMPTS, AT) is None
